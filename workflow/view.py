"""The folder of a scenario or study: links by readable names to the files of the store."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from snakemake.logging import logger

from magbayes.data.container import move_aside
from magbayes.workflow.job import write_bytes, write_text

if TYPE_CHECKING:
    from magbayes.workflow.wanted import Wanted

SENTINELS = ".files"
"""Folder below a view: the file in it is named after what the view shows, so that another view is made anew, and lists
the names of its links."""


INDEX = ".index"
"""File in a folder that is one product, such as the figures of a study: the names of all that it has."""


def folder_of(name: str) -> Path:
    """Return the folder of a scenario by its path, or by its name below ``results/``."""
    path = Path(name)
    return path if path.exists() or len(path.parts) != 1 else Path("results") / name


def index_of(folder: Path) -> str:
    """Name of the index with which a folder is whole: another one than before if a file of that one is gone."""
    name = INDEX
    for number in itertools.count(2):
        if _is_whole(folder, name):
            break
        name = f"{INDEX}{number}"
    return name


def product_of(output: Path) -> Path:
    """What an output of a rule stands for: a folder, for an index in it."""
    return output.parent if output.name.startswith(INDEX) else output


def _is_whole(folder: Path, index: str) -> bool:
    """Whether a folder has all files of an index, or the index is not there yet."""
    try:
        names = (folder / index).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return True
    return all((folder / name).is_file() for name in names)


def is_link_into(path: Path, store: Path) -> bool:
    """Whether a path is a link to something in a store, which may be gone."""
    if not path.is_symlink():
        return False
    goal = Path(os.path.realpath(path.parent), os.readlink(path))
    return Path(os.path.realpath(goal.parent)).is_relative_to(os.path.realpath(store))


def _in_the_way(folder: Path, names: Iterable[str], store: Path) -> Iterator[Path]:
    """What of a person's own lies where links and their folders are to be."""
    for name in sorted(names):
        for parent in (folder / part for part in reversed(Path(name).parents)):
            if os.path.lexists(parent) and not parent.is_dir():
                yield parent
        path = folder / name
        if os.path.lexists(path) and not is_link_into(path, store):
            yield path


def make_room(folder: Path, names: Iterable[str], store: Path) -> list[str]:
    """Move aside what of a person's own lies where a view is to be, and say so, a line each.

    Snakemake deletes whatever lies at the place of an output before a job begins, and after it has failed.
    """
    return [
        f"{path} is no link to a file of the store, and is kept as {move_aside(path, 'aside')}"
        for path in _in_the_way(folder, names, store)
    ]


def prepare(workflow: Any, wanted: Wanted, store: Path) -> None:
    """Make room for the view that a run of Snakemake is about to make, if it is, and say of what."""
    if any(wanted.sentinel in job.output for job in workflow.dag.needrun_jobs()):
        for line in make_room(Path(wanted.folder), wanted.view, store):
            logger.warning(line)


def link(folder: Path, targets: Mapping[str, Path], sentinel: Path, store: Path) -> None:
    """Make a folder show `targets`, files of the `store` by their name in it, and none that it showed before.

    Files and links that are a person's are left alone: what the folder showed before, the sentinel says.
    """
    folder.mkdir(parents=True, exist_ok=True)
    others = [path for path in (folder / SENTINELS).glob("[0-9a-f]" * 32) if path.name != sentinel.name]
    for name in {name for other in others for name in other.read_text(encoding="utf-8").splitlines()}:
        if name not in targets and is_link_into(folder / name, store):
            (folder / name).unlink()
    for name, target in targets.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        # Folders of results may be links themselves, to another disk.
        real = Path(os.path.realpath(target.parent), target.name)
        goal = os.path.relpath(real, os.path.realpath(path.parent))
        if path.is_symlink() and os.readlink(path) == goal:
            continue
        if not os.path.lexists(path) or is_link_into(path, store):
            # In one step, so that nobody finds it missing.
            beside = path.with_name(f".{path.name}.{os.getpid()}.part")
            beside.symlink_to(goal)
            beside.replace(path)
    sentinel.parent.mkdir(parents=True, exist_ok=True)
    sentinel.write_text("\n".join(targets), encoding="utf-8")
    for other in others:
        other.unlink()


def write_figures(output: Path, files: Mapping[str, bytes]) -> None:
    """Write the files of figures into the folder that an output of a rule stands for, and their index."""
    folder = product_of(output)
    for name, content in files.items():
        if not (folder / name).exists():  # what is there is the same, or a person has worked on it
            write_bytes(folder / name, content)
    # Where files are copied to a store of objects, the folder itself is the output.
    write_text(folder / INDEX if folder == output else output, "\n".join(files))
