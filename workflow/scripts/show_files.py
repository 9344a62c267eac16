"""Make the folder of a scenario or study: links to its files in the store."""

from pathlib import Path
from typing import Any

from magbayes.workflow import job


def main(snakemake: Any) -> None:
    """Run the job that Snakemake describes."""
    from magbayes.workflow import view
    from magbayes.workflow.store import FOLDER

    products = [view.product_of(Path(path)) for path in snakemake.input]
    targets = dict(zip(snakemake.params.names, products, strict=True))
    sentinel = Path(snakemake.output.sentinel)
    view.link(sentinel.parent.parent, targets, sentinel, FOLDER)


if __name__ == "__main__":
    job.run(main, snakemake)  # type: ignore[name-defined]  # noqa: F821
