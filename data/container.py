"""The HDF5 container of every file that the workflow writes: named, versioned, with units and provenance.

A file is a tree of datasets, each with the attributes ``unit`` and ``description``, under a root that says what
the file is (``format``, ``version``) and where it came from (``provenance``, a JSON text). It is written beside
its destination and renamed, so a file is whole or absent. The user block, which HDF5 leaves to others at the start
of a file, holds a hash of the rest, so that a file that was damaged later is not taken for a good one. This module
needs numpy and h5py only, so that a reader of our files pays for no simulation engine.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import os
import subprocess
import tempfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import h5py
import numpy as np

_BLOCK = 512
_SEAL = b"magbayes sha256 "
_FORMER = "spinbayes "


class FileFormatError(ValueError):
    """A file is not what was asked for; the message is one line that names the file and what is wrong."""


class DamagedFileError(FileFormatError):
    """The bytes of a file are not those that it was written with, by its own hash."""


@dataclass(frozen=True)
class Quantity:
    """An array with its SI unit (``"1"`` if it has none) and a line on what it is."""

    value: Any
    unit: str
    description: str = ""


@dataclass(frozen=True)
class Contents:
    """What `read` found: datasets and their units by path, and the provenance of the file."""

    data: dict[str, np.ndarray]
    units: dict[str, str]
    provenance: dict[str, Any]

    def __getitem__(self, name: str) -> np.ndarray:
        return self.data[name]


@cache
def _git_commit() -> str:
    try:
        answer = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=12"],
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return answer.stdout.strip()


def provenance(configuration: Mapping[str, Any], **further: Any) -> dict[str, Any]:
    """Where a file comes from: package version, git commit, configuration and its hash, time, and `further`."""
    try:
        package = version("magbayes")
    except PackageNotFoundError:
        package = "unknown"
    text = json.dumps(configuration, sort_keys=True)
    return {
        "package": f"magbayes {package}",
        "git_commit": _git_commit(),
        "configuration": json.loads(text),
        "configuration_sha256": hashlib.sha256(text.encode()).hexdigest(),
        "time": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        **further,
    }


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a file beside `path` to write to, which takes its place at the end, or vanishes after an error."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o644)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write(
    path: str | os.PathLike[str],
    kind: str,
    format_version: int,
    data: Mapping[str, Quantity],
    provenance: Mapping[str, Any],
) -> None:
    """Write `data` (dataset path to `Quantity`) to `path`, whole or not at all.

    Raises
    ------
    ValueError
        A number in `data` is not finite.
    """
    path = Path(path)
    for name, quantity in data.items():
        array = np.asarray(quantity.value)
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise ValueError(f"{path}: {name} holds numbers that are not finite; nothing was written")
    with replacing(path) as temporary:
        with h5py.File(temporary, "w", userblock_size=_BLOCK) as file:
            file.attrs["format"] = kind
            file.attrs["version"] = format_version
            file.attrs["provenance"] = json.dumps(provenance)
            for name, quantity in data.items():
                value = quantity.value
                if isinstance(value, list | tuple) and value and isinstance(value[0], str):
                    value = np.array(value, dtype=h5py.string_dtype())
                dataset = file.create_dataset(name, data=value)
                dataset.attrs["unit"] = quantity.unit
                dataset.attrs["description"] = quantity.description
        with temporary.open("r+b") as file:
            file.seek(_BLOCK)
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            file.seek(0)
            file.write(_SEAL + digest.encode())


def _check_seal(path: Path) -> None:
    """Refuse a file whose bytes are not those that were written; one without a hash passes."""
    with path.open("rb") as file:
        if not (head := file.read(_BLOCK)).startswith(_SEAL):
            return
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest.encode() != head[len(_SEAL) :].rstrip(b"\0"):
        raise DamagedFileError(f"{path}: damaged (its hash is not the one it was written with)")


def check_units(path: str | os.PathLike[str], contents: Contents, units: Mapping[str, str]) -> None:
    """Refuse datasets whose unit is not the one in `units`, by path; a reader converts none.

    Raises
    ------
    FileFormatError
        Names the dataset, its unit and the one that is expected.
    """
    for name, unit in units.items():
        if name in contents.units and contents.units[name] != unit:
            raise FileFormatError(f"{path}: dataset {name!r} is in {contents.units[name]!r}; expected {unit!r}")


def read(
    path: str | os.PathLike[str],
    kind: str,
    format_version: int,
    required: Mapping[str, int | None] | None = None,
    text: Collection[str] = (),
) -> Contents:
    """Read a file that `write` made, having checked what it is.

    Parameters
    ----------
    path
        The file.
    kind, format_version
        The format that the caller understands.
    required
        Datasets that must be there, with their number of dimensions (None: any).
    text
        Those of them that hold text; the others hold numbers.

    Raises
    ------
    FileFormatError
        The file is absent, damaged, foreign, of another version, incomplete, or holds numbers that are not finite.
    """
    path = Path(path)
    if not path.is_file():
        raise FileFormatError(f"{path}: no such file; expected a {kind} file, version {format_version}")
    try:
        _check_seal(path)
        with h5py.File(path, "r") as file:
            name = file.attrs.get("format")
            if isinstance(name, str) and name.startswith(_FORMER):
                raise FileFormatError(
                    f"{path}: {name!r} is of {_FORMER.strip()}, as this package was once called; make it anew"
                )
            if name != kind:
                raise FileFormatError(f"{path}: format is {name!r}; expected {kind!r}")
            number = int(file.attrs.get("version", -1))
            if number != format_version:
                raise FileFormatError(f"{path}: {kind} version {number}; this package reads {format_version}")
            source = json.loads(file.attrs["provenance"])
            if not isinstance(source, dict):
                raise FileFormatError(f"{path}: provenance is no JSON object")
            data: dict[str, np.ndarray] = {}
            units: dict[str, str] = {}

            def collect(name: str, item: h5py.Dataset | h5py.Group) -> None:
                if isinstance(item, h5py.Dataset):
                    text = h5py.check_string_dtype(item.dtype) is not None
                    data[name] = item.asstr()[()] if text else item[()]
                    units[name] = str(item.attrs["unit"])

            file.visititems(collect)
    except FileFormatError:
        raise
    except Exception as error:  # h5py turns damaged bytes into exceptions of almost any kind
        reason = " ".join(str(error).split())
        raise FileFormatError(f"{path}: damaged or not an HDF5 file ({reason})") from error
    for name, dimensions in (required or {}).items():
        if name not in data:
            raise FileFormatError(f"{path}: dataset {name!r} is missing")
        if dimensions is not None and np.ndim(data[name]) != dimensions:
            raise FileFormatError(
                f"{path}: dataset {name!r} has {np.ndim(data[name])} dimensions; expected {dimensions}"
            )
        if (np.asarray(data[name]).dtype.kind in "fiub") == (name in text):
            raise FileFormatError(f"{path}: dataset {name!r} must hold {'text' if name in text else 'real numbers'}")
    for name, array in data.items():
        if np.asarray(array).dtype.kind == "f" and not np.isfinite(array).all():
            raise FileFormatError(f"{path}: dataset {name!r} holds numbers that are not finite")
    return Contents(data, units, source)
