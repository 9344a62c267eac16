"""Micromagnetic runs: a raw ensemble for each bias point."""


rule fluctuation:
    output:
        f"{RESULTS}/{{part}}micromag/smtj/{{point}}.h5",
    log:
        f"logs/{CONFIG.scenario}/{{part}}micromag/smtj/{{point}}.log",
    benchmark:
        f"logs/{CONFIG.scenario}/{{part}}micromag/smtj/{{point}}.tsv"
    wildcard_constraints:
        point=points("fluctuation"),
    conda:
        "../envs/magbayes.yaml"
    threads: cores
    params:
        task=params("micromag/smtj/{point}"),
    message:
        "Fluctuation of the stochastic MTJ at {wildcards.point} ({params.task[engine]})"
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
        "../envs/magbayes.yaml"
    threads: cores
    params:
        task=params("micromag/smtj/resolution"),
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
        point=points("pulse"),
    conda:
        "../envs/magbayes.yaml"
    threads: cores
    params:
        task=params("micromag/dwmtj/{point}"),
    message:
        "Pulses of {wildcards.point} on the domain-wall MTJ ({params.task[engine]})"
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
        "../envs/magbayes.yaml"
    threads: cores
    params:
        task=params("micromag/dwmtj/rest"),
    message:
        "Levels of the domain-wall MTJ at rest ({params.task[engine]})"
    script:
        "../scripts/simulate_pulses.py"


rule variation:
    output:
        f"{RESULTS}/{{part}}micromag/{{device}}/variation.h5",
    log:
        f"logs/{CONFIG.scenario}/{{part}}micromag/{{device}}/variation.log",
    benchmark:
        f"logs/{CONFIG.scenario}/{{part}}micromag/{{device}}/variation.tsv"
    wildcard_constraints:
        device="smtj|dwmtj",
    conda:
        "../envs/magbayes.yaml"
    threads: cores
    params:
        task=params("micromag/{device}/variation"),
    message:
        "Variation between devices, {wildcards.device} ({params.task[engine]})"
    script:
        "../scripts/simulate_variation.py"
