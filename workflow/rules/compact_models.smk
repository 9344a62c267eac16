"""Compact models: what the raw ensembles say, or the data sheets of measured devices, with its uncertainty."""


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


rule measured:
    output:
        stored("measured"),
    log:
        "logs/store/measured/{digest}.log",
    benchmark:
        "logs/store/measured/{digest}.tsv"
    priority: urgency("measured")
    conda:
        "../envs/magbayes.yaml"
    params:
        task=task("measured"),
        job=about("measured"),
    message:
        "Compact models of measured devices"
    script:
        "../scripts/import_compact_models.py"
