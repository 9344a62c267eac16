"""Networks, and the accelerator that runs them."""


rule network:
    input:
        unpack(needs("network")),
    output:
        stored("network"),
    log:
        "logs/store/network/{digest}.log",
    benchmark:
        "logs/store/network/{digest}.tsv"
    priority: urgency("network")
    conda:
        "../envs/magbayes.yaml"
    params:
        task=task("network"),
        job=about("network"),
    message:
        "Networks for {params.task[dataset]}"
    script:
        "../scripts/train_network.py"


rule baselines:
    input:
        unpack(needs("baselines")),
    output:
        stored("baselines"),
    log:
        "logs/store/baselines/{digest}.log",
    benchmark:
        "logs/store/baselines/{digest}.tsv"
    priority: urgency("baselines")
    conda:
        "../envs/magbayes.yaml"
    params:
        task=task("baselines"),
        job=about("baselines"),
    message:
        "Baselines for {params.task[dataset]}"
    script:
        "../scripts/train_baselines.py"


rule accelerator:
    input:
        unpack(needs("accelerator")),
    output:
        stored("accelerator"),
    log:
        "logs/store/accelerator/{digest}.log",
    benchmark:
        "logs/store/accelerator/{digest}.tsv"
    priority: urgency("accelerator")
    conda:
        "../envs/magbayes.yaml"
    params:
        task=task("accelerator"),
        job=about("accelerator"),
    message:
        "Accelerator on {params.task[dataset]}"
    script:
        "../scripts/run_accelerator.py"
