"""Designs: rounds of proposals and of points that are tried, and what a person looks at. What no free parameter changes
is made by the rules of scenarios."""


rule proposals:
    input:
        lambda wildcards: [
            ancient(path) for one in WANTED.plan.before(wildcards.digest) for path in one.files
        ],
    output:
        stored("proposals"),
    log:
        "logs/store/proposals/{digest}.log",
    benchmark:
        "logs/store/proposals/{digest}.tsv"
    conda:
        "../envs/magbayes.yaml"
    params:
        design=WANTED.plan.header,
        base=WANTED.plan.base,
        size=lambda wildcards: len(WANTED.plan.round_of("proposals", wildcards.digest).tried),
        proposals=lambda wildcards: [one.proposals for one in WANTED.plan.before(wildcards.digest)],
        tried=lambda wildcards: [one.tried for one in WANTED.plan.before(wildcards.digest)],
        job=store.about(WANTED.name, scripted("propose_points")),
    message:
        f"Points to try next for the design {WANTED.name}"
    script:
        "../scripts/propose_points.py"


rule tried:
    input:
        proposals=lambda wildcards: ancient(
            WANTED.plan.round_of("tried", wildcards.digest).proposals
        ),
        shared=[ancient(path) for path in WANTED.plan.shared],
    output:
        stored("tried"),
    log:
        "logs/store/tried/{digest}.log",
    benchmark:
        "logs/store/tried/{digest}.tsv"
    conda:
        "../envs/magbayes.yaml"
    threads: (workflow.cores or 1) if WANTED.plan.base.get("engine") == "oommf" else 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
    params:
        design=WANTED.plan.header,
        base=WANTED.plan.base,
        slot=lambda wildcards: WANTED.plan.slot_of(wildcards.digest),
        job=store.about(WANTED.name, scripted("try_point")),
    message:
        f"A point of the design {WANTED.name}"
    script:
        "../scripts/try_point.py"


rule design_report:
    input:
        [ancient(path) for one in WANTED.plan.rounds for path in one.files],
    output:
        csv=report(
            stored("design", ".csv"),
            caption="../report/captions/table.rst",
            category="Design",
            labels={"design": WANTED.name, "what": "every point"},
        ),
        hdf5=stored("design"),
        chosen=stored("design", ".yaml"),
        figures=(
            directory(f"{store.FOLDER}/design/{{digest}}")
            if workflow.storage_settings.default_storage_provider
            else kept(f"{store.FOLDER}/design/{{digest}}/{WANTED.index}")
        ),
        page=report(
            stored("design", ".html"),
            caption="../report/captions/design.rst",
            category="Design",
            labels={"design": WANTED.name, "what": "the whole report"},
        ),
    log:
        "logs/store/design/{digest}.log",
    benchmark:
        "logs/store/design/{digest}.tsv"
    conda:
        "../envs/magbayes.yaml"
    params:
        design=WANTED.plan.header,
        values=WANTED.plan.own,
        proposals=[one.proposals for one in WANTED.plan.rounds],
        tried=[one.tried for one in WANTED.plan.rounds],
        job=store.about(WANTED.name, scripted("make_design")),
    message:
        f"Table, report and chosen device of the design {WANTED.name}"
    script:
        "../scripts/make_design.py"


rule design:
    input:
        [ancient(made(path)) for path in WANTED.files],
    output:
        [path for path in WANTED.links if path != f"{WANTED.folder}/figures"],
        directory(f"{WANTED.folder}/figures"),
        sentinel=WANTED.sentinel,
    log:
        f"logs/designs/{WANTED.name}/view.log",
    conda:
        "../envs/magbayes.yaml"
    params:
        names=list(WANTED.view),
    message:
        f"Folder {WANTED.folder}"
    script:
        "../scripts/show_files.py"


localrules:
    design,
    proposals,
