"""The HDF5 container of every file that the workflow writes: named, versioned, with units and provenance.

A file is a tree of datasets, each with the attributes ``unit`` and ``description``, under a root that says what
the file is (``format``, ``version``) and where it came from (``provenance``, a JSON text). It is written beside
its destination and renamed, so a file is whole or absent. Hashes (`magbayes.data.seal`) tell a file that was damaged
later, and one that cannot be opened is not called damaged. This module needs numpy and h5py only, so that a reader of
our files pays for no simulation engine.
"""

from __future__ import annotations

import datetime
import fnmatch
import hashlib
import io
import json
import os
import stat
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NamedTuple

import h5py
import numpy as np

from magbayes.data import seal
from magbayes.data.access import access_error, answer_of
from magbayes.data.seal import State

_FORMER = "spinbayes "


class FileFormatError(ValueError):
    """A file is not what was asked for; the message is one line that names the file and what is wrong."""


class DamagedFileError(FileFormatError):
    """The bytes of a file are not those that it was written with, by its own hash, or they are no HDF5 at all."""


@dataclass(frozen=True)
class Quantity:
    """An array with its SI unit (``"1"`` if it has none) and a line on what it is."""

    value: Any
    unit: str
    description: str = ""


class Form(NamedTuple):
    """What a reader relies on of a dataset."""

    unit: str
    shape: tuple[str, ...] | None = None
    """Names of its dimensions, each for one length throughout; digits are a length, ``*`` any; None is any shape."""
    text: bool = False
    """Whether it holds text; others hold real numbers."""


@dataclass(frozen=True)
class Contents:
    """What `read` found: datasets and their units by path, and the provenance of the file."""

    path: Path = field(compare=False)
    data: dict[str, np.ndarray]
    units: dict[str, str]
    provenance: dict[str, Any]

    def __getitem__(self, name: str) -> np.ndarray:
        return self.data[name]

    def require(self, forms: Mapping[str, Form], optional: Mapping[str, Form] | None = None) -> None:
        """Refuse a file without a dataset of `forms`, or with one of another form.

        Parameters
        ----------
        forms
            Datasets that must be there, by path.
        optional
            Datasets that may be there, by path or by pattern as file names have them (``*``).

        Raises
        ------
        FileFormatError
            One line: the file, the dataset, what it is and what was expected.
        """
        lengths: dict[str, int] = {}
        for name, form in forms.items():
            if name not in self.data:
                raise FileFormatError(f"{self.path}: dataset {name!r} is missing")
            self._compare(name, form, lengths)
        for pattern, form in (optional or {}).items():
            for name in fnmatch.filter(self.data, pattern):
                self._compare(name, form, lengths)

    def _compare(self, name: str, form: Form, lengths: dict[str, int]) -> None:
        """Compare a dataset with its form; `lengths` of dimensions are those of the datasets before it."""
        value = np.asarray(self.data[name])
        if value.dtype.kind not in ("OU" if form.text else "fiub"):
            what = "text" if form.text else "real numbers"
            raise FileFormatError(f"{self.path}: dataset {name!r} must hold {what}")
        if self.units[name] != form.unit:
            raise FileFormatError(f"{self.path}: dataset {name!r} is in {self.units[name]!r}; expected {form.unit!r}")
        if form.shape is None:
            return
        expected = [int(part) if part.isdigit() else lengths.get(part, part) for part in form.shape]
        fits = len(expected) == value.ndim
        for part, length in zip(form.shape, value.shape, strict=False):
            known = int(part) if part.isdigit() else length if part == "*" else lengths.setdefault(part, length)
            fits = fits and known == length
        if not fits:
            found = ", ".join(map(str, value.shape))
            raise FileFormatError(
                f"{self.path}: dataset {name!r} has shape ({found}); expected ({', '.join(map(str, expected))})"
            )


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


def move_aside(path: str | os.PathLike[str], mark: str) -> Path:
    """Give a file or folder the ending `mark`, numbered if others have it already, and return where it lies now."""
    path = Path(path)
    number, beside = 1, path.with_name(f"{path.name}.{mark}")
    while os.path.lexists(beside):
        number += 1
        beside = path.with_name(f"{path.name}.{mark}{number}")
    os.rename(path, beside)
    return beside


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
        with temporary.open("rb") as file:
            os.fsync(file.fileno())  # else a power cut may leave the new name without its contents
        temporary.chmod(0o644)
        temporary.replace(path)
    except BaseException as error:
        if isinstance(error, OSError) and error.errno and not error.filename:
            error.filename = str(path)  # a full disk says no name
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
    # In memory first: HDF5 itself crashes at the end of a process whose disk was full.
    image = io.BytesIO()
    with h5py.File(image, "w", userblock_size=seal.BLOCK) as file:
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
        file.attrs["checksums"] = json.dumps(seal.checksums(file, data))
    seal.seal(image.getbuffer())
    with replacing(path) as temporary:
        temporary.write_bytes(image.getbuffer())


