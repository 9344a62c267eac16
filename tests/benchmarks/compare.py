"""Two checkouts in turn, and the ratios of their times: ``python -m tests.benchmarks.compare OLD NEW``.

OLD and NEW are folders of checkouts, or revisions of the repository that this file belongs to. Each is timed in fresh
processes of its own, in the order OLD NEW NEW OLD OLD NEW ..., so that whatever drifts evenly falls on both alike.
Times are process times, which other work on the machine moves less than wall times; ratios are those of neighbours.
"""

from __future__ import annotations

import argparse
import datetime
import io
import json
import math
import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from scipy.stats import t as student

from magbayes.data.estimate import Estimate
from tests import links
from tests.benchmarks.compared import CASES

ROOT = Path(__file__).parents[2]

LEAST, USUAL = 3, 4
"""Pairs of runs: what an interval asks for, and what is taken."""

LEVEL = 0.95

Times = Mapping[str, float | str]
"""Of each case the process time in s, or why there is none."""


class CheckoutError(ValueError):
    """What is to be compared is neither a checkout nor a revision, or its benchmark does not run."""


@contextmanager
def checkout(place: str) -> Iterator[Path]:
    """Folder of a checkout: `place` itself, or what git has under this revision.

    Raises
    ------
    CheckoutError
        It is neither.
    """
    folder = Path(place)
    if folder.is_dir():
        if not (folder / "pyproject.toml").is_file():
            raise CheckoutError(f"{place}: no pyproject.toml in it; accepted: the root of a checkout, or a revision")
        yield folder.resolve()
        return
    answer = subprocess.run(["git", "archive", "--", place], cwd=ROOT, capture_output=True, check=False)
    if answer.returncode:
        raise CheckoutError(f"{place!r}: neither a folder nor a revision of {ROOT}; accepted: either of them")
    with tempfile.TemporaryDirectory() as temporary, tarfile.open(fileobj=io.BytesIO(answer.stdout)) as archive:
        archive.extractall(temporary, filter="data")
        yield Path(temporary).resolve()


def turns(repeats: int) -> list[tuple[int, int]]:
    """Pairs of runs: (0, 1), (1, 0), (0, 1), ... for 0 the old and 1 the new one."""
    return [(0, 1) if repeat % 2 == 0 else (1, 0) for repeat in range(repeats)]


def measured(folder: Path, names: Sequence[str], scratch: Path) -> Times:
    """Time of each case in a fresh process with the package in `folder`.

    Raises
    ------
    CheckoutError
        The process failed; the message has its last line.
    """
    package = links.make(scratch / "links" / folder.relative_to(folder.anchor), folder)
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(package), str(ROOT)]),
        "JAX_COMPILATION_CACHE_DIR": str(scratch / "compiled"),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0.1",
    }
    command = [sys.executable, "-m", "tests.benchmarks.compared", str(folder), *names]
    answer = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if answer.returncode:
        lines = answer.stderr.strip().splitlines() or [f"exit status {answer.returncode}"]
        raise CheckoutError(f"{folder}: its benchmark did not run: {lines[-1]}")
    found: dict[str, float | str] = json.loads(answer.stdout.splitlines()[-1])
    return found


def ratio(old: Sequence[float], new: Sequence[float]) -> Estimate:
    """Time of the new over that of the old one, from pairs of times in s: a t interval of the log ratios.

    Raises
    ------
    ValueError
        There are fewer than `LEAST` pairs, or a time is not above 0.
    """
    if len(old) < LEAST or min(*old, *new) <= 0:
        raise ValueError(f"{len(old)} pairs of times; expected {LEAST} or more, all above 0 s")
    logs = np.log(new) - np.log(old)
    margin = student.ppf((1 + LEVEL) / 2, len(logs) - 1) * logs.std(ddof=1) / math.sqrt(len(logs))
    return Estimate(*(math.exp(logs.mean() + side * margin) for side in (0, -1, 1)))


def lines(names: Sequence[str], runs: Sequence[tuple[Times, Times]]) -> Iterator[tuple[str, Estimate | None]]:
    """Rows of the table in Markdown, each with its ratio; a case that could not be measured has the reason instead."""
    for name in names:
        times = [[run[side][name] for run in runs] for side in (0, 1)]
        old, new = ([float(time) for time in side if not isinstance(time, str)] for side in times)
        if reasons := [time for side in times for time in side if isinstance(time, str)]:
            yield f"| {name} | not measured: {reasons[0]} | | |", None
            continue
        found = ratio(old, new)
        medians = " | ".join(f"{1e3 * np.median(side):.0f}" for side in (old, new))
        yield f"| {name} | {medians} | {found.value:.3f} ({found.low:.3f} to {found.high:.3f}) |", found


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; 1 if a case is slower than allowed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("old", metavar="OLD", help="folder of a checkout, or a revision")
    parser.add_argument("new", metavar="NEW", help="another one, or the same")
    parser.add_argument(
        "--repeats", type=int, default=USUAL, help=f"pairs of runs, {LEAST} or more; {USUAL} if left out"
    )
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES), help="all if left out")
    parser.add_argument(
        "--limit", type=float, default=math.inf, help="end with 1 if the whole interval of a ratio lies above this"
    )
    parser.add_argument("--times", type=Path, metavar="FILE", help="where all times go, as JSON")
    options = parser.parse_args(arguments)
    if options.repeats < LEAST:
        parser.error(f"--repeats {options.repeats}: expected {LEAST} or more")
    runs: list[tuple[Times, Times]] = []
    try:
        with (
            checkout(options.old) as old,
            checkout(options.new) as new,
            tempfile.TemporaryDirectory() as scratch,
        ):
            for folder in (old, new):  # compiles
                measured(folder, options.cases, Path(scratch))
            for order in turns(options.repeats):
                found = {side: measured((old, new)[side], options.cases, Path(scratch)) for side in order}
                runs.append((found[0], found[1]))
    except CheckoutError as error:
        parser.error(str(error))
    if options.times is not None:
        options.times.write_text(json.dumps(runs), encoding="utf-8")
    now = datetime.datetime.now(datetime.UTC)
    print(
        f"{now:%Y-%m-%d %H:%M} UTC, load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; {options.repeats} pairs "
        f"of runs; process time of a core, ratios with {LEVEL:.0%} intervals\n\n"
        f"| case | {options.old} (ms) | {options.new} (ms) | new over old |\n| --- | --- | --- | --- |"
    )
    slower = False
    for line, found in lines(options.cases, runs):
        print(line)
        slower |= found is not None and found.low > options.limit
    return int(slower)


if __name__ == "__main__":
    sys.exit(main())
