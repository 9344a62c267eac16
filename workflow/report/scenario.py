"""Write the report: one self-contained HTML page from the files of a scenario."""

import platform
from pathlib import Path
from typing import Any

from magbayes.workflow import job


def draw(
    models: Any, agreement: Any, smtj: Any, dwmtj: Any, ensembles: dict[str, Any], evaluations: dict[str, Any]
) -> dict[str, Any]:
    """Figures by the name of their caption."""
    import magbayes.workflow.report.figures.cost as costs
    import magbayes.workflow.report.figures.devices as devices
    import magbayes.workflow.report.figures.physics as physics
    import magbayes.workflow.report.figures.system as systems
    from magbayes.system.evaluation.results import metrics_of
    from magbayes.workflow.report.figures import models as figures_models
    from magbayes.workflow.report.verdict import TARGETS

    fluctuations, pulses, rest = (ensembles[name] for name in ("fluctuations", "pulses", "rest"))
    drawings = {
        "sketches": devices.sketches(),
        "geometry": devices.geometry(smtj, dwmtj),
        "stochastic_snapshots": devices.stochastic_mtj_snapshots(fluctuations),
        "domain_wall_snapshots": devices.domain_wall_mtj_snapshots(rest, pulses[-1]),
        "sigma": physics.sigma_of_voltage(models),
        "marginals": physics.marginals(fluctuations),
        "autocorrelations": physics.autocorrelations(models),
        "traces": physics.conductance_traces(models, pulses),
        "pulse_response": physics.pulse_response(models),
        "levels": physics.levels(models),
        "resolution": physics.resolution(ensembles["refined"], smtj),
        "residuals": figures_models.residuals(models, fluctuations),
        "energy": costs.energy(evaluations),
        "digital": costs.digital(evaluations),
    }
    if agreement:
        drawings["agreement"] = figures_models.agreement(agreement)
    for name, evaluation in evaluations.items():
        drawings[f"selection_{name}"] = systems.selection(evaluation)
        if evaluation["task"][0] == "classification":
            drawings[f"reliability_{name}"] = systems.reliability(evaluation)
        if "grid/input" in evaluation.data:
            drawings[f"bands_{name}"] = systems.bands(evaluation)
        if ablation := metrics_of(evaluation, "ablation"):
            drawings[f"ablation_{name}"] = systems.ablation(ablation, TARGETS[evaluation["task"][0]])
        drawings[f"tradeoff_{name}"] = costs.tradeoff(evaluation)
    return drawings


