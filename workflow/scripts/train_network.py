"""Train the networks of one data set, within what the devices offer."""

from typing import Any

import job


def main(snakemake: Any) -> None:
    """Run the job that Snakemake describes."""
    import compact_models
    from micromag.fileformat import provenance
    from system import NetworkSettings, load_dataset, train, write_networks

    params = snakemake.params
    models = compact_models.load(snakemake.input.models)
    narrowest, widest = models.smtj.sigma_range
    trained = train(
        load_dataset(snakemake.params.dataset, params.seed),
        NetworkSettings(**params.settings),
        widest / narrowest,
        params.seed,
        levels=models.dwmtj.levels.mean,
    )
    source = provenance({"networks": {snakemake.params.dataset: params.settings}}, seed=params.seed)
    write_networks(snakemake.output[0], trained, source)


if __name__ == "__main__":
    job.run(main, snakemake)  # type: ignore[name-defined]  # noqa: F821
