"""Find barrier, depinning and levels of the domain-wall MTJ in several cell sizes."""

from typing import Any

from magbayes.workflow import job


def main(snakemake: Any) -> None:
    """Run the job that Snakemake describes."""
    from magbayes.data import container
    from magbayes.micromag.devices.build import device
    from magbayes.micromag.protocols import track_resolution
    from magbayes.micromag.protocols.retention import Retention

    params = snakemake.params
    data, meta = track_resolution.TrackResolution(**params.protocol).run(
        device("dwmtj", params.device),
        Retention(**params.retention),
        **params.pulses,
        temperature=params.temperature,
        seed=params.seed,
        engine=params.engine,
    )
    provenance = container.provenance(
        {
            "dwmtj": params.device,
            "track_resolution": params.protocol,
            "retention": params.retention,
            "pulses": params.pulses,
            "temperature": params.temperature,
        },
        seed=params.seed,
        simulation=meta,
    )
    container.write(snakemake.output[0], track_resolution.KIND, track_resolution.VERSION, data, provenance)


if __name__ == "__main__":
    job.run(main, snakemake)  # type: ignore[name-defined]  # noqa: F821
