"""Ways to spoil a file."""

from pathlib import Path


def unseal(path: Path) -> None:
    """Take the hash off one of our files, so that what is edited afterwards is read and judged by its contents."""
    with path.open("r+b") as file:
        file.write(bytes(512))
