"""What the site's pages lead to outside of ``docs/``: pages of the root, and source files on pages of their own.

A link is written for the repository. In the site, one to a page leads to that page, one to a source file to a page
that shows it, one to a folder to a list of its files, and a picture is copied. Nothing needs a network or a server.
"""

from __future__ import annotations

import posixpath
import re
import runpy
from collections.abc import Iterator
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[2]
DOCS = "docs"

PAGES = {
    "README.md": "overview.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "compact_models/SCHEMA.md": "schema.md",
}
"""Pages that lie elsewhere, by path in the repository, and their names in the site."""

PICTURES = (".svg", ".png")
LANGUAGES = {".py": "python", ".yaml": "yaml", ".yml": "yaml", ".toml": "toml", ".sh": "sh"}
LINK = re.compile(r"(?<=\]\()([^)\s#]+)(#[^)\s]*)?(?=\))")

BOOSTS = {"source/": 0.1, "changelog.md": 0.2, "api/": 0.5, "overview.md": 0.5}
"""Weight in the search of pages that say less of a matter than the page on it does."""


def on_startup(command: str, dirty: bool) -> None:
    """Make the folder in which the package looks like any other, before the reference of its functions looks for it."""
    runpy.run_path(str(ROOT / "tests" / "links.py"))["make"]()


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages of the root, and of all that a page leads to."""
    for path, name in PAGES.items():
        files.append(File.generated(config, name, abs_src_path=str(ROOT / path)))
    waiting = [target for page in files.documentation_pages() for target in targets(page)]
    seen = set()
    while waiting:
        target = waiting.pop()
        name = place(target)
        if name in seen or files.get_file_from_path(name):
            continue
        seen.add(name)
        if target.suffix in PICTURES:
            files.append(File.generated(config, name, abs_src_path=str(target)))
        else:
            files.append(File.generated(config, name, content=shown(target)))
            waiting += listed(target) if target.is_dir() else []
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Lead links of the repository to pages of the site, and weigh the page in the search."""
    here = posixpath.dirname(page.file.src_uri)
    for start, boost in BOOSTS.items():
        if page.file.src_uri.startswith(start):
            page.meta.setdefault("search", {"boost": boost})

    def led(match: re.Match[str]) -> str:
        target = outside(page.file, match[1])
        return match[0] if target is None else posixpath.relpath(place(target), here or ".") + (match[2] or "")

    return LINK.sub(led, markdown)


def home(file: File) -> Path:
    """The folder in the repository from which a page's links are written."""
    elsewhere = {name: ROOT / path for path, name in PAGES.items()}
    return elsewhere.get(file.src_uri, ROOT / DOCS / file.src_uri).parent


def outside(file: File, link: str) -> Path | None:
    """What a page's link leads to, if its path in the site is another one than in the repository."""
    target = Path(posixpath.normpath(posixpath.join(home(file), link)))
    if "://" in link or not target.exists() or not target.is_relative_to(ROOT):
        return None
    within = target.is_relative_to(ROOT / DOCS) and target.suffix != ".ipynb"
    return None if within and file.src_uri not in PAGES.values() else target


def targets(file: File) -> Iterator[Path]:
    """What a page leads to that is no page of ``docs/``."""
    for match in LINK.finditer(file.content_string):
        target = outside(file, match[1])
        if target is not None and not target.is_relative_to(ROOT / DOCS):
            yield target


def place(target: Path) -> str:
    """Path in the site of a file or folder of the repository."""
    path = target.relative_to(ROOT).as_posix()
    if path in PAGES:
        return PAGES[path]
    if target.is_relative_to(ROOT / DOCS):
        return (
            target.relative_to(ROOT / DOCS)
            .with_suffix(".md" if target.suffix == ".ipynb" else target.suffix)
            .as_posix()
        )
    return f"source/{path}" if target.suffix in PICTURES else f"source/{path}.md"


def listed(folder: Path) -> list[Path]:
    """Files and folders in a folder that are shown."""
    return [path for path in sorted(folder.iterdir()) if not path.name.startswith(("_", "."))]


def shown(target: Path) -> str:
    """The page of a source file, or of a folder."""
    path = target.relative_to(ROOT).as_posix()
    if target.is_dir():
        # Written as from the page's own place, where no link of the repository leads.
        body = "\n".join(f"- [{entry.name}]({target.name}/{entry.name}.md)" for entry in listed(target))
    else:
        body = f"~~~~~~{LANGUAGES.get(target.suffix, 'text')}\n{target.read_text(encoding='utf-8')}\n~~~~~~"
    return f"# {path}\n\n{body}\n"
