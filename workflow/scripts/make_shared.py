"""Make one file that several batches of a study need."""

from importlib import import_module
from typing import Any

from magbayes.workflow import job


def main(snakemake: Any) -> None:
    """Run the job that Snakemake describes, by the script that makes such a file in a scenario."""
    import_module(snakemake.params.script).main(snakemake)


if __name__ == "__main__":
    job.run(main, snakemake)  # type: ignore[name-defined]  # noqa: F821
