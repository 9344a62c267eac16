"""What the rules take from the configuration's tasks: parameters, inputs, names, cores."""

# Where results lie, and the engine that makes them; the second of two has a folder of its own.
ENGINES = {"": "native", "oommf/": "oommf"} if CONFIG.engine == "both" else {"": CONFIG.engine}
TASKS = {part: tasks_of(CONFIG, engine) for part, engine in ENGINES.items()}


wildcard_constraints:
    part="(oommf/)?",  # an empty pattern would stand for any text


def points(rule):
    """Pattern of the last part of the names of a rule's tasks."""
    names = [Path(name).name for name, task in TASKS[""].items() if task.rule == rule]
    return "|".join(map(re.escape, names))


def task_at(pattern, wildcards):
    return TASKS[wildcards.get("part", "")][pattern.format(**dict(wildcards.items()))]


def params(pattern):
    """What the file of a task depends on beside its inputs."""

    def look_up(wildcards):
        task = task_at(pattern, wildcards)
        return {**task.params, "version": version_of(task.script)}

    return look_up


def needs(pattern):
    """Files that the file of a task is made from, by the name of the input."""

    def look_up(wildcards):
        root = f"{RESULTS}/{wildcards.get('part', '')}"
        return {
            key: (
                f"{root}{need}.h5" if isinstance(need, str) else [f"{root}{one}.h5" for one in need]
            )
            for key, need in task_at(pattern, wildcards).needs.items()
        }

    return look_up


def cores(wildcards):
    """OOMMF's replicas are processes, run side by side; an ensemble of the native engine runs in one thread."""
    engine = ENGINES[wildcards.get("part", "")]
    return (workflow.cores or 1) if engine == "oommf" else 1


def shared(wildcards):
    """A file that several batches of a study need."""
    return PLAN.shared[f"results/points/{wildcards.place}.h5"]
