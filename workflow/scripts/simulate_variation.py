"""Simulate how devices of one kind differ, and write what a fit needs of it."""

from typing import Any

from magbayes.workflow import job


def main(snakemake: Any) -> None:
    """Run the job that Snakemake describes."""
    from magbayes.data import container
    from magbayes.micromag import raw
    from magbayes.micromag.devices.build import device
    from magbayes.micromag.protocols.variation import DiskVariation, TrackVariation

    params = snakemake.params
    keys = {"temperature": params.temperature, "seed": params.seed, "engine": params.engine}
    if params.device_type == "stochastic_mtj":
        values, meta = DiskVariation(**params.protocol).run(device("smtj", params.device), **keys)
    else:
        values, meta = TrackVariation(**params.protocol).run(device("dwmtj", params.device), **keys)
    provenance = container.provenance(
        {"device": params.device, "variation": params.protocol, "temperature": params.temperature},
        seed=params.seed,
        simulation=meta,
    )
    raw.write_variation(snakemake.output[0], params.device_type, values, provenance)


if __name__ == "__main__":
    job.run(main, snakemake)  # type: ignore[name-defined]  # noqa: F821
