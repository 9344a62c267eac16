"""Write a study's table and its report from the results of its batches."""

from pathlib import Path
from typing import Any

from magbayes.workflow import job


def main(snakemake: Any) -> None:
    """Run the job that Snakemake describes."""
    from magbayes.workflow import view
    from magbayes.workflow.report import study
    from magbayes.workflow.report.figures import plotting

    params, output = snakemake.params, snakemake.output
    results = study.read_results(
        params.study, params.points, snakemake.input.batches, params.numbers, params.reference, params.base
    )
    pictures = study.pictures(results)
    job.write_text(Path(output.csv), study.table_text(results))
    study.write_table(output.hdf5, results)
    view.write_figures(Path(output.figures), plotting.files(pictures))
    job.write_text(Path(output.page), study.page(results, pictures))


if __name__ == "__main__":
    job.run(main, snakemake)  # type: ignore[name-defined]  # noqa: F821
