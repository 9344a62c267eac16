"""Fit the compact models to the raw ensembles of every bias point."""

from typing import Any

from magbayes.workflow import job


def main(snakemake: Any) -> None:
    """Run the job that Snakemake describes."""
    from magbayes.compact_models.fit import fit
    from magbayes.compact_models.store import save
    from magbayes.data.container import provenance

    source, params = snakemake.input, snakemake.params
    models = fit(
        source.fluctuations,
        source.pulses,
        source.rest,
        source.retention,
        source.disks,
        source.tracks,
        provenance(params.configuration),
        params.seed,
    )
    save(snakemake.output[0], models)


if __name__ == "__main__":
    job.run(main, snakemake)  # type: ignore[name-defined]  # noqa: F821
