"""Networks, and the accelerator that runs them."""

NETWORKS = CONFIG.networks.chosen()
DATASETS = list(NETWORKS)


def network_settings(*without):
    """Settings of a network by wildcard, without those that the job does not read."""
    return lambda wildcards: NETWORKS[wildcards.dataset].model_dump(
        mode="json", exclude=set(without)
    )


rule network:
    input:
        models=f"{RESULTS}/compact_models.h5",
        files=lambda wildcards: NETWORKS[wildcards.dataset].files(),
    output:
        f"{RESULTS}/networks/{{dataset}}.h5",
    log:
        f"logs/{CONFIG.scenario}/networks/{{dataset}}.log",
    benchmark:
        f"logs/{CONFIG.scenario}/networks/{{dataset}}.tsv"
    wildcard_constraints:
        dataset="|".join(DATASETS),
    params:
        settings=network_settings("baselines"),
        seed=lambda wildcards: CONFIG.seed_for(f"networks/{wildcards.dataset}"),
    message:
        "Networks for {wildcards.dataset}"
    script:
        "../scripts/train_network.py"


rule baselines:
    input:
        lambda wildcards: NETWORKS[wildcards.dataset].data_files(),
    output:
        f"{RESULTS}/baselines/{{dataset}}.h5",
    log:
        f"logs/{CONFIG.scenario}/baselines/{{dataset}}.log",
    benchmark:
        f"logs/{CONFIG.scenario}/baselines/{{dataset}}.tsv"
    wildcard_constraints:
        dataset="|".join(DATASETS),
    params:
        settings=network_settings("start", "posterior"),
        data_seed=lambda wildcards: CONFIG.seed_for(f"networks/{wildcards.dataset}"),
        seed=lambda wildcards: CONFIG.seed_for(f"baselines/{wildcards.dataset}"),
    message:
        "Baselines for {wildcards.dataset}"
    script:
        "../scripts/train_baselines.py"


rule accelerator:
    input:
        models=f"{RESULTS}/compact_models.h5",
        networks=f"{RESULTS}/networks/{{dataset}}.h5",
        baselines=f"{RESULTS}/baselines/{{dataset}}.h5",
    output:
        f"{RESULTS}/accelerator/{{dataset}}.h5",
    log:
        f"logs/{CONFIG.scenario}/accelerator/{{dataset}}.log",
    benchmark:
        f"logs/{CONFIG.scenario}/accelerator/{{dataset}}.tsv"
    wildcard_constraints:
        dataset="|".join(DATASETS),
    params:
        data=lambda wildcards: network_settings()(wildcards)["data"],
        settings=CONFIG.dump("accelerator"),
        evaluation=CONFIG.dump("evaluation"),
        data_seed=lambda wildcards: CONFIG.seed_for(f"networks/{wildcards.dataset}"),
        seed=lambda wildcards: CONFIG.seed_for(f"accelerator/{wildcards.dataset}"),
    message:
        "Accelerator on {wildcards.dataset}"
    script:
        "../scripts/run_accelerator.py"
