"""Simulate the stochastic MTJ in several cell sizes and time steps."""

from typing import Any

from magbayes.workflow import job


def main(snakemake: Any) -> None:
    """Run the job that Snakemake describes."""
    from magbayes.data import container
    from magbayes.micromag.devices.build import device
    from magbayes.micromag.protocols import resolution

    params = snakemake.params
    data, meta = resolution.Resolution(**params.protocol).run(
        device("smtj", params.device), temperature=params.temperature, seed=params.seed, engine=params.engine
    )
    provenance = container.provenance(
        {"smtj": params.device, "resolution": params.protocol, "temperature": params.temperature},
        seed=params.seed,
        simulation=meta,
    )
    container.write(snakemake.output[0], resolution.KIND, resolution.VERSION, data, provenance)


if __name__ == "__main__":
    job.run(main, snakemake)  # type: ignore[name-defined]  # noqa: F821
