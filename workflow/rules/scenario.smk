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
        [ancient(path) for path in WANTED.files],
    output:
        WANTED.links,
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
