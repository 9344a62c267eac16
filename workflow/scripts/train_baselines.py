"""Train what stands beside the posteriors of one data set: MC dropout, a deep ensemble, Laplace, NUTS."""

from typing import Any

from magbayes.workflow import job


def main(snakemake: Any) -> None:
    """Run the job that Snakemake describes."""
    from magbayes.data.container import provenance
    from magbayes.system.datasets import load_dataset
    from magbayes.system.network.baselines import train_baselines
    from magbayes.system.network.ensemble import write_baselines
    from magbayes.system.network.file import read_selection
    from magbayes.system.network.imported import moved_for
    from magbayes.system.network.settings import NetworkSettings

    params, name = snakemake.params, snakemake.params.dataset
    settings = NetworkSettings(**params.settings)
    if settings.chooses and (selection := read_selection(snakemake.input.networks)) is not None:
        settings = selection.of(settings)
    dataset = moved_for(settings.posterior, load_dataset(name, params.data_seed, settings.data))
    baselines = train_baselines(dataset, settings, params.seed, params.data_seed)
    source = provenance({"networks": {name: params.settings}}, seed=params.seed, data_seed=params.data_seed)
    write_baselines(snakemake.output[0], baselines, source)


if __name__ == "__main__":
    job.run(main, snakemake)  # type: ignore[name-defined]  # noqa: F821
