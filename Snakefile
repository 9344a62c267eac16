"""From the physics of two spintronic devices to a Bayesian neural network accelerator."""

import atexit
import re
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.utils import min_version

min_version("9.0")

HOME = Path(workflow.basedir) / "workflow"
sys.path.insert(0, str(HOME / "scripts"))

import guard
import waiting
from configuration import ConfigurationError, validate
from plan import batch_path, load_plan, refuse_other_keys
from tasks import tasks_of
from versions import version_of, version_of_page


configfile: str(HOME / "config" / "default.yaml")


STUDY = config.pop("study", None)

try:
    if workflow.is_main_process:
        guard.require_writable(Path.cwd())
    CONFIG = validate(config)
    if STUDY:
        refuse_other_keys(CONFIG)
        PLAN = load_plan(STUDY)
except (ConfigurationError, guard.NotWritableError) as error:
    raise WorkflowError(str(error)) from None

RESULTS = f"results/{CONFIG.scenario}"


include: "workflow/rules/common.smk"
include: "workflow/rules/micromag.smk"
include: "workflow/rules/compact_models.smk"
include: "workflow/rules/system.smk"
include: "workflow/rules/report.smk"


if STUDY:

    include: "workflow/rules/study.smk"


onstart:
    try:
        guard.take(Path.cwd())
    except guard.FolderInUseError as error:
        raise WorkflowError(str(error)) from None


onsuccess:
    print(waiting.summary(Path(PLAN.folder if STUDY else RESULTS), DATASETS))


if workflow.is_main_process:
    atexit.register(waiting.explain_dry_run, workflow, PLAN.missing() if STUDY else {})


localrules:
    all,


rule all:
    default_target: True
    input:
        f"{RESULTS}/report.html",
