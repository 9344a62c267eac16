"""One run at a time in a folder, and no lock that outlives a run that was killed."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from filelock import BaseFileLock, FileLock, Timeout
from snakemake.exceptions import WorkflowError

from magbayes.data.lines import one_line
from magbayes.workflow import feasibility
from magbayes.workflow.configuration import Configuration, ConfigurationError

ABANDONED = 3600.0
"""Time in s after which nobody writes to a file any more that a job had begun: it is written in one go."""

LEAST_SPACE = 1_000_000
"""Bytes that must be free for a run to begin: Snakemake's notes take some 100 kB. A job whose results find no room ends
in one line."""

_held: list[BaseFileLock] = []
# Keys of a network that decide neither whether its files fit nor what memory it takes.
_OF_TRAINING = {"bias_input", "prior_std", "initial_std", "steps", "learning_rate", "kl_weight", "validation", "reads"}


class GuardError(WorkflowError):
    """A run must not start; Snakemake says why in one line."""


class FolderInUseError(GuardError):
    """Another run works in this folder."""


class NotWritableError(GuardError):
    """The folder must not be written to."""


class OtherPackageError(GuardError):
    """The rules are not those of the package that is installed."""


def require_this_package(rules: Path) -> None:
    """Refuse rules of one copy of this package that would run the scripts of another.

    Raises
    ------
    OtherPackageError
        The folder `rules` of the Snakefile is not that of the package in use.
    """
    own = Path(__file__).parent
    if rules.resolve() != own.resolve():
        raise OtherPackageError(
            f"the workflow in {rules} is not that of the magbayes in use, {own}; install it (pip install -e .) in the "
            "environment that snakemake runs in, or start the installed one: magbayes run --cores N"
        )


def check(rules: Path, writes: bool) -> None:
    """Refuse to start with foreign rules, or, if the run `writes`, in a folder where nothing can be written.

    Raises
    ------
    GuardError
        See `require_this_package`, `require_writable` and `require_space`.
    """
    logging.raiseExceptions = False  # a log on a full disk is no reason for a traceback at every line
    require_this_package(rules)
    if writes:
        require_writable(Path.cwd())
        require_space(Path.cwd())


def require_writable(folder: Path) -> None:
    """Refuse to run where nothing can be written, before Snakemake tries to.

    Raises
    ------
    NotWritableError
        The folder, or one in it that a run writes to.
    """
    for path in (folder, *(folder / name for name in (".snakemake", "results", "logs"))):
        if path.exists() and not os.access(path, os.W_OK | os.X_OK):
            raise NotWritableError(
                f"{path} cannot be written to; make it writable, or run in a folder of your own: "
                "snakemake --directory FOLDER"
            )


def require_space(folder: Path) -> None:
    """Refuse to run on a full disk, where Snakemake's own notes end in a traceback.

    Raises
    ------
    NotWritableError
        Nothing can be written to the folder, or less than `LEAST_SPACE` is free.
    """
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(4096))
            file.flush()
        free = shutil.disk_usage(folder).free
    except OSError as error:
        raise NotWritableError(f"{folder} cannot be written to ({error.strerror}); make room there") from None
    if free < LEAST_SPACE:
        raise NotWritableError(
            f"{folder} has {free / 1e6:.2g} MB left on its disk; make room there, {LEAST_SPACE / 1e6:g} MB at least"
        )


def require_networks(configurations: Iterable[Configuration]) -> None:
    """Refuse networks whose data, posterior or start cannot be read or do not fit, or that do not fit into memory.

    Files are read whole, as the jobs will: what is wrong with them is said before the first job.

    Raises
    ------
    ConfigurationError
        One line that names the network, the file or key, and what would be accepted.
    """
    checked = set()
    for configuration in configurations:
        samples = configuration.accelerator.samples
        for name, settings in configuration.networks.selected().items():
            key = (name, settings.model_dump_json(exclude=_OF_TRAINING), samples)
            if key in checked:
                continue
            checked.add(key)
            from magbayes.system.network.feasible import require_feasible

            try:
                require_feasible(name, settings, configuration.seed_for(f"networks/{name}"), samples)
            except (ValueError, OSError) as error:
                raise ConfigurationError(one_line(f"networks.{name}: {error}")) from None


def require_devices(configurations: Iterable[Configuration]) -> None:
    """Refuse compact models that are given and cannot be read, or do not know what the accelerator asks them.

    Raises
    ------
    ConfigurationError
        One line that names the file or the key, and what would be accepted.
    """
    checked = set()
    for configuration in configurations:
        given = configuration.compact_models
        reads = [configuration.networks.reads_of(name) for name in configuration.networks.read_otherwise()]
        key = (given.model_dump_json(), configuration.accelerator.model_dump_json(), str(reads))
        if not given.paths or key in checked:
            continue
        checked.add(key)
        try:
            feasibility.check_given(configuration)
        except ValueError as error:
            raise ConfigurationError(one_line(str(error))) from None


def take(folder: Path) -> None:
    """Keep other runs out of a folder until this process ends, in whatever way it ends.

    Raises
    ------
    FolderInUseError
        Another run works there.
    """
    path = folder / ".snakemake" / "running"
    path.parent.mkdir(exist_ok=True)
    lock = FileLock(path)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        raise FolderInUseError(f"another run works in {folder}; wait for its end") from None
    except (OSError, NotImplementedError):
        return  # a file system that knows no locks
    _held.append(lock)
    # What a killed job had begun to write. Elsewhere such a file may be a person's, and a new one may be that of a run
    # in another folder, with which this one shares its results.
    for path in (folder / "results" / "store").rglob(".*.part"):
        with contextlib.suppress(OSError):
            if time.time() - path.stat().st_mtime > ABANDONED:
                path.unlink()
