"""What a person looks at: the report of a scenario, and its folder."""


rule report:
    input:
        unpack(needs("report", ".html")),
    output:
        page=report(
            stored("report", ".html"),
            caption="../report/captions/page.rst",
            category="Report",
            labels={"scenario": WANTED.name, "what": "the whole report"},
        ),
        overview=report(
            stored("report", ".svg"),
            caption="../report/captions/overview.rst",
            category="Report",
            labels={"scenario": WANTED.name, "what": "overview"},
        ),
        figures=(
            directory(f"{store.FOLDER}/report/{{digest}}")
            if workflow.storage_settings.default_storage_provider
            else kept(f"{store.FOLDER}/report/{{digest}}/{WANTED.index}")
        ),
    log:
        "logs/store/report/{digest}.log",
    benchmark:
        "logs/store/report/{digest}.tsv"
    conda:
        "../envs/magbayes.yaml"
    params:
        task=task("report"),
        job=about("report"),
        benchmarks=WANTED.benchmarks,
    message:
        "Report"
    script:
        "../scripts/make_report.py"


rule view:
    input:
        [ancient(made(path)) for path in WANTED.files],
    output:
        [path for path in WANTED.links if path != f"{WANTED.folder}/figures"],
        directory(f"{WANTED.folder}/figures"),
        sentinel=WANTED.sentinel,
    log:
        f"logs/{WANTED.name}/view.log",
    conda:
        "../envs/magbayes.yaml"
    params:
        names=list(WANTED.view),
    message:
        f"Folder {WANTED.folder}"
    script:
        "../scripts/show_files.py"


localrules:
    view,