def main(snakemake: Any) -> None:
    """Run the job that Snakemake describes."""
    import yaml

    from magbayes.compact_models import store as model_store
    from magbayes.compact_models.compare import compare
    from magbayes.data import cited, container
    from magbayes.micromag import raw
    from magbayes.micromag.devices.build import device as built
    from magbayes.micromag.protocols import resolution
    from magbayes.system.evaluation.results import metrics_of, read_evaluation
    from magbayes.workflow.code import libraries
    from magbayes.workflow.report import pages, reading, spending, statements
    from magbayes.workflow.report.figures import devices as figures_devices
    from magbayes.workflow.report.figures import overview as figures_overview
    from magbayes.workflow.report.figures import plotting
    from magbayes.workflow.report.figures.system import mean_confidence_gap
    from magbayes.workflow.report.tables import costs as tables_costs
    from magbayes.workflow.report.tables import devices as tables_devices
    from magbayes.workflow.report.tables import quality as tables
    from magbayes.workflow.report.verdict import judge, restriction

    plotting.use_style()
    source, params = snakemake.input, snakemake.params
    models, *others = (model_store.load(path) for path in source.models)
    agreement = compare(models, *others) if others else []
    everywhere = sorted((raw.read(path) for path in source.fluctuations), key=lambda e: float(e.value("voltage")))
    all_pulses = sorted((raw.read(path) for path in source.pulses), key=lambda e: float(e.value("current_density")))
    ensembles = {
        "fluctuations": (fluctuations := [e for e in everywhere if e.value("temperature") == models.temperature]),
        "pulses": [e for e in all_pulses if e.value("pulse_width") == models.dwmtj.pulse_width[0]],
        "rest": raw.read(source.rest),
        "refined": (refined := container.read(source.resolution, resolution.KIND, resolution.VERSION)),
    }
    evaluations = {Path(path).stem: read_evaluation(path) for path in source.accelerator}
    classifications = {name: e for name, e in evaluations.items() if e["task"][0] == "classification"}
    smtj, dwmtj = (built(role, params.configuration[role]) for role in ("smtj", "dwmtj"))
    results = {name: metrics_of(e, "variants") for name, e in evaluations.items()}
    ablation = {name: metrics_of(e, "ablation") for name, e in evaluations.items()}
    judged = {name: judge(e) for name, e in evaluations.items()}
    restrictions = {name: restriction(e) for name, e in evaluations.items()}
    drawings = draw(models, agreement, smtj, dwmtj, ensembles, evaluations)
    configuration = yaml.safe_dump(params.configuration, sort_keys=False, width=110)
    page = pages.render(
        "report.html.j2",
        scenario=params.scenario,
        answer=statements.answer(evaluations, judged, restrictions),
        verdicts=tables.verdicts(judged, {name: bool(found) for name, found in ablation.items()}),
        figures={name: plotting.data_uri(plotting.svg(drawing)) for name, drawing in drawings.items()},
        models=models,
        devices={
            name: tables_devices.device(device, cited.load("stacks", device.stack)["parameters"])
            for name, device in (("stochastic MTJ", smtj), ("domain-wall MTJ", dwmtj))
        },
        stochastic=tables_devices.stochastic(models),
        retention=statements.retention(models.dwmtj),
        agreement=agreement,
        agreement_table=tables_devices.agreement(agreement),
        other_engine=others[0].provenance["engine"] if others else {},
        results=results,
        inputs={name: len(e["test/target"]) for name, e in evaluations.items()},
        quality={name: tables.metrics_table("network", found, tables.QUALITY) for name, found in results.items()},
        doubt={name: tables.metrics_table("network", found, tables.DOUBT) for name, found in results.items()},
        gaps={name: mean_confidence_gap(e, "accelerator") for name, e in classifications.items()},
        ablation={name: tables.metrics_table("chip", found, tables.QUALITY) for name, found in ablation.items()},
        costs=tables_costs.costs(evaluations),
        layers=tables_costs.layers(evaluations),
        digital={name: tables_costs.digital(e) for name, e in evaluations.items()},
        who_wins={name: spending.who_wins(e) for name, e in evaluations.items()},
        restricted=tables.restrictions(restrictions),
        resolution_voltage=float(refined["voltage"]),
        moment=1 - float((fluctuations[0].magnetisation.astype(float) ** 2).sum(axis=-1).mean() ** 0.5),
        remarks=tables.remarks({name: list(map(str, e["doubts"])) for name, e in evaluations.items()}),
        doubts=[
            *params.warnings,
            *models.smtj.warnings(),
            *models.dwmtj.warnings(),
            *statements.doubts_about(evaluations, judged, params.configuration),
        ],
        provenance=models.provenance,
        origins=tables_costs.origins(
            {
                "compact models": models.provenance,
                **{f"accelerator on {n}": e.provenance for n, e in evaluations.items()},
            }
        ),
        stages=tables_costs.stages(Path(params.logs)),
        versions=libraries(),
        python=platform.python_version(),
        chips=params.configuration["evaluation"]["chips"],
        configuration=configuration,
        configuration_file=plotting.data_uri(configuration.encode(), "application/yaml"),
        number=reading.number,
        span=reading.span,
    )
    rest = ensembles["rest"]
    picture = figures_overview.overview(models, fluctuations[-1], rest, figures_devices.START, evaluations)
    job.write_text(Path(snakemake.output.overview), plotting.svg(picture).decode())
    job.write_text(Path(snakemake.output.page), page)


if __name__ == "__main__":
    job.run(main, snakemake)  # type: ignore[name-defined]  # noqa: F821
