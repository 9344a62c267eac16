"""Evaluate the accelerator on one data set, beside the software networks."""

from typing import Any

import job


def main(snakemake: Any) -> None:
    """Run the job that Snakemake describes."""
    import compact_models
    from micromag.fileformat import provenance
    from system import (
        AcceleratorSettings,
        DataSettings,
        EvaluationSettings,
        evaluate,
        load_dataset,
        read_baselines,
        read_networks,
        write_evaluation,
    )

    params, source = snakemake.params, snakemake.input
    data = None if params.data is None else DataSettings(**params.data)
    dataset = load_dataset(params.dataset, params.data_seed, data)
    settings = AcceleratorSettings(**params.settings)
    chosen = EvaluationSettings(**params.evaluation)
    evaluation = evaluate(
        dataset,
        read_networks(source.networks),
        compact_models.load(source.models),
        settings,
        params.seed,
        baselines=read_baselines(source.baselines),
        chips=chosen.chips,
        intervals=chosen.intervals,
        with_ablation=chosen.ablation,
    )
    configuration = {"accelerator": params.settings, "evaluation": params.evaluation}
    write_evaluation(snakemake.output[0], evaluation, dataset, provenance(configuration, seed=params.seed))


if __name__ == "__main__":
    job.run(main, snakemake)  # type: ignore[name-defined]  # noqa: F821
