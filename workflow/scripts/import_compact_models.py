"""Make compact models of measured devices, from their data sheets or from compact models that are there."""

from typing import Any

from magbayes.workflow import job


def main(snakemake: Any) -> None:
    """Run the job that Snakemake describes."""
    from magbayes.compact_models.measured.models import assemble
    from magbayes.compact_models.measured.settings import Idealised
    from magbayes.compact_models.store import save

    params = snakemake.params
    devices = params.devices["smtj"], params.devices["dwmtj"]
    save(snakemake.output[0], assemble(*devices, params.seed, Idealised(**params.idealised)))


if __name__ == "__main__":
    job.run(main, snakemake)  # type: ignore[name-defined]  # noqa: F821
