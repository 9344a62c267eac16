"""The folder of a scenario or study: links by readable names to the files of the store."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

SENTINELS = ".files"
"""Folder below a view: the file in it is named after what the view shows, so that another view is made anew."""


def link(folder: Path, targets: Mapping[str, Path], sentinel: Path) -> None:
    """Make a folder show `targets`, files of the store by their name in it, and no other file of the store.

    Files that are no links are left alone: they are a person's.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for path in [path for path in folder.rglob("*") if path.is_symlink()]:
        if str(path.relative_to(folder)) not in targets:
            path.unlink()
    for name, target in targets.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        goal = os.path.relpath(target, path.parent)
        if path.is_symlink() and os.readlink(path) == goal:
            continue
        if path.is_symlink() or not path.exists():
            # In one step, so that nobody finds it missing.
            beside = path.with_name(f".{path.name}.part")
            beside.unlink(missing_ok=True)
            beside.symlink_to(goal)
            beside.replace(path)
    for other in (folder / SENTINELS).glob("*"):
        other.unlink()
    sentinel.parent.mkdir(parents=True, exist_ok=True)
    sentinel.touch()
