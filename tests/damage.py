"""Ways to spoil a file."""

from pathlib import Path

import h5py


def unseal(path: Path) -> None:
    """Take the hash off one of our files, so that what is edited afterwards is read and judged by its contents."""
    with path.open("r+b") as file:
        file.write(bytes(512))


def as_folder(path: Path) -> None:
    """Put a folder where the file was."""
    path.unlink()
    path.mkdir()


def foreign(path: Path) -> None:
    """Put an HDF5 file of another program there."""
    with h5py.File(path, "w") as file:
        file["x"] = 1
