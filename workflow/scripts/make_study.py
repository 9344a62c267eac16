"""Temporary."""

from magbayes.workflow import job
from magbayes.workflow.report.study import main

if __name__ == "__main__":
    job.run(main, snakemake)  # type: ignore[name-defined]  # noqa: F821
