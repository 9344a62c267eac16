"""Studies: what several batches of points need, the batches, and what a person looks at."""

# As for a scenario: OOMMF's replicas are processes.
CORES = (workflow.cores or 1) if PLAN.base.get("engine") == "oommf" else 1


rule shared:
    input:
        unpack(lambda wildcards: shared(wildcards)["needs"]),
    output:
        "results/points/{place}.h5",
    log:
        "logs/points/{place}.log",
    benchmark:
        "logs/points/{place}.tsv"
    wildcard_constraints:
        place="(?!batch/).+/[0-9a-f]{2}/[0-9a-f]{32}",
    conda:
        "../envs/magbayes.yaml"
    threads: CORES
    params:
        name=lambda wildcards: shared(wildcards)["name"],
        task=lambda wildcards: shared(wildcards)["task"],
    message:
        "{params.name}, which several batches need"
    script:
        "../scripts/make_shared.py"


rule points:
    input:
        lambda wildcards: PLAN.made[wildcards.batch],
    output:
        "results/points/batch/{batch}.h5",
    log:
        "logs/points/batch/{batch}.log",
    benchmark:
        "logs/points/batch/{batch}.tsv"
    wildcard_constraints:
        batch="[0-9a-f]{32}",
    conda:
        "../envs/magbayes.yaml"
    threads: CORES
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        # Ten minutes are twice what a point of the default configuration takes.
        runtime=lambda wildcards, attempt: attempt * (30 + 10 * len(PLAN.batches[wildcards.batch])),
    params:
        base=PLAN.base,
        points=lambda wildcards: [PLAN.points[i] for i in PLAN.batches[wildcards.batch]],
        collect=PLAN.collect,
        version=lambda wildcards: version_of("run_points"),
        times=lambda wildcards: f"logs/points/batch/{wildcards.batch}.times.tsv",
    message:
        "Points of the study {PLAN.study}"
    script:
        "../scripts/run_points.py"


rule study_report:
    input:
        batches=[batch_path(batch) for batch in PLAN.batches],
    output:
        csv=report(
            f"{PLAN.folder}/table.csv",
            caption="../report/table.rst",
            category="Study",
            labels={"study": PLAN.study, "what": "every point"},
        ),
        hdf5=f"{PLAN.folder}/table.h5",
        figures=directory(f"{PLAN.folder}/figures"),
        page=report(
            f"{PLAN.folder}/report.html",
            caption="../report/study.rst",
            category="Study",
            labels={"study": PLAN.study, "what": "the whole report"},
        ),
    log:
        f"logs/studies/{PLAN.study}/report.log",
    benchmark:
        f"logs/studies/{PLAN.study}/report.tsv"
    conda:
        "../envs/magbayes.yaml"
    params:
        study=PLAN.header,
        points=PLAN.points,
        numbers=list(PLAN.batches.values()),
        version=lambda wildcards: version_of_page("make_study"),
    message:
        "Table and report of the study {PLAN.study}"
    script:
        "../scripts/make_study.py"


rule study:
    input:
        rules.study_report.output,


localrules:
    study,
