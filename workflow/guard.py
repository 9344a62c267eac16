"""One run at a time in a folder, and no lock that outlives a run that was killed."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import IO

_held: list[IO[str]] = []


class FolderInUseError(RuntimeError):
    """Another run works in this folder."""


class NotWritableError(RuntimeError):
    """The folder must not be written to."""


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


def take(folder: Path) -> None:
    """Keep other runs out of a folder until this process ends, in whatever way it ends.

    Raises
    ------
    FolderInUseError
        Another run works there.
    """
    path = folder / ".snakemake" / "running"
    path.parent.mkdir(exist_ok=True)
    file = path.open("a", encoding="utf-8")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise FolderInUseError(f"another run works in {folder}; wait for its end") from None
    except OSError:
        return  # a file system that knows no locks
    _held.append(file)
    # What a killed job had begun to write.
    for path in (folder / "results").rglob(".*.part"):
        path.unlink(missing_ok=True)
