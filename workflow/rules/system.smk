"""Networks, and the accelerator that runs them."""

DATASETS = list(CONFIG.networks.selected())


rule network:
    input:
        unpack(needs("networks/{dataset}")),
    output:
        f"{RESULTS}/networks/{{dataset}}.h5",
    log:
        f"logs/{CONFIG.scenario}/networks/{{dataset}}.log",
    benchmark:
        f"logs/{CONFIG.scenario}/networks/{{dataset}}.tsv"
    wildcard_constraints:
        dataset="|".join(DATASETS),
    conda:
        "../envs/magbayes.yaml"
    params:
        task=params("networks/{dataset}"),
    message:
        "Networks for {wildcards.dataset}"
    script:
        "../scripts/train_network.py"


rule baselines:
    output:
        f"{RESULTS}/baselines/{{dataset}}.h5",
    log:
        f"logs/{CONFIG.scenario}/baselines/{{dataset}}.log",
    benchmark:
        f"logs/{CONFIG.scenario}/baselines/{{dataset}}.tsv"
    wildcard_constraints:
        dataset="|".join(DATASETS),
    conda:
        "../envs/magbayes.yaml"
    params:
        task=params("baselines/{dataset}"),
    message:
        "Baselines for {wildcards.dataset}"
    script:
        "../scripts/train_baselines.py"


rule accelerator:
    input:
        unpack(needs("accelerator/{dataset}")),
    output:
        f"{RESULTS}/accelerator/{{dataset}}.h5",
    log:
        f"logs/{CONFIG.scenario}/accelerator/{{dataset}}.log",
    benchmark:
        f"logs/{CONFIG.scenario}/accelerator/{{dataset}}.tsv"
    wildcard_constraints:
        dataset="|".join(DATASETS),
    conda:
        "../envs/magbayes.yaml"
    params:
        task=params("accelerator/{dataset}"),
    message:
        "Accelerator on {wildcards.dataset}"
    script:
        "../scripts/run_accelerator.py"
