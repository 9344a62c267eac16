"""Simulate the stochastic MTJ at one gate voltage and temperature, and write the raw ensemble."""

import dataclasses
from typing import Any

from magbayes.workflow import job


def main(snakemake: Any) -> None:
    """Run the job that Snakemake describes."""
    from magbayes.data import container
    from magbayes.micromag import raw
    from magbayes.micromag.devices.build import device
    from magbayes.micromag.protocols.fluctuation import Fluctuation

    params = snakemake.params
    ensemble = Fluctuation(**params.protocol).run(
        device("smtj", params.device),
        params.voltage,
        temperature=params.temperature,
        seed=params.seed,
        engine=params.engine,
    )
    provenance = container.provenance(
        {"smtj": params.device, "fluctuation": params.protocol, "temperature": params.temperature},
        seed=params.seed,
        **ensemble.provenance,
    )
    raw.write(snakemake.output[0], dataclasses.replace(ensemble, provenance=provenance))


if __name__ == "__main__":
    job.run(main, snakemake)  # type: ignore[name-defined]  # noqa: F821
