"""Micromagnetic runs: a raw ensemble for each bias point."""


rule fluctuation:
    output:
        stored("fluctuation"),
    log:
        "logs/store/fluctuation/{digest}.log",
    benchmark:
        "logs/store/fluctuation/{digest}.tsv"
    priority: urgency("fluctuation")
    conda:
        "../envs/magbayes.yaml"
    threads: cores("fluctuation")
    params:
        task=task("fluctuation"),
        job=about("fluctuation"),
    message:
        "Fluctuation of the stochastic MTJ: {params.job[name]} ({params.task[engine]})"
    script:
        "../scripts/simulate_fluctuation.py"


rule resolution:
    output:
        stored("resolution"),
    log:
        "logs/store/resolution/{digest}.log",
    benchmark:
        "logs/store/resolution/{digest}.tsv"
    priority: urgency("resolution")
    conda:
        "../envs/magbayes.yaml"
    threads: cores("resolution")
    params:
        task=task("resolution"),
        job=about("resolution"),
    message:
        "Cell size and time step of the stochastic MTJ ({params.task[engine]})"
    script:
        "../scripts/simulate_resolution.py"


rule pulse:
    output:
        stored("pulse"),
    log:
        "logs/store/pulse/{digest}.log",
    benchmark:
        "logs/store/pulse/{digest}.tsv"
    priority: urgency("pulse")
    conda:
        "../envs/magbayes.yaml"
    threads: cores("pulse")
    params:
        task=task("pulse"),
        job=about("pulse"),
    message:
        "Pulses on the domain-wall MTJ: {params.job[name]} ({params.task[engine]})"
    script:
        "../scripts/simulate_pulses.py"


rule rest:
    output:
        stored("rest"),
    log:
        "logs/store/rest/{digest}.log",
    benchmark:
        "logs/store/rest/{digest}.tsv"
    priority: urgency("rest")
    conda:
        "../envs/magbayes.yaml"
    threads: cores("rest")
    params:
        task=task("rest"),
        job=about("rest"),
    message:
        "Levels of the domain-wall MTJ at rest ({params.task[engine]})"
    script:
        "../scripts/simulate_pulses.py"


rule retention:
    output:
        stored("retention"),
    log:
        "logs/store/retention/{digest}.log",
    benchmark:
        "logs/store/retention/{digest}.tsv"
    priority: urgency("retention")
    conda:
        "../envs/magbayes.yaml"
    params:
        task=task("retention"),
        job=about("retention"),
    message:
        "Barriers between the notches of the domain-wall MTJ"
    script:
        "../scripts/simulate_retention.py"


rule variation:
    output:
        stored("variation"),
    log:
        "logs/store/variation/{digest}.log",
    benchmark:
        "logs/store/variation/{digest}.tsv"
    priority: urgency("variation")
    conda:
        "../envs/magbayes.yaml"
    threads: cores("variation")
    params:
        task=task("variation"),
        job=about("variation"),
    message:
        "Variation between devices: {params.job[name]} ({params.task[engine]})"
    script:
        "../scripts/simulate_variation.py"
