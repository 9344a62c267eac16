"""What Snakemake says while it runs: short reasons, and a line on what runs and what remains."""

from __future__ import annotations

import atexit
import contextlib
import logging
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from snakemake.logging import logger
from snakemake_interface_logger_plugins.common import LogEvent

from magbayes.workflow.amount import amount_of, kind_of
from magbayes.workflow.changes import some
from magbayes.workflow.forecast import explain_dry_run, in_words, rate_of, rates, start_up
from magbayes.workflow.store import FOLDER
from magbayes.workflow.wanted import key_of

if TYPE_CHECKING:
    from magbayes.workflow.wanted import Wanted

NAMED = 3
"""Files that a reason or a list names; of more, how many there are."""

_PARAMS = re.compile(r"(Params have changed since last execution): .*?(?=; Software environment|$)", re.DOTALL)
"""Snakemake's parameters before and now, whole: tables of costs among them."""


def short(reason: str) -> str:
    """A reason of Snakemake's for a job, without parameters and with the first files of each list."""
    parts = _PARAMS.sub(r"\1", reason).split("; ")
    lists = (part.partition(": ") for part in parts)
    return "; ".join(f"{head}{colon}{some(sorted(files.split(', ')), NAMED)}" for head, colon, files in lists)


class Progress(logging.Filter):
    """Filter of Snakemake's log: nothing is left out, and reasons and lists of files are cut.

    In place of "Execute 1 jobs..." stands what runs and what remains.
    """

    def __init__(self, workflow: Any, wanted: Wanted) -> None:
        super().__init__()
        self._workflow, self._wanted = workflow, wanted
        self._started: dict[int, float] = {}
        self._finished: set[int] = set()
        self._jobs: dict[int, Any] = {}
        self._rates: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Shorten a record, or put the line on what remains into it."""
        # Another version of Snakemake may keep other notes, and what a person is told must not end a run.
        with contextlib.suppress(Exception):
            self._tell(record)
        return True

    def _tell(self, record: logging.LogRecord) -> None:
        event = getattr(record, "event", None)
        if event == LogEvent.JOB_INFO:
            _shorten(record)
        elif event == LogEvent.JOB_FINISHED:
            self._finished.add(record.__dict__["job_id"])
        elif event == LogEvent.JOB_STARTED:
            self._started |= dict.fromkeys(record.__dict__["jobs"], time.monotonic())
            record.msg = self._line()

    def _line(self) -> str:
        """What runs and what remains."""
        dag = self._workflow.dag
        self._jobs |= {dag.jobid(job): job for job in dag.needrun_jobs()}  # jobs that are done are not among them
        running = [job.message or job.rule.name for number, job in self._jobs.items() if self._runs(number)]
        done = len(self._finished & self._jobs.keys())
        return f"{done} of {len(self._jobs)} jobs done; running: {some(running, NAMED)}{self._left()}"

    def _runs(self, number: int) -> bool:
        return number in self._started and number not in self._finished

    def _left(self) -> str:
        """How long the rest takes, by what jobs of a kind took; empty where nothing is known."""
        self._rates = self._rates or rates()
        now, left = time.monotonic(), 0.0
        for number, job in self._jobs.items():
            if number not in self._finished:
                elapsed = now - self._started.get(number, now)
                left += max(self._seconds(job) - elapsed, 0.0)
        cores = self._workflow.cores or 1
        return f"; about {in_words(left / cores)} left" if left else ""

    def _seconds(self, job: Any) -> float:
        """Expected time of a job in s; 0 where it is unknown."""
        paths = (Path(str(path)) for path in job.output)
        keys = [key_of(path) for path in paths if path.is_relative_to(FOLDER)]
        known = {key: self._wanted.jobs[key]["task"] for key in keys if key in self._wanted.jobs}
        seconds = 0.0
        for key, params in known.items():
            rule = key.partition("/")[0]
            rate = rate_of(kind_of(rule, params), self._rates)
            seconds += (rate or 0.0) * amount_of(rule, params)
        return start_up() + seconds if seconds else 0.0


def _shorten(record: logging.LogRecord) -> None:
    """Cut what a record on a job says of its files and of its reason."""
    own = record.__dict__
    own["reason"] = short(own["reason"])
    for name in ("input", "output", "log"):
        if len(own[name]) > NAMED:
            own[name] = [*own[name][:NAMED], f"and {len(own[name]) - NAMED} more"]


def tell(workflow: Any, wanted: Wanted) -> None:
    """Have a run of Snakemake say what it does in few words, and a dry run what it would do."""
    atexit.register(explain_dry_run, workflow, wanted, Path.cwd())
    logger.addFilter(Progress(workflow, wanted))
