"""How long a run will take: what its jobs have to do, by what jobs of their kind took here, or on our own machine."""

from __future__ import annotations

import contextlib
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple

from magbayes.workflow.amount import amount_of, kind_of
from magbayes.workflow.terminal import say

if TYPE_CHECKING:
    from magbayes.workflow.tasks import Task
    from magbayes.workflow.wanted import Wanted

TIMES = Path("logs/times.tsv")
"""Kind, amount and time in s of every job that was done in this folder, a line each."""

LONG = 24 * 3600.0
"""Time in s of a run that is warned of."""

RECENT = 200
"""Last jobs of a kind that count."""


class Amount(NamedTuple):
    """Jobs of one kind."""

    kind: str
    jobs: int
    amount: float


def record(rule: str, tasks: Sequence[Mapping[str, Any]], seconds: float) -> None:
    """Note what a job took for tasks of one kind, given by their parameters, for the forecasts of others.

    Their files are made, and do not depend on that.
    """
    amount = sum(amount_of(rule, params) for params in tasks)
    line = f"{kind_of(rule, tasks[0])}\t{amount:.6g}\t{seconds:.3f}\n"
    with contextlib.suppress(OSError):
        TIMES.parent.mkdir(parents=True, exist_ok=True)
        # A short line is appended whole, also where several jobs do.
        with TIMES.open("a", encoding="utf-8") as file:
            file.write(line)


@cache
def _shipped() -> dict[str, Any]:
    from magbayes.data import cited

    return cited.load("rates", "cpu")


def shipped_rates() -> dict[str, float]:
    """Seconds for an amount of 1, by kind of job, where none has run in this folder: estimates."""
    return {str(kind): float(rate) for kind, rate in _shipped()["seconds"].items()}


def start_up() -> float:
    """Seconds that any job takes before it begins: imports, and the compilation of what is new."""
    return float(_shipped()["start"])


def rates() -> dict[str, float]:
    """Seconds for an amount of 1, by kind of job: the median of recent jobs in this folder, else the shipped ones."""
    measured: dict[str, list[float]] = defaultdict(list)
    with contextlib.suppress(OSError):
        for line in TIMES.read_text(encoding="utf-8", errors="replace").splitlines():
            # The end of a line may be lost with a disk, and a job that had nothing to do tells no rate.
            with contextlib.suppress(ValueError, ZeroDivisionError):
                kind, amount, seconds = line.split("\t")
                # Of a short job hardly more than its start is known.
                working = max(float(seconds) - start_up(), 0.1 * float(seconds))
                rate = working / float(amount)
                measured[kind].append(rate)
    return shipped_rates() | {kind: median(values[-RECENT:]) for kind, values in measured.items()}


def rate_of(kind: str, known: Mapping[str, float]) -> float | None:
    """Rate of a kind; of a data set that was never seen, the median of its rule's."""
    if kind in known:
        return known[kind]
    rule = kind.split("/")[0]
    alike = [rate for name, rate in known.items() if name.split("/")[0] == rule]
    return median(alike) if alike else None


def amounts(jobs: Iterable[Sequence[Task]]) -> list[Amount]:
    """What jobs have to do, given the tasks of each, by kind, in the order in which kinds first appear."""
    totals: dict[str, Amount] = {}
    for tasks in jobs:
        kind = kind_of(tasks[0].rule, tasks[0].params)
        before = totals.get(kind, Amount(kind, 0, 0.0))
        amount = sum(amount_of(task.rule, task.params) for task in tasks)
        totals[kind] = Amount(kind, before.jobs + 1, before.amount + amount)
    return list(totals.values())


