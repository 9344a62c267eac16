"""Files that cannot be opened or read now, which says nothing of what is in them."""

from __future__ import annotations

import errno
import os
import re
from pathlib import Path

_OF_BAD_ADDRESSES = {errno.EINVAL, errno.EOVERFLOW, errno.EFBIG}
"""What a system answers to the addresses in a damaged file; its other answers tell nothing of the bytes."""

_REMEDIES = {
    errno.EAGAIN: "another program holds it open; close it there",
    errno.ENOLCK: "its file system has no locks; set HDF5_USE_FILE_LOCKING=FALSE",
    errno.ENOSYS: "its file system has no locks; set HDF5_USE_FILE_LOCKING=FALSE",
    errno.EMFILE: "too many files are open; raise the limit (ulimit -n)",
    errno.ENFILE: "too many files are open on this machine",
    errno.EACCES: "permission denied",
    errno.ENOMEM: "not enough memory",
    errno.ECHILD: "its hash is wrong, and the process that looks why was ended",
}


class FileAccessError(OSError):
    """A file cannot be opened or read now, and may be whole; the message is one line that names the file and why."""


def access_error(path: Path, number: int | None) -> FileAccessError:
    """Error on a file, from the number of the system's answer."""
    said = _REMEDIES.get(number or 0) or os.strerror(number or 0)
    return FileAccessError(f"{path}: cannot be opened or read now ({said})")


def answer_of(error: Exception) -> int | None:
    """Number of the system's answer that kept a file from being read, also where HDF5 puts it into a text.

    None where there is none, or where it comes from damaged bytes.
    """
    if isinstance(error, MemoryError):
        return errno.ENOMEM
    if not isinstance(error, OSError):
        return None
    found = re.search(r"errno = (\d+)", str(error))
    number = error.errno or (int(found[1]) if found else None)
    return None if number in _OF_BAD_ADDRESSES else number
