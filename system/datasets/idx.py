"""IDX files, the format of MNIST and its relatives, plain or gzipped."""

from __future__ import annotations

import gzip
import math
import zlib
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np

from magbayes.data.access import access_error, answer_of
from magbayes.data.lines import reason
from magbayes.data.memory import require_memory
from magbayes.system.datasets.dataset import Pairs

# The third byte of a file names its type, the fourth its number of dimensions (yann.lecun.com/exdb/mnist).
_TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
PARTS = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
# The bytes of a file, the array in native order, and a copy in single precision.
_COPIES = 6
# Deflate makes no more of a byte.
_LARGEST_RATIO = 1032


def _array(path: Path, file: BinaryIO, stored: int) -> np.ndarray:
    """Return the array in `file`, whose bytes on the disk are `stored`, without believing its header."""
    start = file.read(4)
    if len(start) < 4 or start[:2] != b"\0\0" or start[2] not in _TYPES:
        raise ValueError(f"{path}: starts with {start.hex()}; an IDX file starts with 0000, a type and dimensions")
    sizes = file.read(4 * start[3])
    if len(sizes) < 4 * start[3]:
        raise ValueError(f"{path}: starts with {start.hex()}, {start[3]} dimensions, and ends before their sizes")
    shape = tuple(int(size) for size in np.frombuffer(sizes, ">u4"))
    dtype = np.dtype(_TYPES[start[2]])
    expected = math.prod(shape) * dtype.itemsize
    room = stored * (_LARGEST_RATIO if path.suffix == ".gz" else 1)
    if expected > room:
        raise ValueError(f"{path}: {stored} bytes in all; its header promises {expected} bytes of data")
    require_memory(f"{path}", _COPIES * expected)
    # One more than there should be: so that what follows is seen, and the checksum of a gzip file is read.
    raw = file.read(expected + 1)
    if len(raw) != expected:
        there = f"more than {expected}" if len(raw) > expected else f"{len(raw)}"
        raise ValueError(f"{path}: {there} bytes of data; its header promises {expected}")
    array = np.frombuffer(raw, dtype, math.prod(shape)).reshape(shape) if expected else np.zeros(shape, dtype)
    if dtype.kind == "f" and not np.isfinite(array).all():
        raise ValueError(f"{path}: holds numbers that are not finite")
    return array.astype(dtype.newbyteorder("="))


def read(path: Path) -> np.ndarray:
    """Return the array of an IDX file.

    Raises
    ------
    ValueError
        The file is damaged, too large or no IDX file.
    FileAccessError
        The file cannot be opened or read now.
    """
    try:
        stored = path.stat().st_size
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            return _array(path, cast(BinaryIO, file), stored)
    except (OSError, EOFError, zlib.error) as error:
        if (number := answer_of(error)) is not None:
            raise access_error(path, number) from error
        raise ValueError(f"{path}: cannot be read ({reason(error)})") from None


def files_of(folder: Path) -> list[Path]:
    """Return the files of a data set that are in `folder`; others in it are no part of it."""
    return [path for part in PARTS if (path := _path_of(folder, part)) is not None]


def holds(folder: Path) -> bool:
    """Return whether `folder` holds the four files of a data set."""
    return all(_path_of(folder, part) is not None for part in PARTS)


def _path_of(folder: Path, part: str) -> Path | None:
    candidates = (folder / f"{part}.gz", folder / part)
    return next((path for path in candidates if path.is_file()), None)


def read_folder(folder: Path) -> tuple[Pairs, Pairs]:
    """Return train and test images (n, height, width) with labels (n,) from files named as MNIST's.

    Raises
    ------
    ValueError
        A file is absent or damaged, or images and labels do not fit one another.
    """
    arrays = []
    for part in PARTS:
        path = _path_of(folder, part)
        if path is None:
            raise ValueError(f"{folder}: no {part} or {part}.gz; an IDX folder holds {', '.join(PARTS)}")
        arrays.append(read(path))
    for pictures, labels, part in ((arrays[0], arrays[1], PARTS[0]), (arrays[2], arrays[3], PARTS[2])):
        if pictures.ndim != 3 or labels.shape != pictures.shape[:1] or not pictures.size:
            raise ValueError(
                f"{folder}: {part} is {pictures.shape}, its labels {labels.shape}; expected (n, height, width), (n,)"
            )
        if (labels != np.floor(labels)).any():
            raise ValueError(
                f"{folder}: the labels of {part} hold {labels[labels != np.floor(labels)][0]}; expected classes"
            )
    if arrays[0].shape[1:] != arrays[2].shape[1:]:
        raise ValueError(f"{folder}: train images are {arrays[0].shape[1:]} each, test images {arrays[2].shape[1:]}")
    return (arrays[0], arrays[1].astype(int)), (arrays[2], arrays[3].astype(int))