def remaining(tasks: Mapping[str, Task], missing: Sequence[Sequence[str]]) -> dict[str, float]:
    """Seconds from the start of each missing task's job to the end of all that waits for it, if every core were free.

    `missing` names the tasks of each job, a job after those that it needs. A task of unknown time takes none beside its
    job's start.
    """
    known, after, times = rates(), defaultdict[str, float](float), dict[str, float]()
    for names in reversed(missing):
        seconds = start_up() + max(after[name] for name in names)
        for task in (tasks[name] for name in names):
            rate = rate_of(kind_of(task.rule, task.params), known) or 0.0
            seconds += rate * amount_of(task.rule, task.params)
        for name in names:
            times[name] = seconds
            for need in tasks[name].needed():
                after[need] = max(after[need], seconds)
    return times


def in_words(seconds: float) -> str:
    """A time for a person."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 100 * 3600:
        return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
    days = seconds / 86400
    return f"{seconds / 3600:.4g} h ({f'{days:.0f} days' if days < 730 else f'{days / 365:.3g} years'})"


def seconds_of(missing: Sequence[Amount]) -> list[float | None]:
    """Time in s that the jobs of each kind take on one core; None where nothing is known of it."""
    known = rates()
    found = [(jobs, amount, rate_of(kind, known)) for kind, jobs, amount in missing]
    return [None if rate is None else jobs * start_up() + rate * amount for jobs, amount, rate in found]


def _cores(count: int) -> str:
    return "1 core" if count == 1 else f"{count} cores"


def explain(reused: int, missing: Sequence[Amount], cores: int) -> str:
    """What a run would do, what it finds done, and about how long it would take on so many cores."""
    lines = [f"{reused} files are in the store and reused" if reused else "no file is in the store yet"]
    if not missing:
        return f"{lines[0]}; nothing is to be simulated, fitted, trained or evaluated"
    times = seconds_of(missing)
    for (kind, jobs, _), seconds in zip(missing, times, strict=True):
        lines.append(f"  {jobs:6d} {kind}: {'time unknown' if seconds is None else in_words(seconds)}")
    unknown = sum(amount.jobs for amount, seconds in zip(missing, times, strict=True) if seconds is None)
    whose = "by earlier runs here" if TIMES.is_file() else "by the rates of data/rates/cpu.yaml"
    rest = f"; {unknown} jobs of unknown time are not in it" if unknown else ""
    lines.append(f"  about {in_words(sum(filter(None, times)) / cores)} on {_cores(cores)}, {whose}{rest}")
    return "\n".join(lines)


def warning_of(missing: Sequence[Amount], cores: int) -> str:
    """What is said before the first job of a run that takes longer than `LONG`; empty of a shorter one."""
    seconds = sum(filter(None, seconds_of(missing))) / cores
    if seconds <= LONG:
        return ""
    return f"this run takes about {in_words(seconds)} on {_cores(cores)}; which jobs do: the same command with -n"


def say_before_the_first_job(workflow: Any, wanted: Wanted) -> None:
    """Say what has changed, that a run takes longer than a person waits for, and what its results can tell."""
    for line in wanted.changed():
        print(line, file=sys.stderr)
    if warning := warning_of(wanted.missing(), workflow.cores or 1):
        print(warning, file=sys.stderr)
    if lines := wanted.foreseen():
        print("\n".join(lines), file=sys.stderr)


def explain_dry_run(workflow: Any, wanted: Wanted, folder: Path) -> None:
    """Print what a dry run in a folder would do, which Snakemake has left when it says that it was one."""
    if workflow.dryrun:
        with contextlib.chdir(folder):
            lines = [explain(wanted.reused(), wanted.missing(), workflow.cores or 1)]
            say("\n".join([*wanted.changed(), *lines, *wanted.foreseen()]))


def seconds_in(path: Path) -> float | None:
    """Time in a benchmark of Snakemake; None if it is not whole, as on a full disk."""
    try:
        header, *rows = path.read_text(encoding="utf-8").splitlines()
        column = header.split("\t").index("s")
        return sum(float(row.split("\t")[column]) for row in rows)
    except (OSError, ValueError, IndexError):
        return None
