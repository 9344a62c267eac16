"""What the page on files says of a format, to be held against files."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "hdf5.md"


def described():
    """Patterns of the paths that the page lists, by name and version of a format."""
    found = {}
    for section in PAGE.read_text(encoding="utf-8").split("\n## ")[1:]:
        title, _, text = section.partition("\n")
        if heading := re.fullmatch(r"`(.+)`, version (\d+)", title):
            cells = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
            paths = [path for cell in cells for path in re.findall(r"`(.+?)`", cell)]
            found[heading[1], int(heading[2])] = [re.sub(r"<.+?>", "[^/]+", path) for path in paths]
    return found


def unexplained(file):
    """Datasets of an open HDF5 file that the page does not have, or None if it does not have the format."""
    patterns = described().get((file.attrs["format"], int(file.attrs["version"])))
    if patterns is None:
        return None
    names = []
    file.visititems(lambda name, item: names.append(name) if hasattr(item, "shape") else None)
    return [name for name in names if not any(re.fullmatch(pattern, name) for pattern in patterns)]
