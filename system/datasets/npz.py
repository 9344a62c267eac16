"""NPZ files from anywhere: every array is judged by its header before it is read, and nothing in a file is executed."""

from __future__ import annotations

import math
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from magbayes.data.access import access_error, answer_of
from magbayes.data.lines import reason, shown
from magbayes.data.memory import MemoryShortageError, require_memory

_NPY = b"\x93NUMPY"
_HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
# Numbers and text; objects would have to be unpickled, which runs what the file says.
_KINDS = "fiubUS"
# The bytes of an array, the array in native order, and a copy in double precision.
_COPIES = 4
_ENCRYPTED = 1


def _array(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> np.ndarray:
    name = shown(info.filename.removesuffix(".npy"))
    if info.flag_bits & _ENCRYPTED:
        raise ValueError(f"array {name} is encrypted; expected an archive without a password")
    with archive.open(info) as file:
        version = np.lib.format.read_magic(file)
        if version not in _HEADERS:
            raise ValueError(f"array {name} has version {version} of the format; expected 1.0 or 2.0")
        shape, by_columns, dtype = _HEADERS[version](file)
        if dtype.kind not in _KINDS or dtype.itemsize == 0:
            raise ValueError(f"array {name} holds {shown(str(dtype))}; expected numbers or text")
        if any(extent < 0 for extent in shape):
            raise ValueError(f"array {name} has the shape {shape}")
        size, rest = math.prod(shape) * dtype.itemsize, info.file_size - file.tell()
        if size != rest:
            raise ValueError(f"array {name} is {shape} of {dtype}, which is {size} bytes; the archive has {rest}")
        raw = file.read(size)
    if size == 0:
        return np.zeros(shape, dtype)
    flat = np.frombuffer(raw, dtype)
    if dtype.kind == "U" and flat.view(f"{dtype.byteorder}u4".replace("=", "<")).max() > 0x10FFFF:
        raise ValueError(f"array {name} holds what is no text")
    array = flat.reshape(shape[::-1]).T if by_columns else flat.reshape(shape)
    # In half precision a mean over some rows overflows.
    native = np.dtype(np.float32) if dtype == np.float16 else dtype.newbyteorder("=")
    return array.astype(native)


def _start_of(path: Path) -> bytes:
    if not path.is_file():
        raise ValueError(f"{path}: is no file; expected an NPZ file, as numpy.savez writes it")
    try:
        with path.open("rb") as file:
            return file.read(len(_NPY))
    except OSError as error:
        raise access_error(path, error.errno) from error


def read_arrays(path: str | os.PathLike[str], wanted: Callable[[str], bool]) -> dict[str, np.ndarray]:
    """Return the arrays of an NPZ file whose names are `wanted`: numbers in native order, and text.

    Raises
    ------
    ValueError
        The file is damaged, encrypted, no NPZ file or too large, or an array in it holds objects; the message is one
        line that names the file.
    FileAccessError
        The file cannot be opened or read now.
    """
    path = Path(path)
    start = _start_of(path)
    if start == _NPY:
        raise ValueError(f"{path}: is an .npy file of one array; expected an NPZ file, as numpy.savez writes it")
    if not start:
        raise ValueError(f"{path}: is empty; expected an NPZ file, as numpy.savez writes it")
    try:
        with zipfile.ZipFile(path) as archive:
            members = [info for info in archive.infolist() if info.filename.endswith(".npy")]
            chosen = [info for info in members if wanted(info.filename.removesuffix(".npy"))]
            names = [info.filename.removesuffix(".npy") for info in chosen]
            if twice := next((name for name in names if names.count(name) > 1), None):
                raise ValueError(f"array {shown(twice)} is there twice")
            require_memory(f"{path}", _COPIES * sum(info.file_size for info in chosen))
            return {name: _array(archive, info) for name, info in zip(names, chosen, strict=True)}
    except MemoryShortageError:
        raise
    except Exception as error:  # zipfile, zlib and lzma turn damaged bytes into exceptions of almost any kind
        if (number := answer_of(error)) is not None:
            raise access_error(path, number) from error
        raise ValueError(f"{path}: not an NPZ file of plain arrays ({reason(error)})") from None
