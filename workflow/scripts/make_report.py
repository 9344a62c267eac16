"""Write the report: one self-contained HTML page, the overview and all figures, from the files of a scenario."""

from pathlib import Path
from typing import Any

from magbayes.workflow import job


def main(snakemake: Any) -> None:
    """Run the job that Snakemake describes."""
    from magbayes.workflow import view
    from magbayes.workflow.report.figures import plotting

    source, params, output = snakemake.input, snakemake.params, snakemake.output
    accelerator = dict(zip(params.networks, source.accelerator, strict=True))
    about = (params.scenario, params.configuration, params.warnings, params.benchmarks, params.files)
    if params.configuration["compact_models"]["smtj"]:
        from magbayes.workflow.report import measured

        given = measured.read_results(params.configuration, source.models[0], accelerator)
        drawn = measured.pictures(given)
        text = measured.page(given, drawn, *about)
    else:
        from magbayes.workflow.report import scenario

        names = ("models", "fluctuations", "pulses", "rest", "retention", "resolution", "track_resolution")
        files = {name: getattr(source, name) for name in names}
        results = scenario.read_results(params.configuration, **files, accelerator=accelerator)
        drawn = scenario.pictures(results)
        text = scenario.page(results, drawn, *about)
    job.write_bytes(Path(output.overview), drawn["overview"].svg)
    view.write_figures(Path(output.figures), plotting.files(drawn))
    job.write_text(Path(output.page), text)


if __name__ == "__main__":
    job.run(main, snakemake)  # type: ignore[name-defined]  # noqa: F821
