"""Whether a file is as it was written: a hash of its bytes in the user block, and one of each dataset in its root.

What another program adds (an attribute, a dataset, its mark that it has the file open) changes bytes and is no damage.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterable
from enum import Enum
from pathlib import Path

import h5py
import numpy as np

from magbayes.data.access import answer_of

BLOCK = 512
"""Length of the user block, which HDF5 leaves to others at the start of a file."""

_SEAL = b"magbayes sha256 "
_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_OPEN_MARK = 20
"""Where HDF5 notes, in the first two forms of its superblock, that a program has the file open to write."""

_DAMAGED, _NUMBER = 3, 100
"""Exit status of the process that judges a file: of one that is damaged; added to the number of a system's answer."""

_CRASHES = {-signal.SIGSEGV, -signal.SIGBUS, -signal.SIGABRT, -signal.SIGFPE, -signal.SIGILL}
"""Exit status of a process that damaged bytes led astray."""


class State(Enum):
    """What the bytes of a file say by themselves."""

    WHOLE = "the hash is right"
    CHANGED = "the hash is wrong"
    UNSEALED = "there is no hash"
    FOREIGN = "there is no hash, and it is no HDF5"


def seal(content: memoryview) -> None:
    """Write the hash of a file's bytes, whose user block is empty, into that block."""
    text = _SEAL + hashlib.sha256(content[BLOCK:]).hexdigest().encode()
    content[: len(text)] = text


def state_of(path: Path) -> State:
    """Compare the bytes of a file with its hash.

    Raises
    ------
    OSError
        The file cannot be opened or read.
    """
    with path.open("rb") as file:
        if (head := file.read(BLOCK)).startswith(_SEAL):
            start = bytearray(file.read(_OPEN_MARK + 1))
            if len(start) > _OPEN_MARK and start[len(_SIGNATURE)] < 2:
                start[_OPEN_MARK] = 0
            digest = hashlib.sha256(start)
            found = hashlib.file_digest(file, lambda: digest).hexdigest()
            return State.WHOLE if found.encode() == head[len(_SEAL) :].rstrip(b"\0") else State.CHANGED
        # The signature stands at 0 or behind a user block, whose length is 512 bytes or a doubling of it.
        place, size = 0, file.seek(0, os.SEEK_END)
        while place < size:
            file.seek(place)
            if file.read(len(_SIGNATURE)) == _SIGNATURE:
                return State.UNSEALED
            place = max(BLOCK, 2 * place)
    return State.FOREIGN


def value_of(dataset: h5py.Dataset) -> np.ndarray:
    """What a dataset holds; texts as str."""
    value: np.ndarray = dataset.asstr()[()] if h5py.check_string_dtype(dataset.dtype) is not None else dataset[()]
    return value


def checksums(file: h5py.File, names: Iterable[str]) -> dict[str, str]:
    """Hash of every dataset with its unit and description, by path, and of what the root says, under ``/``."""
    root = [file.attrs["format"], int(file.attrs["version"]), file.attrs["provenance"]]
    sums = {"/": hashlib.sha256(json.dumps(root).encode())}
    for name in names:
        dataset = file[name]
        array = np.asarray(value_of(dataset))
        said = [dataset.dtype.str, array.shape, dataset.attrs["unit"], dataset.attrs["description"]]
        # The bytes of texts are addresses.
        held = json.dumps(array.tolist()).encode() if array.dtype.kind == "O" else array.tobytes()
        sums[name] = hashlib.sha256(json.dumps(said).encode() + held)
    return {name: digest.hexdigest() for name, digest in sums.items()}


def own_datasets(file: h5py.File) -> set[str]:
    """Datasets that a file was written with."""
    return set(json.loads(file.attrs["checksums"])) - {"/"}


def judge(path: str | os.PathLike[str]) -> int:
    """Look whether a file whose hash is wrong has the datasets that it was written with.

    Returns
    -------
    int
        An exit status: 0 if it has, 3 if not, 100 and the number of the system's answer if it cannot be opened.
    """
    try:
        with h5py.File(path, "r", locking="best-effort") as file:
            same = checksums(file, own_datasets(file)) == json.loads(file.attrs["checksums"])
            return 0 if same else _DAMAGED
    except Exception as error:  # h5py turns damaged bytes into exceptions of almost any kind
        number = answer_of(error)
        return _DAMAGED if number is None else _NUMBER + number


def judge_apart(path: Path) -> int:
    """`judge` in a process of its own, which damaged bytes may crash or keep for ever: HDF5 trusts them."""
    patience = 60 + os.stat(path).st_size / 1e7
    try:
        command = [sys.executable, "-P", "-m", __name__, str(path)]
        return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=patience).returncode
    except subprocess.TimeoutExpired:
        return _DAMAGED


def is_as_written(path: Path) -> bool:
    """Whether a file whose hash is wrong has the datasets that it was written with.

    Raises
    ------
    OSError
        The file cannot be opened, since another program writes to it or too many files are open, or not be judged.
    """
    status = judge_apart(path)
    if status == _DAMAGED or status in _CRASHES:
        return False
    if status != 0:
        number = status - _NUMBER if status > _NUMBER else errno.ECHILD
        raise OSError(number, os.strerror(number))
    return True


if __name__ == "__main__":
    sys.exit(judge(sys.argv[1]))
