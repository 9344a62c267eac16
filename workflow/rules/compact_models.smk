"""Compact models: what the raw ensembles say, with its uncertainty."""


rule fit:
    input:
        unpack(needs("fit")),
    output:
        stored("fit"),
    log:
        "logs/store/fit/{digest}.log",
    benchmark:
        "logs/store/fit/{digest}.tsv"
    priority: urgency("fit")
    conda:
        "../envs/magbayes.yaml"
    params:
        task=task("fit"),
        job=about("fit"),
    message:
        "Compact models"
    script:
        "../scripts/fit_compact_models.py"
