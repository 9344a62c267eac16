"""What code and libraries a job's numbers come from, so that a change of either makes them anew, and nothing else does.

A file's imports are followed as they are written, anywhere in it. Three things are not followed, since a job need not
run them: imports for type checkers, the names of lazy packages (code of ours imports from where a name lives), and
modules that a registry loads by name; of these a task names the ones that it uses.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

PACKAGE = "magbayes"

LIBRARIES = (
    "arviz-stats",
    "discretisedfield",
    "jax",
    "jaxlib",
    "micromagneticmodel",
    "numpy",
    "numpyro",
    "optax",
    "pymbar",
    "scikit-learn",
    "scipy",
)
"""Libraries whose numbers enter ours."""

OF_PAGES = ("jinja2", "matplotlib", "SALib")
"""Libraries whose figures, words and rankings enter pages alone."""

WITHOUT_NUMBERS = frozenset({"magbayes.workflow.job"})
"""What every job does around its work: no number comes from it."""

TEMPLATES = Path(__file__).parent / "report" / "templates"


@cache
def file_of(module: str) -> Path | None:
    """File of one of our modules; None for those of others, and for names in modules."""
    parent, _, name = module.rpartition(".")
    if parent:
        folder = file_of(parent)
        if folder is None or folder.name != "__init__.py":
            return None
        # Packages of the first level are folders elsewhere in a source tree; all others lie below their parents.
        if parent != PACKAGE:
            candidates = (folder.parent / f"{name}.py", folder.parent / name / "__init__.py")
            return next((path for path in candidates if path.is_file()), None)
    elif module != PACKAGE:
        return None
    try:
        spec = find_spec(module)
    except ModuleNotFoundError:
        return None
    return Path(spec.origin) if spec and spec.origin else None


_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")
"""Fields of a module or of a statement that hold statements."""


def _idle(part: ast.AST, block: str) -> bool:
    """Whether no run executes a part of a block: a docstring, or imports for type checkers."""
    if isinstance(part, ast.If):
        return isinstance(part.test, ast.Name) and part.test.id == "TYPE_CHECKING"
    return block == "body" and isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant)


def _statements(tree: ast.AST) -> Iterator[ast.AST]:
    """Statements in a tree, out of which it takes those that are idle; expressions hold none and are left alone."""
    for block in _BLOCKS:
        if parts := getattr(tree, block, None):
            parts[:] = [part for part in parts if not _idle(part, block)]
            for part in parts:
                yield part
                yield from _statements(part)


def _imported(statements: Iterator[ast.AST]) -> Iterator[str]:
    for node in statements:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@cache
def parsed(path: Path) -> tuple[str, frozenset[str]]:
    """Hash of a file without comments and docstrings, and our modules that it imports, their parents among them."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    parts = [name.split(".") for name in _imported(_statements(tree)) if name.split(".")[0] == PACKAGE]
    names = {".".join(name[:i]) for name in parts for i in range(1, len(name) + 1)}
    modules = frozenset(name for name in names if file_of(name))
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest(), modules


@cache
def modules_of(*modules: str) -> frozenset[str]:
    """Our modules that a job runs which starts from `modules`."""
    waiting = {".".join(name.split(".")[:i]) for name in modules for i in range(1, name.count(".") + 2)}
    seen = set[str]()
    while waiting:
        module = waiting.pop()
        seen.add(module)
        if (path := file_of(module)) is None:
            raise ModuleNotFoundError(f"{module} is no module of this package")
        waiting |= parsed(path)[1] - seen - WITHOUT_NUMBERS
    return frozenset(seen)


@cache
def libraries(names: tuple[str, ...] = LIBRARIES) -> str:
    """Versions of libraries; of those whose numbers enter ours, if none are named."""

    def named(library: str) -> str:
        try:
            return f"{library} {version(library)}"
        except PackageNotFoundError:
            return f"{library} absent"

    return ", ".join(map(named, names))


@cache
def version_of(*modules: str) -> str:
    """Hash of modules, of all our modules that they import, and of the libraries' versions."""
    files = {module: file_of(module) for module in sorted(modules_of(*modules))}
    text = [f"{module} {parsed(path)[0]}" for module, path in files.items() if path]
    return hashlib.sha256("\n".join([*text, libraries()]).encode()).hexdigest()[:16]


@cache
def version_of_pages() -> str:
    """Hash of the templates that pages are filled in from, and of the versions of the libraries that draw and write."""
    texts = [path.read_text(encoding="utf-8") for path in sorted(TEMPLATES.iterdir()) if path.is_file()]
    return hashlib.sha256("\n".join([*texts, libraries(OF_PAGES)]).encode()).hexdigest()[:16]
