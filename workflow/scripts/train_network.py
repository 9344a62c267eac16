"""Train the networks of one data set within what the devices offer, or take a posterior that is there already."""

from typing import Any

import job


def main(snakemake: Any) -> None:
    """Run the job that Snakemake describes."""
    import compact_models
    from micromag.fileformat import provenance
    from system import NetworkSettings, adopted, load_dataset, read_networks, read_posterior, train, write_networks

    params, name = snakemake.params, snakemake.params.dataset
    settings = NetworkSettings(**params.settings)
    dataset = load_dataset(name, params.seed, settings.data)
    models = compact_models.load(snakemake.input.models)
    narrowest, widest = models.smtj.sigma_range
    if settings.posterior is not None:
        networks = adopted(read_posterior(settings.posterior, dataset, settings), widest / narrowest)
    else:
        start = read_networks(settings.start) if settings.start is not None else None
        networks = train(dataset, settings, widest / narrowest, params.seed, models.dwmtj.levels.mean, start)
    source = provenance({"networks": {name: params.settings}}, seed=params.seed)
    write_networks(snakemake.output[0], networks, source)


if __name__ == "__main__":
    job.run(main, snakemake)  # type: ignore[name-defined]  # noqa: F821
