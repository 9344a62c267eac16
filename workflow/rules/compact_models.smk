"""Compact models: what the raw ensembles say, with its uncertainty."""


rule fit:
    input:
        unpack(needs("compact_models")),
    output:
        f"{RESULTS}/{{part}}compact_models.h5",
    log:
        f"logs/{CONFIG.scenario}/{{part}}compact_models.log",
    benchmark:
        f"logs/{CONFIG.scenario}/{{part}}compact_models.tsv"
    conda:
        "../envs/magbayes.yaml"
    params:
        task=params("compact_models"),
    message:
        "Compact models"
    script:
        "../scripts/fit_compact_models.py"
