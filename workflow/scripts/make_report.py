"""Write the report: one self-contained HTML page and the overview, from the files of a scenario."""

from pathlib import Path
from typing import Any

from magbayes.workflow import job


def main(snakemake: Any) -> None:
    """Run the job that Snakemake describes."""
    from magbayes.workflow.report.scenario import page, pictures, read_results

    source, params, output = snakemake.input, snakemake.params, snakemake.output
    results = read_results(
        params.configuration,
        models=source.models,
        fluctuations=source.fluctuations,
        pulses=source.pulses,
        rest=source.rest,
        retention=source.retention,
        resolution=source.resolution,
        track_resolution=source.track_resolution,
        accelerator=dict(zip(params.networks, source.accelerator, strict=True)),
    )
    drawn = pictures(results)
    text = page(results, drawn, params.scenario, params.configuration, params.warnings, params.benchmarks)
    job.write_text(Path(output.overview), drawn["overview"].decode())
    job.write_text(Path(output.page), text)


if __name__ == "__main__":
    job.run(main, snakemake)  # type: ignore[name-defined]  # noqa: F821
