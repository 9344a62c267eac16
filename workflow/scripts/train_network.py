"""Train the networks of one data set within what the devices offer, or take a posterior that is there already."""

from typing import Any

from magbayes.workflow import job


def main(snakemake: Any) -> None:
    """Run the job that Snakemake describes."""
    from magbayes.compact_models import store as model_store
    from magbayes.data.container import provenance
    from magbayes.system.array.electrical import offered_ratio
    from magbayes.system.array.slices import composite_levels
    from magbayes.system.datasets import load_dataset
    from magbayes.system.network import imported
    from magbayes.system.network.file import read_networks, write_networks
    from magbayes.system.network.guide import Offer
    from magbayes.system.network.selection import settled
    from magbayes.system.network.settings import NetworkSettings
    from magbayes.system.network.training import train
    from magbayes.system.settings import Reading

    params, name, seed = snakemake.params, snakemake.params.dataset, snakemake.params.seed
    settings, reading = NetworkSettings(**params.settings), Reading(**params.reading)
    dataset = load_dataset(name, seed, settings.data)
    print(*dataset.taken, sep="\n")
    models = model_store.load(snakemake.input.models)
    ratio, levels = offered_ratio(models, reading), composite_levels(models.dwmtj.levels.mean, reading.slices)
    changes, selection = [], None
    if settings.posterior is not None:
        own = imported.read_posterior(settings.posterior, dataset, settings)
        networks = imported.restricted_to_devices(own, Offer(ratio, leave_out=reading.leave_out))
        of_inputs = imported.moved_for(settings.posterior, dataset)
        changes = [*imported.remarks(networks, of_inputs, seed), imported.cost_in_software(networks, of_inputs, seed)]
    else:
        settings, selection = settled(dataset, settings, seed)
        start = read_networks(settings.start) if settings.start is not None else None
        networks = train(dataset, settings, ratio, seed, levels, start, leave_out=reading.leave_out)
    print(*changes, *(selection.lines() if selection else ()), sep="\n")
    source = provenance({"networks": {name: params.settings}}, seed=seed, data=dataset.taken, posterior=changes)
    write_networks(snakemake.output[0], networks, source, selection)


if __name__ == "__main__":
    job.run(main, snakemake)  # type: ignore[name-defined]  # noqa: F821
