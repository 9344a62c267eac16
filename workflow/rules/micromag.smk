"""Micromagnetic runs: a raw ensemble for each bias point. Those that differ in voltage or current alone share a job."""

for number, keys in enumerate(WANTED.jobs_of("fluctuation"), 1):

    rule:
        name:
            f"fluctuation_{number}"
        output:
            [kept(f"{store.FOLDER}/{key}.h5") for key in keys],
        log:
            f"logs/store/{keys[0]}.log",
        benchmark:
            f"logs/store/{keys[0]}.tsv"
        priority: urgency_of(keys)
        conda:
            "../envs/magbayes.yaml"
        threads: cores_of(keys[0])
        params:
            rule="fluctuation",
            tasks=[WANTED.jobs[key]["task"] for key in keys],
            job=about_all(keys),
        message:
            "Fluctuation of the stochastic MTJ: {params.job[name]} ({params.tasks[0][engine]})"
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


for number, keys in enumerate(WANTED.jobs_of("pulse"), 1):

    rule:
        name:
            f"pulse_{number}"
        output:
            [kept(f"{store.FOLDER}/{key}.h5") for key in keys],
        log:
            f"logs/store/{keys[0]}.log",
        benchmark:
            f"logs/store/{keys[0]}.tsv"
        priority: urgency_of(keys)
        conda:
            "../envs/magbayes.yaml"
        threads: cores_of(keys[0])
        params:
            rule="pulse",
            tasks=[WANTED.jobs[key]["task"] for key in keys],
            job=about_all(keys),
        message:
            "Pulses on the domain-wall MTJ: {params.job[name]} ({params.tasks[0][engine]})"
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


rule track_resolution:
    output:
        stored("track_resolution"),
    log:
        "logs/store/track_resolution/{digest}.log",
    benchmark:
        "logs/store/track_resolution/{digest}.tsv"
    priority: urgency("track_resolution")
    conda:
        "../envs/magbayes.yaml"
    threads: cores("track_resolution")
    params:
        task=task("track_resolution"),
        job=about("track_resolution"),
    message:
        "Cell size of the domain-wall MTJ ({params.task[engine]})"
    script:
        "../scripts/simulate_track_resolution.py"


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
