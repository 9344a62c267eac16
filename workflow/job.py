"""What every job does around its work: threads, log, time spent, and one line for an error that a user can mend."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple, TextIO


class Work(NamedTuple):
    """What a script's main sees of its job."""

    params: Any
    input: Any
    output: Any


class SetAside(NamedTuple):
    """A damaged file, and where it lies now; None if another job set it aside, or made it anew, before this one."""

    path: str
    beside: Path | None

    def __str__(self) -> str:
        return f"set aside as {self.beside}" if self.beside else "set aside by another job"


def set_aside(error: Exception, inputs: Iterable[str]) -> SetAside | None:
    """Rename the input of a job that its own hash proves to be damaged, so that it is made anew.

    Nothing is deleted. What cannot be opened is no damage, and stays where it is: None.
    """
    from magbayes.data import container

    if not isinstance(error, container.DamagedFileError):
        return None
    path = next((path for path in inputs if str(error).startswith(f"{path}:")), None)
    if path is None:
        return None
    try:
        container.verify(path)
    except container.DamagedFileError:
        with contextlib.suppress(OSError):
            return SetAside(path, container.move_aside(path, "damaged"))
    except (container.FileFormatError, OSError):
        pass
    else:
        return SetAside(path, None)
    return None if os.path.exists(path) else SetAside(path, None)


OUT_OF_MEMORY = "RESOURCE_EXHAUSTED"
"""How JAX says that there is no memory for an array."""

FULL = ("No space left", "quota exceeded", "File too large")
"""How systems say that there is no room for a file."""


def one_line_of(error: Exception) -> str:
    """What an error says, or its kind where it says nothing."""
    return " ".join(str(error).split()) or type(error).__name__


def require_code_of(about: dict[str, Any] | None) -> None:
    """Refuse to make a file that is named after other code than that which is here now.

    Raises
    ------
    ValueError
        The code was changed while the workflow ran.
    """
    from magbayes.workflow.code import version_of

    if about and version_of(*about["modules"]) != about["version"]:
        raise ValueError(f"{about['name']}: the code has changed since this run was planned; start it again")


def works_of(snakemake: Any) -> tuple[list[dict[str, Any]], list[Work]]:
    """Parameters of the tasks of a job, and what the script's main sees of each.

    Of several tasks those are left out whose files are there; if all are, the job was forced, and none is.
    """
    own = {name: value for name, value in snakemake.params.items() if name not in ("task", "tasks", "job", "rule")}
    if (several := snakemake.params.get("tasks")) is None:
        task = snakemake.params.get("task")
        work = Work(SimpleNamespace(**own, **(task or {})), snakemake.input, snakemake.output)
        return [] if task is None else [task], [work]
    files = list(zip(several, snakemake.output, strict=True))
    missing = [(task, path) for task, path in files if not os.path.exists(path)] or files
    works = [Work(SimpleNamespace(**own, **task), snakemake.input, [path]) for task, path in missing]
    return [task for task, _ in missing], works


def run(main: Callable[[Any], None], snakemake: Any) -> None:
    """Run a job with its log; an error in its input ends it with one line and without a traceback.

    Call it before anything imports JAX, which reads its threads from the environment once.
    """
    threads = int(snakemake.threads)
    os.environ["NPROC"] = os.environ["OMP_NUM_THREADS"] = str(threads)
    if threads == 1:
        os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} --xla_cpu_multi_thread_eigen=false".strip()
    # One compilation for all jobs of one shape.
    os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", os.path.abspath(".snakemake/jax"))
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.2")
    tasks, works = works_of(snakemake)
    with open_log(snakemake.log[0]) as log:
        line, status = None, 1
        with contextlib.redirect_stdout(log), contextlib.redirect_stderr(log):
            try:
                from magbayes.data.errors import EngineError

                require_code_of(snakemake.params.get("job"))
                start = time.perf_counter()
                for work in works:
                    main(work)
                if tasks:
                    from magbayes.workflow.forecast import record

                    record(snakemake.params.get("rule", snakemake.rule), tasks, time.perf_counter() - start)
            except KeyboardInterrupt:
                line, status = "interrupted; the same command goes on from here", 128 + signal.SIGINT
            except (ValueError, NotImplementedError, ArithmeticError, OSError, MemoryError, EngineError) as error:
                line = one_line_of(error)
                if damaged := set_aside(error, snakemake.input):
                    line = f"{line}; {damaged}, the same command makes {damaged.path} anew"
                elif any(said in line for said in FULL):
                    line = f"{line}; make room on the disk of {os.getcwd()}, the same command goes on from here"
            except RuntimeError as error:
                if OUT_OF_MEMORY not in str(error):
                    raise
                line = f"not enough memory: {one_line_of(error)}"
        if line is not None:
            for file in (sys.stderr, log):
                with contextlib.suppress(OSError, ValueError):  # closed, or on the same full disk
                    print(f"{snakemake.rule}: {line}", file=file, flush=True)
            sys.exit(status)


def open_log(path: str) -> TextIO:
    """A text file that keeps nothing back: what a full disk refused would fail again when the file is closed.

    A log that cannot be opened ends the job in one line.
    """
    try:
        return io.TextIOWrapper(open(path, "wb", buffering=0), encoding="utf-8", write_through=True)
    except OSError as error:
        sys.exit(f"{path}: cannot be written to ({error.strerror})")


def write_text(path: Path, text: str) -> None:
    """Write a text file whole or not at all."""
    write_bytes(path, text.encode())


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    from magbayes.data.container import replacing

    with replacing(path) as temporary:
        temporary.write_bytes(content)
