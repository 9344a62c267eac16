"""Evaluate the accelerator on one data set, beside the software networks."""

from typing import Any

import job


def main(snakemake: Any) -> None:
    """Run the job that Snakemake describes."""
    import compact_models
    from micromag.fileformat import provenance
    from system import AcceleratorSettings, evaluate, load_dataset, read_networks, write_evaluation

    params, name = snakemake.params, snakemake.params.dataset
    dataset = load_dataset(name, params.data_seed)
    settings = AcceleratorSettings(**params.settings)
    evaluation = evaluate(
        dataset,
        read_networks(snakemake.input.networks),
        compact_models.load(snakemake.input.models),
        settings,
        params.seed,
        diagnosis=settings.diagnosis and dataset.task == "classification",
    )
    write_evaluation(
        snakemake.output[0], evaluation, dataset, provenance({"accelerator": params.settings}, seed=params.seed)
    )


if __name__ == "__main__":
    job.run(main, snakemake)  # type: ignore[name-defined]  # noqa: F821
