"""Fashion-MNIST (Xiao, Rasul and Vollgraf, arXiv:1708.07747): where its files are, or how they come here."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pooch

from magbayes.data.access import FileAccessError
from magbayes.system.datasets import idx
from magbayes.system.datasets.dataset import Pairs

VARIABLE = "MAGBAYES_FASHION_MNIST"
DEBIAN = Path("/usr/share/datasets/fashion-mnist")
# Where the README of the project says that its files are, and their checksums there.
URL = "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/"
CHECKSUMS = {
    "train-images-idx3-ubyte.gz": "md5:8d4fb7e6c68d591d4c3dfef9ec88bf0d",
    "train-labels-idx1-ubyte.gz": "md5:25c81989df183df01b3e8a0aad5dffbe",
    "t10k-images-idx3-ubyte.gz": "md5:bef4ecab320f06d8554ea6380940ec79",
    "t10k-labels-idx1-ubyte.gz": "md5:bb300cfdad3c16e7a12a480ee83cd310",
}


def _download(folder: Path, downloader: Callable[[str, Any, pooch.Pooch], None] | None) -> Path:
    try:
        for name, checksum in CHECKSUMS.items():
            pooch.retrieve(URL + name, checksum, fname=name, path=folder, downloader=downloader)
    except (OSError, ValueError) as error:
        # Pooch raises ValueError for a checksum, and what the network raises is an OSError.
        raise FileAccessError(
            f"Fashion-MNIST is not in {DEBIAN} (Debian: apt install dataset-fashion-mnist), {VARIABLE} is not set, "
            f"and it cannot be downloaded: {' '.join(str(error).split())}"
        ) from None
    return folder


def find(folder: str | None = None, downloader: Callable[[str, Any, pooch.Pooch], None] | None = None) -> Path:
    """Return the folder of the files: `folder`, that of the environment, Debian's, or the cache of downloads.

    Parameters
    ----------
    folder
        Named by the user; nothing else is tried then.
    downloader
        Takes the place of HTTP, as in `pooch.retrieve`.

    Raises
    ------
    FileAccessError
        The files are nowhere, and cannot be downloaded whole and unchanged now.
    """
    named = folder or os.environ.get(VARIABLE)
    if named:
        return Path(named)
    return DEBIAN if idx.holds(DEBIAN) else _download(Path(pooch.os_cache("magbayes")) / "fashion-mnist", downloader)


def load(folder: str | None = None) -> tuple[Pairs, Pairs]:
    """Return 60 000 train and 10 000 test images (n, 28, 28) of 0..255, with labels of 10 classes."""
    return idx.read_folder(find(folder))
