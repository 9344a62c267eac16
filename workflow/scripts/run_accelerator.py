"""Evaluate the accelerator on one data set, beside the software networks."""

from typing import Any

from magbayes.workflow import job


def main(snakemake: Any) -> None:
    """Run the job that Snakemake describes."""
    from magbayes.compact_models import store as model_store
    from magbayes.data.container import provenance
    from magbayes.system.datasets import DataSettings, load_dataset
    from magbayes.system.evaluation.evaluate import evaluate
    from magbayes.system.evaluation.results import write_evaluation
    from magbayes.system.evaluation.settings import EvaluationSettings
    from magbayes.system.network import imported
    from magbayes.system.network.ensemble import read_baselines
    from magbayes.system.network.file import choice_of, read_networks
    from magbayes.system.settings import AcceleratorSettings

    params, source = snakemake.params, snakemake.input
    data = None if params.data is None else DataSettings(**params.data)
    dataset = imported.moved_for(params.posterior, load_dataset(params.dataset, params.data_seed, data))
    networks, chosen = read_networks(source.networks), choice_of(source.networks)
    asked = EvaluationSettings(**params.evaluation)
    evaluation = evaluate(
        dataset,
        networks,
        model_store.load(source.models),
        AcceleratorSettings(**params.settings),
        params.seed,
        baselines=read_baselines(source.baselines),
        chips=asked.chips,
        intervals=asked.intervals,
        with_ablation=asked.ablation,
        with_controls=asked.controls,
    )
    configuration = {"accelerator": params.settings, "evaluation": params.evaluation}
    changes = imported.remarks(networks, dataset, params.seed) if params.posterior is not None else []
    further = {"data_seed": params.data_seed, "data": dataset.taken, "posterior": changes, "selection": chosen}
    write_evaluation(snakemake.output[0], evaluation, dataset, provenance(configuration, seed=params.seed, **further))


if __name__ == "__main__":
    job.run(main, snakemake)  # type: ignore[name-defined]  # noqa: F821
