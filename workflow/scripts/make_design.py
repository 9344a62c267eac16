"""Write a design's table, its report and the chosen device from the results of all rounds."""

from pathlib import Path
from typing import Any

from magbayes.workflow import job


def main(snakemake: Any) -> None:
    """Run the job that Snakemake describes."""
    from magbayes.workflow import view
    from magbayes.workflow.designs import rounds
    from magbayes.workflow.designs.choice import Choice
    from magbayes.workflow.designs.design import Design
    from magbayes.workflow.report import design as report
    from magbayes.workflow.report.figures import plotting

    params, output = snakemake.params, snakemake.output
    design = Design.model_validate(params.design)
    choice = Choice(design, rounds.history(design, params.proposals, params.tried))
    pictures = report.pictures(choice)
    job.write_text(Path(output.csv), report.table_text(choice))
    report.write_table(output.hdf5, choice)
    job.write_text(Path(output.chosen), report.scenario_text(choice, params.values))
    view.write_figures(Path(output.figures), plotting.files(pictures))
    job.write_text(Path(output.page), report.page(choice, pictures))


if __name__ == "__main__":
    job.run(main, snakemake)  # type: ignore[name-defined]  # noqa: F821
