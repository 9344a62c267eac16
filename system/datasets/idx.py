"""IDX files, the format of MNIST and its relatives, plain or gzipped."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np

from magbayes.system.datasets.dataset import Pairs

# The third byte of a file names its type, the fourth its number of dimensions (yann.lecun.com/exdb/mnist).
_TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
PARTS = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")


def read(path: Path) -> np.ndarray:
    """Return the array of an IDX file.

    Raises
    ------
    ValueError
        The file is damaged or no IDX file.
    """
    try:
        raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (OSError, EOFError) as error:
        raise ValueError(f"{path}: cannot be read ({error})") from None
    if len(raw) < 4 or raw[:2] != b"\0\0" or raw[2] not in _TYPES or len(raw) < 4 + 4 * raw[3]:
        raise ValueError(f"{path}: starts with {raw[:4].hex()}; an IDX file starts with 0000, a type and dimensions")
    start = 4 + 4 * raw[3]
    shape = np.frombuffer(raw[4:start], ">u4").astype(int)
    dtype = np.dtype(_TYPES[raw[2]])
    expected = int(np.prod(shape)) * dtype.itemsize
    if len(raw) - start != expected:
        raise ValueError(f"{path}: {len(raw) - start} bytes of data; its header promises {expected}")
    return np.frombuffer(raw, dtype, offset=start).reshape(shape)


def holds(folder: Path) -> bool:
    """Return whether `folder` holds the four files of a data set."""
    return all(_path_of(folder, part) is not None for part in PARTS)


def _path_of(folder: Path, part: str) -> Path | None:
    candidates = (folder / f"{part}.gz", folder / part)
    return next((path for path in candidates if path.is_file()), None)


def read_folder(folder: Path) -> tuple[Pairs, Pairs]:
    """Return train and test images (n, height, width) with labels (n,) from files named as MNIST's."""
    arrays = []
    for part in PARTS:
        path = _path_of(folder, part)
        if path is None:
            raise ValueError(f"{folder}: no {part} or {part}.gz; an IDX folder holds {', '.join(PARTS)}")
        arrays.append(read(path))
    for pictures, labels, part in ((arrays[0], arrays[1], PARTS[0]), (arrays[2], arrays[3], PARTS[2])):
        if pictures.ndim != 3 or labels.shape != pictures.shape[:1]:
            raise ValueError(
                f"{folder}: {part} is {pictures.shape}, its labels {labels.shape}; expected (n, height, width), (n,)"
            )
    return (arrays[0], arrays[1].astype(int)), (arrays[2], arrays[3].astype(int))
