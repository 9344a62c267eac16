"""Make compact models of measured devices, from their data sheets or from compact models that are there."""

from typing import Any

from magbayes.workflow import job


def main(snakemake: Any) -> None:
    """Run the job that Snakemake describes."""
    from magbayes.compact_models.measured.models import assemble
    from magbayes.compact_models.store import save

    params = snakemake.params
    save(snakemake.output[0], assemble(params.devices["smtj"], params.devices["dwmtj"], params.seed))


if __name__ == "__main__":
    job.run(main, snakemake)  # type: ignore[name-defined]  # noqa: F821