def _in_place_of_a_file(path: Path) -> str | None:
    """What is where a file should be; None if it is a file."""
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return "no such file"
    except OSError as error:
        raise access_error(path, error.errno) from error
    return None if stat.S_ISREG(mode) else "a folder" if stat.S_ISDIR(mode) else "no ordinary file"


@contextmanager
def _opened(path: Path) -> Iterator[tuple[h5py.File, set[str] | None]]:
    """An HDF5 file to read, and the names of its datasets if others may have been added to them.

    Raises
    ------
    FileFormatError
        The file is damaged, or HDF5 cannot read it.
    FileAccessError
        It cannot be opened or read now.
    """
    try:
        state = seal.state_of(path)
        if state is State.FOREIGN:
            raise DamagedFileError(f"{path}: not an HDF5 file")
        if state is State.CHANGED and not seal.is_as_written(path):
            raise DamagedFileError(f"{path}: damaged (its hash is not the one it was written with)")
        # What is whole by its hash may be held open by others; what is not may be half written by one of them.
        with h5py.File(path, "r", locking=False if state is State.WHOLE else "best-effort") as file:
            yield file, seal.own_datasets(file) if state is State.CHANGED else None
    except FileFormatError:
        raise
    except Exception as error:  # h5py turns damaged bytes into exceptions of almost any kind
        if (number := answer_of(error)) is not None:
            raise access_error(path, number) from error
        reason, library = " ".join(str(error).split()), f"HDF5 {h5py.version.hdf5_version}"
        raise FileFormatError(f"{path}: damaged, or of a form that {library} does not read ({reason})") from error


def verify(path: str | os.PathLike[str]) -> None:
    """Refuse a file whose bytes are not those that it was written with.

    Raises
    ------
    FileFormatError
        See `read`; a file that its own hash proves damaged is a `DamagedFileError`.
    FileAccessError
        The file cannot be opened or read now.
    """
    with _opened(Path(path)):
        pass


def read(
    path: str | os.PathLike[str],
    kind: str,
    format_version: int,
    forms: Mapping[str, Form] | None = None,
    optional: Mapping[str, Form] | None = None,
) -> Contents:
    """Read a file that `write` made, having checked what it is.

    Parameters
    ----------
    path
        The file.
    kind, format_version
        The format that the caller understands.
    forms, optional
        Datasets that must be there, and those that may; see `Contents.require`, which is for those whose form follows
        from others.

    Raises
    ------
    FileFormatError
        The file is absent, damaged, foreign, of another version, incomplete, in other units or shapes, or holds numbers
        that are not finite.
    FileAccessError
        The file cannot be opened or read now: permissions, too many open files, a lock.
    """
    path = Path(path)
    if (there := _in_place_of_a_file(path)) is not None:
        raise FileFormatError(f"{path}: {there}; expected a {kind} file, version {format_version}")
    data: dict[str, np.ndarray] = {}
    units: dict[str, str] = {}
    wanted = forms or {}

    def collect(name: str, item: h5py.Dataset | h5py.Group) -> None:
        if not isinstance(item, h5py.Dataset):
            return
        unit = item.attrs.get("unit")
        if isinstance(unit, str):
            data[name], units[name] = seal.value_of(item), unit
        elif name in wanted:
            raise FileFormatError(f"{path}: dataset {name!r} has no attribute 'unit'")

    with _opened(path) as (file, own):
        name = file.attrs.get("format")
        if isinstance(name, str) and name.startswith(_FORMER):
            raise FileFormatError(
                f"{path}: {name!r} is of {_FORMER.strip()}, as this package was once called; make it anew"
            )
        if name != kind:
            raise FileFormatError(f"{path}: format is {name!r}; expected {kind!r}")
        number = file.attrs.get("version", -1)
        if np.ndim(number) or int(number) != format_version:
            raise FileFormatError(f"{path}: {kind} version {number}; this package reads {format_version}")
        source = json.loads(file.attrs["provenance"])
        if not isinstance(source, dict):
            raise FileFormatError(f"{path}: provenance is no JSON object")
        if own is None:
            file.visititems(collect)
        else:
            for name in own:
                collect(name, file[name])
    contents = Contents(path, data, units, source)
    contents.require(wanted, optional)
    for name, array in data.items():
        if np.asarray(array).dtype.kind == "f" and not np.isfinite(array).all():
            raise FileFormatError(f"{path}: dataset {name!r} holds numbers that are not finite")
    return contents
