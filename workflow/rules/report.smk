"""What a person looks at."""


rule report:
    input:
        unpack(needs("compact_models")),
        resolution=rules.resolution.output[0],
        models=expand(rules.fit.output, part=list(ENGINES)),
        accelerator=expand(f"{RESULTS}/accelerator/{{dataset}}.h5", dataset=DATASETS),
    output:
        page=f"{RESULTS}/report.html",
        overview=f"{RESULTS}/overview.svg",
    log:
        f"logs/{CONFIG.scenario}/report.log",
    benchmark:
        f"logs/{CONFIG.scenario}/report.tsv"
    conda:
        "../envs/spinbayes.yaml"
    params:
        scenario=CONFIG.scenario,
        configuration=CONFIG.model_dump(mode="json"),
        warnings=CONFIG.warnings(),
    message:
        "Report"
    script:
        "../scripts/make_report.py"
