"""What the package's modules import, read from their source; imports for type checkers alone are left out."""

import ast
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def modules(root=ROOT):
    """Path of every module of the package by its name; a package goes by the name of its folder."""
    folders = PYPROJECT["tool"]["setuptools"]["package-dir"]
    top = root / folders["magbayes"]
    paths = {"magbayes": top / "__init__.py", "magbayes.__main__": top / "__main__.py"}
    for package, folder in folders.items():
        if package != "magbayes":
            for path in sorted((root / folder).rglob("*.py")):
                if top not in path.parents:
                    parts = path.relative_to(root / folder).with_suffix("").parts
                    paths[".".join([package, *(part for part in parts if part != "__init__")])] = path
    return paths


def _for_types(node):
    test = node.test if isinstance(node, ast.If) else None
    return getattr(test, "id", getattr(test, "attr", None)) == "TYPE_CHECKING"


def _walk(node):
    for child in ast.iter_child_nodes(node):
        if not _for_types(child):
            yield child
            yield from _walk(child)


def imported(path):
    """Names that a file imports when it runs, those inside functions too: modules, or what is taken from them."""
    for node in _walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
