"""What a person looks at."""


rule report:
    input:
        unpack(needs("compact_models")),
        resolution=rules.resolution.output[0],
        models=[f"{RESULTS}/{part}compact_models.h5" for part in ENGINES],
        accelerator=[f"{RESULTS}/accelerator/{dataset}.h5" for dataset in DATASETS],
    output:
        page=report(
            f"{RESULTS}/report.html",
            caption="../report/page.rst",
            category="Report",
            labels={"scenario": CONFIG.scenario, "what": "the whole report"},
        ),
        overview=report(
            f"{RESULTS}/overview.svg",
            caption="../report/overview.rst",
            category="Report",
            labels={"scenario": CONFIG.scenario, "what": "overview"},
        ),
    log:
        f"logs/{CONFIG.scenario}/report.log",
    benchmark:
        f"logs/{CONFIG.scenario}/report.tsv"
    conda:
        "../envs/magbayes.yaml"
    params:
        scenario=CONFIG.scenario,
        configuration=CONFIG.model_dump(mode="json"),
        warnings=CONFIG.warnings(),
        logs=f"logs/{CONFIG.scenario}",
        # Asked for only where the job is: every job reads the rules anew.
        version=lambda wildcards: version_of_page("make_report"),
    message:
        "Report"
    script:
        "../scripts/make_report.py"
