"""Simulate how devices of one kind differ, and write what a fit needs of it."""

from typing import Any

import job


def main(snakemake: Any) -> None:
    """Run the job that Snakemake describes."""
    from micromag import DomainWallMTJ, StochasticMTJ, fileformat, raw
    from micromag.protocols.variation import DiskVariation, TrackVariation

    params = snakemake.params
    keys = {"temperature": params.temperature, "seed": params.seed, "engine": params.engine}
    if params.device_type == "stochastic_mtj":
        values, meta = DiskVariation(**params.protocol).run(StochasticMTJ(**params.device), **keys)
    else:
        values, meta = TrackVariation(**params.protocol).run(DomainWallMTJ(**params.device), **keys)
    provenance = fileformat.provenance(
        {"device": params.device, "variation": params.protocol, "temperature": params.temperature}, simulation=meta
    )
    raw.write_variation(snakemake.output[0], params.device_type, values, provenance)


if __name__ == "__main__":
    job.run(main, snakemake)  # type: ignore[name-defined]  # noqa: F821
