"""Write a study's table and its report from the results of its batches."""

from pathlib import Path
from typing import Any

from magbayes.workflow import job


def main(snakemake: Any) -> None:
    """Run the job that Snakemake describes."""
    from magbayes.workflow import view
    from magbayes.workflow.report import study

    params, output = snakemake.params, snakemake.output
    results = study.read_results(
        params.study, params.points, snakemake.input.batches, params.numbers, params.reference, params.base
    )
    pictures = study.pictures(results)
    job.write_text(Path(output.csv), study.table_text(results))
    study.write_table(output.hdf5, results)
    figures = {f"{name.replace('/', '-')}.svg": picture.decode() for name, picture in pictures.items()}
    folder = view.product_of(Path(output.figures))
    for name, picture in figures.items():
        if not (folder / name).exists():  # what is there is the same, or a person has worked on it
            job.write_text(folder / name, picture)
    # Where files are copied to a store of objects, the folder itself is the output.
    index = folder / view.INDEX if folder == Path(output.figures) else Path(output.figures)
    job.write_text(index, "\n".join(figures))
    job.write_text(Path(output.page), study.page(results, pictures))


if __name__ == "__main__":
    job.run(main, snakemake)  # type: ignore[name-defined]  # noqa: F821
