"""Simulate how devices of one kind differ, and write what a fit needs of it."""

from typing import Any

import job


def main(snakemake: Any) -> None:
    """Run the job that Snakemake describes."""
    from micromag import DomainWallMTJ, StochasticMTJ, Variation, fileformat, raw

    params = snakemake.params
    values, meta = Variation(**params.protocol).run(
        StochasticMTJ(**params.smtj),
        DomainWallMTJ(**params.dwmtj),
        temperature=params.temperature,
        seed=params.seed,
        engine=params.engine,
    )
    provenance = fileformat.provenance(
        {
            "smtj": params.smtj,
            "dwmtj": params.dwmtj,
            "variation": params.protocol,
            "temperature": params.temperature,
        },
        simulation=meta,
    )
    raw.write_variation(snakemake.output[0], values, provenance)


if __name__ == "__main__":
    job.run(main, snakemake)  # type: ignore[name-defined]  # noqa: F821
