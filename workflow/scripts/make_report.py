"""Write the report: one self-contained HTML page from the files of a scenario."""

from pathlib import Path
from typing import Any

import job

QUALITY = ("accuracy", "ece", "adaptive_ece", "nll", "brier", "rmse", "crps")
QUALITY += ("coverage_50", "coverage_80", "coverage_90", "coverage_95")
DOUBT = ("aurc", "auroc_errors", "auroc_rotation", "auroc_noise", "auroc_digits", "auroc_fashion_mnist")
DOUBT += ("aleatoric", "epistemic")
SHARES = ("accuracy", "ece", "adaptive_ece", "coverage")


def table(found: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """Columns and rows of those metrics of `names` that any variant in `found` has; a gap where one has it not."""
    columns = [name for name in names if any(name in metrics for metrics in found.values())]
    rows = {
        variant: [estimate(name, metrics[name]) if name in metrics else "–" for name in columns]
        for variant, metrics in found.items()
    }
    return {"columns": [name.replace("_", " ") for name in columns], "rows": rows}


def number(value: float, digits: int = 3) -> str:
    """Format a number for a person."""
    return f"{value:.{digits}g}"


def estimate(name: str, value: Any) -> str:
    """Format an estimate with its interval; shares in per cent."""
    share = name.startswith(SHARES)
    middle, low, high = (f"{100 * v:.1f}" if share else f"{v:.3g}" for v in (value.value, value.low, value.high))
    return f"{middle} ({low} to {high}){' %' if share else ''}"


def device_table(device: Any, stack: dict[str, Any]) -> list[dict[str, str]]:
    """Rows of key, value, meaning and source for a device's parameters."""
    rows = []
    for key, field in type(device).model_fields.items():
        value = getattr(device, key)
        entry = stack.get(key)
        source = "design choice" if entry is None else entry["source"] if entry["value"] == value else "configuration"
        shown = value if isinstance(value, str) else f"{value:g}"
        rows.append({"key": key, "value": shown, "meaning": field.description or "", "source": source})
    return rows


def retention(model: Any) -> str:
    """What is known of how long a level holds."""
    try:
        rate = model.escape_rate
    except ValueError as error:
        return str(error)
    times = (1 / r for r in (rate.value, rate.high, rate.low))
    return "extrapolated from pulses to no current, a level holds for {:.1g} s ({:.1g} to {:.1g} s)".format(*times)


def doubts_about(evaluations: dict[str, Any], configuration: dict[str, Any]) -> list[str]:
    """Weak points of this scenario that follow from its numbers."""
    from system import metrics_of

    found = []
    for name, evaluation in evaluations.items():
        weight = configuration["networks"][name]["kl_weight"]
        if weight < 1:
            found.append(
                f"{name}: the KL term weighs {weight:g} in training, a posterior colder than Bayes' rule gives"
            )
        metrics = metrics_of(evaluation, "variants")
        software, hardware = metrics["software (device range)"], metrics["accelerator"]
        if "accuracy" in software:
            for key, limit in (("accuracy", 0.01), ("ece", 0.02)):
                gap = hardware[key].value - software[key].value
                if abs(gap) > limit:
                    found.append(f"{name}: {key} of the accelerator differs from software by {100 * gap:+.1f} points")
            continue
        if abs(ratio := hardware["rmse"].value / software["rmse"].value - 1) > 0.03:
            found.append(f"{name}: RMSE of the accelerator differs from software by {100 * ratio:+.1f} %")
        if abs(hardware["coverage_90"].value - 0.9) > 0.05:
            found.append(
                f"{name}: the accelerator's 90 % interval holds {100 * hardware['coverage_90'].value:.1f} % of the "
                f"test targets (software without device range: {100 * metrics['software']['coverage_90'].value:.1f} %)"
            )
    return found


def main(snakemake: Any) -> None:
    """Run the job that Snakemake describes."""
    import figures_physics as physics
    import figures_system as systems
    import jinja2

    import compact_models
    import spinbayes_data
    from micromag import DomainWallMTJ, StochasticMTJ, fileformat, raw
    from micromag.protocols import resolution
    from plotting import data_uri, svg, use_style
    from system import metrics_of, read_evaluation

    use_style()
    source, params = snakemake.input, snakemake.params
    models, *others = (compact_models.load(path) for path in source.models)
    agreement = compact_models.compare(models, *others) if others else []
    everywhere = sorted((raw.read(path) for path in source.fluctuations), key=lambda e: float(e.value("voltage")))
    fluctuations = [e for e in everywhere if e.value("temperature") == models.temperature]
    all_pulses = sorted((raw.read(path) for path in source.pulses), key=lambda e: float(e.value("current_density")))
    pulses = [e for e in all_pulses if e.value("pulse_width") == models.dwmtj.pulse_width[0]]
    rest = raw.read(source.rest)
    refined = fileformat.read(source.resolution, resolution.KIND, resolution.VERSION)
    evaluations = {Path(path).stem: read_evaluation(path) for path in source.accelerator}
    smtj, dwmtj = (
        kind(**params.configuration[section]) for kind, section in ((StochasticMTJ, "smtj"), (DomainWallMTJ, "dwmtj"))
    )
    classifications = {name: e for name, e in evaluations.items() if e["task"][0] == "classification"}
    drawings = {
        "sketches": physics.sketches(),
        "stochastic_snapshots": physics.stochastic_mtj_snapshots(fluctuations),
        "domain_wall_snapshots": physics.domain_wall_mtj_snapshots(rest, pulses[-1]),
        "sigma": physics.sigma_of_voltage(models),
        "marginals": physics.marginals(fluctuations),
        "autocorrelations": physics.autocorrelations(models),
        "resolution": physics.resolution(refined, smtj),
        "traces": physics.conductance_traces(models, pulses),
        "pulse_response": physics.pulse_response(models),
        "levels": physics.levels(models),
        "energy": systems.energy(evaluations),
    }
    if agreement:
        drawings["agreement"] = physics.agreement(agreement)
    drawings |= {f"selection_{name}": systems.selection(e) for name, e in evaluations.items()}
    drawings |= {f"reliability_{name}": systems.reliability(e) for name, e in classifications.items()}
    drawings |= {f"bands_{name}": systems.bands(e) for name, e in evaluations.items() if "grid/input" in e.data}
    template = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(snakemake.scriptdir).parent / "report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    ).get_template("report.html.j2")
    page = template.render(
        scenario=params.scenario,
        figures={name: data_uri(drawing) for name, drawing in drawings.items()},
        models=models,
        devices={
            "Stochastic MTJ": device_table(smtj, spinbayes_data.load("stacks", smtj.stack)["parameters"]),
            "Domain-wall MTJ": device_table(dwmtj, spinbayes_data.load("stacks", dwmtj.stack)["parameters"]),
        },
        results=(results := {name: metrics_of(e, "variants") for name, e in evaluations.items()}),
        quality={name: table(found, QUALITY) for name, found in results.items()},
        doubt={name: table(found, DOUBT) for name, found in results.items()},
        ablation={name: table(metrics_of(e, "ablation"), QUALITY) for name, e in evaluations.items()},
        gaps={name: systems.mean_confidence_gap(e, "accelerator") for name, e in classifications.items()},
        costs={
            name: {
                "energy": sum(v.sum() for p, v in e.data.items() if p.startswith("cost/energy/")),
                "latency": float(e["cost/latency"]),
                "samples": int(e["cost/samples"]),
                "pulses": float(e["cost/programming/pulses"]),
                "programming": float(e["cost/programming/energy"]),
            }
            for name, e in evaluations.items()
        },
        resolution_voltage=float(refined["voltage"]),
        moment=1 - float((fluctuations[0].magnetisation.astype(float) ** 2).sum(axis=-1).mean() ** 0.5),
        doubts=[
            *params.warnings,
            *models.smtj.doubts(),
            *models.dwmtj.doubts(),
            *doubts_about(evaluations, params.configuration),
        ],
        retention=retention(models.dwmtj),
        agreement=agreement,
        provenance=models.provenance,
        other_engine=others[0].provenance["engine"] if others else {},
        configuration=params.configuration,
        number=number,
    )
    pictures = systems.overview(models, classifications)
    for path, content in ((snakemake.output.overview, svg(pictures)), (snakemake.output.page, page.encode())):
        with fileformat.whole(path) as temporary:
            temporary.write_bytes(content)


if __name__ == "__main__":
    job.run(main, snakemake)  # type: ignore[name-defined]  # noqa: F821
