"""A folder of links in which the package looks like any other, for tools that read source files: mypy, import-linter.

``python -m tests.links`` makes ``build/links/magbayes``. Python itself does not need it: an editable install knows
where the folders are.
"""

import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
LINKS = ROOT / "build" / "links"


def make(links: Path = LINKS, root: Path = ROOT) -> Path:
    """Make or mend the folder, from the mapping in ``pyproject.toml`` of the checkout `root`; return it."""
    mapping = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["package-dir"]
    package = links / "magbayes"
    package.mkdir(parents=True, exist_ok=True)
    targets = {path.name: path for path in (root / mapping.pop("magbayes")).iterdir() if path.name != "__pycache__"}
    targets |= {name.removeprefix("magbayes."): root / folder for name, folder in mapping.items()}
    for name, target in targets.items():
        link = package / name
        if not link.is_symlink() or link.resolve() != target:
            link.unlink(missing_ok=True)
            link.symlink_to(target)
    return links


if __name__ == "__main__":
    print(make())
