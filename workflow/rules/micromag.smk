"""Micromagnetic runs: a raw ensemble for each bias point."""

VOLTAGES = {f"{voltage:+g}V": voltage for voltage in CONFIG.fluctuation.voltages}
CURRENTS = {f"{current:g}Apm2": current for current in CONFIG.pulses.current_densities}

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
        point="|".join(map(re.escape, VOLTAGES)),
    conda:
        "../envs/micromag.yaml"
    threads: cores
    params:
        engine=engine,
        temperature=CONFIG.temperature,
        device=CONFIG.dump("smtj"),
        protocol=CONFIG.dump("fluctuation", "voltages"),
        voltage=lambda wildcards: VOLTAGES[wildcards.point],
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
        point="|".join(map(re.escape, CURRENTS)),
    conda:
        "../envs/micromag.yaml"
    threads: cores
    params:
        engine=engine,
        temperature=CONFIG.temperature,
        device=CONFIG.dump("dwmtj"),
        protocol=CONFIG.dump("pulses", "current_densities"),
        current_density=lambda wildcards: CURRENTS[wildcards.point],
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
        protocol=CONFIG.dump("pulses", "current_densities"),
        current_density=None,
        seed=CONFIG.seed_for("dwmtj/rest"),
    message:
        "Levels of the domain-wall MTJ at rest ({params.engine})"
    script:
        "../scripts/simulate_pulses.py"
