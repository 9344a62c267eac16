"""Studies: batches of points, and what a person looks at. What several batches need is made by the rules of scenarios."""


rule points:
    input:
        lambda wildcards: [
            ancient(path) for path in WANTED.plan.inputs[Path(wildcards.digest).name]
        ],
    output:
        stored("points"),
    log:
        "logs/store/points/{digest}.log",
    benchmark:
        "logs/store/points/{digest}.tsv"
    conda:
        "../envs/magbayes.yaml"
    threads: (workflow.cores or 1) if WANTED.plan.base.get("engine") == "oommf" else 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        # Ten minutes are twice what a point of the default configuration takes.
        runtime=lambda wildcards, attempt: attempt
        * (30 + 10 * len(WANTED.plan.batches[Path(wildcards.digest).name])),
    params:
        base=WANTED.plan.base,
        points=lambda wildcards: [
            WANTED.plan.points[numbers[0]]
            for numbers in WANTED.plan.batches[Path(wildcards.digest).name]
        ],
        collect=WANTED.plan.collect,
        job=store.about(WANTED.name, scripted("run_points")),
    message:
        f"Points of the study {WANTED.plan.study}"
    script:
        "../scripts/run_points.py"


rule study_report:
    input:
        batches=[ancient(path) for path in WANTED.batches],
    output:
        csv=report(
            stored("study", ".csv"),
            caption="../report/captions/table.rst",
            category="Study",
            labels={"study": WANTED.plan.study, "what": "every point"},
        ),
        hdf5=stored("study"),
        figures=(
            directory(f"{store.FOLDER}/study/{{digest}}")
            if workflow.storage_settings.default_storage_provider
            else kept(f"{store.FOLDER}/study/{{digest}}/{WANTED.index}")
        ),
        page=report(
            stored("study", ".html"),
            caption="../report/captions/study.rst",
            category="Study",
            labels={"study": WANTED.plan.study, "what": "the whole report"},
        ),
    log:
        "logs/store/study/{digest}.log",
    benchmark:
        "logs/store/study/{digest}.tsv"
    conda:
        "../envs/magbayes.yaml"
    params:
        study=WANTED.plan.header,
        base=WANTED.plan.base,
        points=WANTED.plan.points,
        reference=WANTED.plan.reference,
        numbers=list(WANTED.plan.batches.values()),
        job=store.about(WANTED.name, scripted("make_study")),
    message:
        f"Table and report of the study {WANTED.plan.study}"
    script:
        "../scripts/make_study.py"


rule study:
    input:
        [ancient(made(path)) for path in WANTED.files],
    output:
        [path for path in WANTED.links if path != f"{WANTED.folder}/figures"],
        directory(f"{WANTED.folder}/figures"),
        sentinel=WANTED.sentinel,
    log:
        f"logs/studies/{WANTED.plan.study}/view.log",
    conda:
        "../envs/magbayes.yaml"
    params:
        names=list(WANTED.view),
    message:
        f"Folder {WANTED.folder}"
    script:
        "../scripts/show_files.py"


localrules:
    study,
