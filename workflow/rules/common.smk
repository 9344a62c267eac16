"""What the rules know of the files that they make: every file is a job, named by its path in the store."""

from snakemake.logging import logger


wildcard_constraints:
    digest="[0-9a-f]{2}/[0-9a-f]{32}",


def kept(path):
    """An output that stays until the new file takes its place, and if the job fails: Snakemake deletes others first."""
    return path if workflow.storage_settings.default_storage_provider else update(path)


def made(path):
    """Output that stands for a path of the store; of a folder it is an index in it, since Snakemake deletes whole folders,
    with what a person has put there."""
    whole = Path(path).suffix or workflow.storage_settings.default_storage_provider
    return path if whole else f"{path}/{WANTED.index}"


# Where a job has failed whose outputs were not there before, nothing is to be restored, and nothing to be said of it.
logger.addFilter(lambda record: "no backup found" not in record.getMessage())


def stored(rule, suffix=".h5"):
    """Pattern of the files of a rule."""
    return kept(f"{store.FOLDER}/{rule}/{{digest}}{suffix}")


def job_of(rule):
    """What the file of a job is made from, and how, by the digest in its name."""
    return lambda wildcards: WANTED.jobs[f"{rule}/{wildcards.digest}"]


def needs(rule, suffix=".h5"):
    """Inputs of a job by name. Files are named after what they are made from, so that no age of them counts.

    A file that is there does not want what it was made from back: what of it was lost, `all` wants by itself.
    """

    def inputs(wildcards):
        exists = Path(stored(rule, suffix).format(digest=wildcards.digest)).exists()
        files = job_of(rule)(wildcards)["inputs"]
        lists = {
            name: [paths] if isinstance(paths, str) else paths for name, paths in files.items()
        }
        there = {
            name: [p for p in paths if not exists or Path(p).exists()]
            for name, paths in lists.items()
        }
        return {
            name: ancient(paths[0] if isinstance(files[name], str) else paths)
            for name, paths in there.items()
            if paths
        }

    return inputs


def task(rule):
    """What the file of a job depends on beside its inputs."""
    return lambda wildcards: job_of(rule)(wildcards)["task"]


def about(rule):
    """What a job is called in its scenario, and the code that its file is named after."""
    return lambda wildcards: job_of(rule)(wildcards)["about"]


def about_all(keys):
    """The same of tasks that share a job, and so their code."""
    first, *others = (WANTED.jobs[key]["about"] for key in keys)
    name = f"{first['name']} and {len(others)} more" if others else first["name"]
    return first | {"name": name}


# OOMMF's replicas are processes, run side by side; an ensemble of the native engine runs in one thread.
def cores_of(key):
    return (workflow.cores or 1) if WANTED.jobs[key]["task"].get("engine") == "oommf" else 1


def cores(rule):
    return lambda wildcards: cores_of(f"{rule}/{wildcards.digest}")


def urgency_of(keys):
    """What most of the run waits for comes first, so that no core idles at its end beside one long job."""

    def priority(_):
        # A job of its own process has nothing to be put before.
        known = WANTED.urgency if workflow.is_main_process else {}
        return max(known.get(key, 0) for key in keys)

    return priority


def urgency(rule):
    return lambda wildcards: urgency_of([f"{rule}/{wildcards.digest}"])(wildcards)
