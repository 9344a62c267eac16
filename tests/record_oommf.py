"""Put real results of OOMMF on record, for machines without it: ``python -m tests.record_oommf RUN``.

RUN is the folder of the scenario of ``workflow/config/agreement.yaml``, finished with ``engine=oommf``.
"""

import argparse
import datetime
import hashlib
import os
import tempfile
from pathlib import Path

import oommfc
import yaml

from magbayes.micromag import DomainWallMTJ, raw, simulate
from magbayes.micromag.engines import oommf
from tests import oommf_cases as cases

HOME = Path(__file__).parents[1] / "data" / "oommf"


def source(system, seed, version, **mif):
    """Where a result is from."""
    with tempfile.TemporaryDirectory() as folder:
        text = oommf.mif(system, Path(folder), **mif)
    return {
        "oommf": version,
        "oommfc": oommfc.__version__,
        "date": f"{datetime.date.today():%Y-%m-%d}",
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
    system = DomainWallMTJ(**cases.AS_GIVEN).system(**cases.PULSE)
    ensemble = simulate(system, engine="oommf", **cases.PULSE_SAMPLES)
    interval = cases.PULSE_SAMPLES["sample_interval"]
    keys = {"samples": len(ensemble.time), "interval": interval, "time_step": ensemble.meta["time_step"]}
    return {
        "source": source(system, 0, ensemble.meta["version"], states=True, **keys),
        "time_ps": [round(1e12 * t, 6) for t in ensemble.time.tolist()],
        "m": [[round(c, 9) for c in row] for row in ensemble.magnetisation[0].tolist()],
    }


def fluctuation(run):
    """Widths and moments of the disk in a finished run, each with its standard error between replicas."""
    points, meta = [], {}
    for voltage in cases.FLUCTUATION_VOLTAGES:
        ensemble = raw.read(run / "micromag" / "smtj" / f"{voltage:+g}V_300K.h5")
        meta = ensemble.provenance["simulation"]
        if meta["engine"] != "oommf":
            raise ValueError(f"{run}: engine is {meta['engine']!r}; expected 'oommf'")
        width, moment = (
            {"value": float(v), "error": float(e)} for v, e in cases.width_and_moment(ensemble.magnetisation[0])
        )
        points.append({"voltage": voltage, "replicas": ensemble.magnetisation.shape[1], "sigma": width, "m": moment})
    device = ensemble.provenance["configuration"]["smtj"]
    return {
        "source": {
            "oommf": meta["version"],
            "oommfc": oommfc.__version__,
            "date": ensemble.provenance["time"][:10],
            "seed": meta["seed"],
            "mif_sha256": meta["mif_sha256"],
        },
        "device": {key: device[key] for key in ("damping", "cell_size")},
        "points": points,
    }


def main():
    """Write both files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    run = parser.parse_args().run.resolve()
    with tempfile.TemporaryDirectory() as work:
        os.chdir(work)  # oommfc leaves its folders where it runs
        write(run)


def write(run):
    """Write both files, from what OOMMF says now and what it said in a run."""
    tables = {
        "stochastic_mtj": {"energies": state_energies("smtj"), "fluctuation": fluctuation(run)},
        "domain_wall_mtj": {"energies": state_energies("dwmtj"), "pulse": pulse()},
    }
    HOME.mkdir(exist_ok=True)
    for name, table in tables.items():
        text = yaml.safe_dump(table, sort_keys=False, default_flow_style=None, width=120)
        comment = "# Real results of OOMMF for the default devices. Written by: python -m tests.record_oommf\n"
        (HOME / f"{name}.yaml").write_text(comment + text)


if __name__ == "__main__":
    main()
