"""Put real results of OOMMF on record, for machines without it: ``python -m tests.record_oommf RESULTS``.

RESULTS is the folder of a scenario that ran with ``workflow/config/agreement.yaml`` on OOMMF; widths of the fluctuation
are taken from there, the rest is run here. Writes ``data/oommf/``.
"""

import datetime
import hashlib
import os
import sys
import tempfile
from pathlib import Path

import numpy as np
import oommfc
import yaml

from compact_models.fit import analyse_fluctuation
from micromag import DomainWallMTJ, StochasticMTJ, raw, simulate
from micromag.engines import oommf
from tests import oommf_cases as cases

HOME = Path(__file__).parents[1] / "data" / "oommf"


def source(system, seed, version, date=None, **mif):
    """Where a result is from."""
    with tempfile.TemporaryDirectory() as folder:
        text = oommf.mif(system, Path(folder), **mif)
    return {
        "oommf": version,
        "oommfc": oommfc.__version__,
        "date": date or f"{datetime.date.today():%Y-%m-%d}",
        "seed": seed,
        "mif_sha256": hashlib.sha256(text.encode()).hexdigest(),
    }


def state_energies(device):
    """Energies of a random state."""
    system = cases.random_state(device)
    keys = {"samples": 1, "interval": 1e-12, "time_step": 1e-13, "states": False}
    return {"source": source(system, 1, oommf.require().version, **keys), "J": cases.oommf_energies(system)}


def pulse():
    """Trajectory without temperature under a pulse."""
    system = DomainWallMTJ().system(**cases.PULSE)
    ensemble = simulate(system, engine="oommf", **cases.PULSE_SAMPLES)
    interval = cases.PULSE_SAMPLES["sample_interval"]
    keys = {"samples": len(ensemble.time), "interval": interval, "time_step": ensemble.meta["time_step"]}
    return {
        "source": source(system, 0, ensemble.meta["version"], states=True, **keys),
        "time_ps": [round(1e12 * t, 6) for t in ensemble.time.tolist()],
        "m": [[round(c, 9) for c in row] for row in ensemble.magnetisation[0].tolist()],
    }


def widths(results):
    """Sigma of m_x and the moment at three gate voltages, with standard errors from the spread of the replicas."""
    rows = []
    for voltage in cases.VOLTAGES:
        ensemble = raw.read(results / "micromag" / "smtj" / f"{voltage:+g}V.h5")
        simulation = ensemble.provenance["simulation"]
        assert simulation["engine"] == "oommf"
        settings = ensemble.provenance["configuration"]
        found = analyse_fluctuation(ensemble)
        square = (ensemble.magnetisation[0].astype(float) ** 2).sum(axis=-1).mean(axis=1)
        device, protocol = StochasticMTJ(**settings["smtj"]), settings["fluctuation"]
        samples = round((protocol["equilibration"] + protocol["duration"]) / protocol["sample_interval"])
        keys = {"samples": samples, "interval": protocol["sample_interval"], "time_step": simulation["time_step"]}
        system = device.system(voltage=voltage, temperature=settings["temperature"])
        date = ensemble.provenance["time"][:10]
        moment = np.sqrt(square.mean())
        rows.append(
            {
                "source": source(system, simulation["seed"], simulation["version"], date, states=False, **keys),
                "voltage": voltage,
                "damping": device.damping,
                "replicas": len(square),
                "recorded_ns": round(1e9 * protocol["duration"], 6),
                "sigma": round(found.sigma, 6),
                "sigma_error": round(found.sigma_error, 6),
                "moment": round(float(moment), 6),
                "moment_error": round(float(square.std(ddof=1) / len(square) ** 0.5 / (2 * moment)), 6),
            }
        )
    return rows


def main(results):
    """Write both files."""
    results = Path(results).resolve()
    tables = {
        "stochastic_mtj": {"energies": state_energies("smtj"), "fluctuation": widths(results)},
        "domain_wall_mtj": {"energies": state_energies("dwmtj"), "pulse": pulse()},
    }
    HOME.mkdir(exist_ok=True)
    for name, table in tables.items():
        text = "# Real results of OOMMF for the default devices. Written by: python -m tests.record_oommf RESULTS\n"
        (HOME / f"{name}.yaml").write_text(
            text + yaml.safe_dump(table, sort_keys=False, default_flow_style=None, width=120)
        )


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as work:
        target = Path(sys.argv[1]).resolve()
        os.chdir(work)  # oommfc leaves its folders where it runs
        main(target)
