"""Designs: rounds of proposals and of points that are tried, and what a person looks at. What no free parameter changes
is made by the rules of scenarios."""

PLAN = WANTED.plan


def files_of(part):
    return [ancient(path) for one in part for path in [one.proposals, *one.tried]]


def round_of(wildcards):
    return PLAN.by_proposals[f"proposals/{wildcards.digest}"]


def place_of(wildcards):
    return PLAN.by_tried[f"tried/{wildcards.digest}"]


rule proposals:
    input:
        lambda wildcards: files_of(PLAN.before(round_of(wildcards).number)),
    output:
        stored("proposals"),
    log:
        "logs/store/proposals/{digest}.log",
    benchmark:
        "logs/store/proposals/{digest}.tsv"
    conda:
        "../envs/magbayes.yaml"
    params:
        design=PLAN.header,
        base=PLAN.base,
        size=lambda wildcards: len(round_of(wildcards).tried),
        proposals=lambda wildcards: [
            one.proposals for one in PLAN.before(round_of(wildcards).number)
        ],
        tried=lambda wildcards: [one.tried for one in PLAN.before(round_of(wildcards).number)],
        job=store.about(WANTED.name, scripted("propose_points")),
    message:
        f"Points to try next for the design {WANTED.name}"
    script:
        "../scripts/propose_points.py"


rule tried:
    input:
        proposals=lambda wildcards: ancient(place_of(wildcards)[0].proposals),
        shared=[ancient(path) for path in PLAN.shared],
    output:
        stored("tried"),
    log:
        "logs/store/tried/{digest}.log",
    benchmark:
        "logs/store/tried/{digest}.tsv"
    conda:
        "../envs/magbayes.yaml"
    threads: (workflow.cores or 1) if PLAN.base.get("engine") == "oommf" else 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
    params:
        design=PLAN.header,
        base=PLAN.base,
        slot=lambda wildcards: place_of(wildcards)[1],
        job=store.about(WANTED.name, scripted("try_point")),
    message:
        f"A point of the design {WANTED.name}"
    script:
        "../scripts/try_point.py"


rule design_report:
    input:
        files_of(PLAN.rounds),
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
        design=PLAN.header,
        values=PLAN.own,
        proposals=[one.proposals for one in PLAN.rounds],
        tried=[one.tried for one in PLAN.rounds],
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
