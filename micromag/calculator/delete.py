"""Remove what the drives of a system left on disk."""

from __future__ import annotations

import shutil
from pathlib import Path

import micromagneticmodel as mm


def delete(system: mm.System, silent: bool = False) -> None:
    """Delete the folder of a system in the working directory.

    Parameters
    ----------
    system
        Its name is the name of the folder.
    silent
        Whether a missing folder is no error.

    Raises
    ------
    FileNotFoundError
        There is no such folder, and `silent` is false.
    """
    folder = Path(system.name)
    if folder.is_dir():
        shutil.rmtree(folder)
        system.drive_number = system.compute_number = 0
    elif not silent:
        raise FileNotFoundError(f"there is no folder {system.name!r} to delete")
