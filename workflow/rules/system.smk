"""Networks, and the accelerator that runs them."""

DATASETS = list(CONFIG.dump("networks"))


rule network:
    input:
        models=f"{RESULTS}/compact_models.h5",
    output:
        f"{RESULTS}/networks/{{dataset}}.h5",
    log:
        f"logs/{CONFIG.scenario}/networks/{{dataset}}.log",
    benchmark:
        f"logs/{CONFIG.scenario}/networks/{{dataset}}.tsv"
    wildcard_constraints:
        dataset="|".join(DATASETS),
    params:
        settings=lambda wildcards: CONFIG.dump("networks")[wildcards.dataset],
        seed=lambda wildcards: CONFIG.seed_for(f"networks/{wildcards.dataset}"),
    message:
        "Networks for {wildcards.dataset}"
    script:
        "../scripts/train_network.py"


rule accelerator:
    input:
        models=f"{RESULTS}/compact_models.h5",
        networks=f"{RESULTS}/networks/{{dataset}}.h5",
    output:
        f"{RESULTS}/accelerator/{{dataset}}.h5",
    log:
        f"logs/{CONFIG.scenario}/accelerator/{{dataset}}.log",
    benchmark:
        f"logs/{CONFIG.scenario}/accelerator/{{dataset}}.tsv"
    wildcard_constraints:
        dataset="|".join(DATASETS),
    params:
        settings=CONFIG.dump("accelerator"),
        data_seed=lambda wildcards: CONFIG.seed_for(f"networks/{wildcards.dataset}"),
        seed=lambda wildcards: CONFIG.seed_for(f"accelerator/{wildcards.dataset}"),
    message:
        "Accelerator on {wildcards.dataset}"
    script:
        "../scripts/run_accelerator.py"
