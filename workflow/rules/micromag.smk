"""Micromagnetic runs: a raw ensemble for each bias point."""

VOLTAGES = {f"{voltage:+g}V": voltage for voltage in CONFIG.fluctuation.voltages}
CURRENTS = {f"{current:g}Apm2": current for current in CONFIG.pulses.current_densities}

# OOMMF's replicas are processes, run side by side on the cores of a job.
THREADS = (workflow.cores or 1) if CONFIG.engine == "oommf" else 1


rule fluctuation:
    output:
        f"{RESULTS}/micromag/smtj/{{point}}.h5",
    log:
        f"logs/{CONFIG.scenario}/micromag/smtj/{{point}}.log",
    benchmark:
        f"logs/{CONFIG.scenario}/micromag/smtj/{{point}}.tsv"
    wildcard_constraints:
        point="|".join(map(re.escape, VOLTAGES)),
    threads: THREADS
    params:
        engine=CONFIG.engine,
        temperature=CONFIG.temperature,
        device=CONFIG.dump("smtj"),
        protocol=CONFIG.dump("fluctuation", "voltages"),
        voltage=lambda wildcards: VOLTAGES[wildcards.point],
        seed=lambda wildcards: CONFIG.seed_for(f"smtj/{wildcards.point}"),
    message:
        "Fluctuation of the stochastic MTJ at {wildcards.point}"
    script:
        "../scripts/simulate_fluctuation.py"


rule resolution:
    output:
        f"{RESULTS}/micromag/smtj/resolution.h5",
    log:
        f"logs/{CONFIG.scenario}/micromag/smtj/resolution.log",
    benchmark:
        f"logs/{CONFIG.scenario}/micromag/smtj/resolution.tsv"
    threads: THREADS
    params:
        engine=CONFIG.engine,
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
        f"{RESULTS}/micromag/dwmtj/{{point}}.h5",
    log:
        f"logs/{CONFIG.scenario}/micromag/dwmtj/{{point}}.log",
    benchmark:
        f"logs/{CONFIG.scenario}/micromag/dwmtj/{{point}}.tsv"
    wildcard_constraints:
        point="|".join(map(re.escape, CURRENTS)),
    threads: THREADS
    params:
        engine=CONFIG.engine,
        temperature=CONFIG.temperature,
        device=CONFIG.dump("dwmtj"),
        protocol=CONFIG.dump("pulses", "current_densities"),
        current_density=lambda wildcards: CURRENTS[wildcards.point],
        seed=lambda wildcards: CONFIG.seed_for(f"dwmtj/{wildcards.point}"),
    message:
        "Pulses of {wildcards.point} on the domain-wall MTJ"
    script:
        "../scripts/simulate_pulses.py"


rule rest:
    output:
        f"{RESULTS}/micromag/dwmtj/rest.h5",
    log:
        f"logs/{CONFIG.scenario}/micromag/dwmtj/rest.log",
    benchmark:
        f"logs/{CONFIG.scenario}/micromag/dwmtj/rest.tsv"
    threads: THREADS
    params:
        engine=CONFIG.engine,
        temperature=CONFIG.temperature,
        device=CONFIG.dump("dwmtj"),
        protocol=CONFIG.dump("pulses", "current_densities"),
        current_density=None,
        seed=CONFIG.seed_for("dwmtj/rest"),
    message:
        "Levels of the domain-wall MTJ at rest"
    script:
        "../scripts/simulate_pulses.py"
