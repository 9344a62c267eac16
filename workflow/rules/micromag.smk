"""Micromagnetic runs: a raw ensemble for each bias point."""

from itertools import product

GATES = {
    f"{voltage:+g}V_{temperature:g}K": {"voltage": voltage, "temperature": temperature}
    for voltage, temperature in product(
        CONFIG.fluctuation.voltages, CONFIG.fluctuation.temperatures(CONFIG.temperature)
    )
}
PULSES = {
    f"{current:g}Apm2_{width:g}s": {"current_density": current, "width": width}
    for current, width in product(CONFIG.pulses.current_densities, CONFIG.pulses.widths)
}

# Where results lie, and the engine that makes them; the second of two has a folder of its own.
ENGINES = {"": "native", "oommf/": "oommf"} if CONFIG.engine == "both" else {"": CONFIG.engine}


wildcard_constraints:
    part="(oommf/)?",  # an empty pattern would stand for any text


def engine(wildcards):
    return ENGINES[wildcards.get("part", "")]


def cores(wildcards):
    """OOMMF's replicas are processes, run side by side; an ensemble of the native engine runs in one thread."""
    return (workflow.cores or 1) if engine(wildcards) == "oommf" else 1


rule fluctuation:
    output:
        f"{RESULTS}/{{part}}micromag/smtj/{{point}}.h5",
    log:
        f"logs/{CONFIG.scenario}/{{part}}micromag/smtj/{{point}}.log",
    benchmark:
        f"logs/{CONFIG.scenario}/{{part}}micromag/smtj/{{point}}.tsv"
    wildcard_constraints:
        point="|".join(map(re.escape, GATES)),
    conda:
        "../envs/micromag.yaml"
    threads: cores
    params:
        engine=engine,
        device=CONFIG.dump("smtj"),
        protocol=CONFIG.dump("fluctuation", "voltages", "other_temperatures"),
        bias=lambda wildcards: GATES[wildcards.point],
        seed=lambda wildcards: CONFIG.seed_for(f"smtj/{wildcards.point}"),
    message:
        "Fluctuation of the stochastic MTJ at {wildcards.point} ({params.engine})"
    script:
        "../scripts/simulate_fluctuation.py"


rule resolution:
    output:
        f"{RESULTS}/micromag/smtj/resolution.h5",
    log:
        f"logs/{CONFIG.scenario}/micromag/smtj/resolution.log",
    benchmark:
        f"logs/{CONFIG.scenario}/micromag/smtj/resolution.tsv"
    conda:
        "../envs/micromag.yaml"
    threads: cores
    params:
        engine=engine,
        temperature=CONFIG.temperature,
        device=CONFIG.dump("smtj"),
        protocol=CONFIG.dump("resolution"),
        seed=CONFIG.seed_for("smtj/resolution"),
    message:
        "Cell size and time step of the stochastic MTJ"
    script:
        "../scripts/simulate_resolution.py"


rule pulse:
    output:
        f"{RESULTS}/{{part}}micromag/dwmtj/{{point}}.h5",
    log:
        f"logs/{CONFIG.scenario}/{{part}}micromag/dwmtj/{{point}}.log",
    benchmark:
        f"logs/{CONFIG.scenario}/{{part}}micromag/dwmtj/{{point}}.tsv"
    wildcard_constraints:
        point="|".join(map(re.escape, PULSES)),
    conda:
        "../envs/micromag.yaml"
    threads: cores
    params:
        engine=engine,
        temperature=CONFIG.temperature,
        device=CONFIG.dump("dwmtj"),
        protocol=CONFIG.dump("pulses", "current_densities", "widths"),
        pulse=lambda wildcards: PULSES[wildcards.point],
        seed=lambda wildcards: CONFIG.seed_for(f"dwmtj/{wildcards.point}"),
    message:
        "Pulses of {wildcards.point} on the domain-wall MTJ ({params.engine})"
    script:
        "../scripts/simulate_pulses.py"


rule rest:
    output:
        f"{RESULTS}/{{part}}micromag/dwmtj/rest.h5",
    log:
        f"logs/{CONFIG.scenario}/{{part}}micromag/dwmtj/rest.log",
    benchmark:
        f"logs/{CONFIG.scenario}/{{part}}micromag/dwmtj/rest.tsv"
    conda:
        "../envs/micromag.yaml"
    threads: cores
    params:
        engine=engine,
        temperature=CONFIG.temperature,
        device=CONFIG.dump("dwmtj"),
        protocol=CONFIG.dump("pulses", "current_densities", "widths"),
        pulse=None,
        seed=CONFIG.seed_for("dwmtj/rest"),
    message:
        "Levels of the domain-wall MTJ at rest ({params.engine})"
    script:
        "../scripts/simulate_pulses.py"


rule variation:
    output:
        f"{RESULTS}/{{part}}micromag/variation.h5",
    log:
        f"logs/{CONFIG.scenario}/{{part}}micromag/variation.log",
    benchmark:
        f"logs/{CONFIG.scenario}/{{part}}micromag/variation.tsv"
    conda:
        "../envs/micromag.yaml"
    threads: cores
    params:
        engine=engine,
        temperature=CONFIG.temperature,
        smtj=CONFIG.dump("smtj"),
        dwmtj=CONFIG.dump("dwmtj"),
        protocol=CONFIG.dump("variation"),
        seed=CONFIG.seed_for("variation"),
    message:
        "Variation between devices ({params.engine})"
    script:
        "../scripts/simulate_variation.py"
