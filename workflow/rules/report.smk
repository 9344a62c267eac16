"""What a person looks at."""


rule report:
    input:
        fluctuations=rules.fit.input.fluctuations,
        pulses=rules.fit.input.pulses,
        rest=rules.fit.input.rest,
        resolution=rules.resolution.output[0],
        models=rules.fit.output[0],
        accelerator=expand(f"{RESULTS}/accelerator/{{dataset}}.h5", dataset=DATASETS),
    output:
        page=f"{RESULTS}/report.html",
        overview=f"{RESULTS}/overview.svg",
    log:
        f"logs/{CONFIG.scenario}/report.log",
    benchmark:
        f"logs/{CONFIG.scenario}/report.tsv"
    params:
        scenario=CONFIG.scenario,
        configuration=CONFIG.model_dump(mode="json"),
        warnings=CONFIG.warnings(),
    message:
        "Report"
    script:
        "../scripts/make_report.py"
