"""Simulate the domain-wall MTJ, under pulses of one kind or at rest, and write the raw ensemble."""

import dataclasses
from typing import Any

from magbayes.workflow import job


def main(snakemake: Any) -> None:
    """Run the job that Snakemake describes; a pulse of None is a rest at every notch."""
    from magbayes.data import container
    from magbayes.micromag import raw
    from magbayes.micromag.devices.build import device
    from magbayes.micromag.protocols.pulses import Pulses

    params = snakemake.params
    track, protocol = device("dwmtj", params.device), Pulses(**params.protocol)
    keys = {"temperature": params.temperature, "seed": params.seed, "engine": params.engine}
    if params.pulse is None:
        ensemble = protocol.run_rest(track, **keys)
    else:
        ensemble = protocol.run_pulse(track, **params.pulse, **keys)
    provenance = container.provenance(
        {"dwmtj": params.device, "pulses": params.protocol, "temperature": params.temperature},
        seed=params.seed,
        **ensemble.provenance,
    )
    raw.write(snakemake.output[0], dataclasses.replace(ensemble, provenance=provenance))


if __name__ == "__main__":
    job.run(main, snakemake)  # type: ignore[name-defined]  # noqa: F821
