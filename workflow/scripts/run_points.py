"""Work on a batch of a study's points, and write what is collected of each."""

from pathlib import Path
from typing import Any

from magbayes.workflow import job


def main(snakemake: Any) -> None:
    """Run the job that Snakemake describes."""
    from magbayes.data import container
    from magbayes.workflow.studies.points import KIND, VERSION, contents, work_on

    params = snakemake.params
    inputs = {Path(path).stem: Path(path) for path in snakemake.input}
    points = list(work_on(params.base, params.points, params.collect, inputs))
    source = container.provenance({"base": params.base, "points": params.points})
    container.write(snakemake.output[0], KIND, VERSION, contents(points, params.collect), source)


if __name__ == "__main__":
    job.run(main, snakemake)  # type: ignore[name-defined]  # noqa: F821
