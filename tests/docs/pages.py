"""What the page on files says of a format, to be held against files."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "hdf5.md"


def written():
    """Paths as the page lists them, names in angle brackets among them, by name and version of a format."""
    formats = {}
    for section in PAGE.read_text(encoding="utf-8").split("\n## ")[1:]:
        title, _, text = section.partition("\n")
        if heading := re.fullmatch(r"`(.+)`, version (\d+)", title):
            cells = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
            formats[heading[1], int(heading[2])] = [path for cell in cells for path in re.findall(r"`(.+?)`", cell)]
    return formats


def described():
    """Patterns of these paths."""
    return {name: [re.sub(r"<.+?>", "[^/]+", path) for path in paths] for name, paths in written().items()}


def unexplained(file):
    """Datasets of an open HDF5 file that the page does not have, or None if it does not have the format."""
    patterns = described().get((file.attrs["format"], int(file.attrs["version"])))
    if patterns is None:
        return None
    names = []
    file.visititems(lambda name, item: names.append(name) if hasattr(item, "shape") else None)
    return [name for name in names if not any(re.fullmatch(pattern, name) for pattern in patterns)]
