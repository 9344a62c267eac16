"""Find the barriers between the notches of the domain-wall MTJ, and write what a fit needs of them."""

from typing import Any

from magbayes.workflow import job


def main(snakemake: Any) -> None:
    """Run the job that Snakemake describes."""
    from magbayes.data import container
    from magbayes.micromag import raw
    from magbayes.micromag.devices.build import device
    from magbayes.micromag.protocols.retention import Retention
    from magbayes.micromag.protocols.variation import TrackVariation

    params = snakemake.params
    values, meta = Retention(**params.protocol).run(
        device("dwmtj", params.device), TrackVariation(**params.variation), temperature=params.temperature
    )
    provenance = container.provenance(
        {
            "dwmtj": params.device,
            "retention": params.protocol,
            "variation": params.variation,
            "temperature": params.temperature,
        },
        path=meta,
    )
    raw.write_retention(snakemake.output[0], values, provenance)


if __name__ == "__main__":
    job.run(main, snakemake)  # type: ignore[name-defined]  # noqa: F821
