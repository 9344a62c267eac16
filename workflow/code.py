"""What code and libraries a job's numbers come from, so that a change of either makes them anew."""

from __future__ import annotations

import ast
import hashlib
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ROOT = Path(__file__).parents[2]

LIBRARIES = ("discretisedfield", "jax", "jaxlib", "micromagneticmodel", "numpy", "numpyro", "optax", "scikit-learn")
LIBRARIES += ("scipy", "statsmodels")
"""Libraries whose numbers enter ours."""


def _file_of(module: str) -> Path | None:
    """File of one of our modules; None for those of others."""
    stem = ROOT / module.replace("magbayes.data", "data").replace(".", "/")
    beside = Path(__file__).with_name(f"{module}.py")
    candidates = (stem.with_suffix(".py"), stem / "__init__.py", beside)
    return next((path for path in candidates if path.is_file()), None)


@cache
def _parsed(path: Path) -> tuple[str, frozenset[Path]]:
    """Hash of what a file does, comments and docstrings left out, and our files that it imports."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.update((node.module, *(f"{node.module}.{alias.name}" for alias in node.names)))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.endswith("."):
            # Modules that are imported by a name put together at run time: "package." and what follows.
            folder = ROOT / node.value.replace(".", "/")
            names.update(node.value + path.stem for path in folder.glob("*.py") if " " not in node.value)
        body = getattr(node, "body", None)
        if isinstance(body, list):
            text = [part for part in body if isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant)]
            node.body = [part for part in body if part not in text]  # type: ignore[attr-defined]
    parents = {".".join(name.split(".")[:i]) for name in names for i in range(1, name.count(".") + 2)}
    files = frozenset(file for name in parents if (file := _file_of(name)))
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest(), files


@cache
def libraries() -> str:
    """Versions of the libraries whose numbers enter ours."""
    found = []
    for library in LIBRARIES:
        try:
            found.append(f"{library} {version(library)}")
        except PackageNotFoundError:
            found.append(f"{library} absent")
    return ", ".join(found)


@cache
def version_of(script: str) -> str:
    """Hash of a script beside this module, of all our modules that it imports, and of the libraries' versions."""
    waiting, seen = {Path(__file__).with_name(f"{script}.py")}, set()
    while waiting:
        path = waiting.pop()
        seen.add(path)
        waiting |= _parsed(path)[1] - seen
    text = [f"{path.relative_to(ROOT)} {_parsed(path)[0]}" for path in sorted(seen)]
    text.append(libraries())
    return hashlib.sha256("\n".join(text).encode()).hexdigest()[:16]


@cache
def version_of_page(script: str) -> str:
    """The same, and of the templates that the script fills in."""
    files = sorted((ROOT / "workflow" / "report").iterdir())
    templates = [path.read_text(encoding="utf-8") for path in files if path.suffix in (".j2", ".css", ".js")]
    text = [version_of(script), *templates]
    return hashlib.sha256("\n".join(text).encode()).hexdigest()[:16]
