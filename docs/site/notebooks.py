"""Notebooks as pages, with their outputs; with DOCS_RUN_NOTEBOOKS=1 those that lie in git without outputs are run."""

from __future__ import annotations

import os
from pathlib import Path

import nbformat
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from nbclient import NotebookClient
from nbconvert import MarkdownExporter

RUN = "DOCS_RUN_NOTEBOOKS"
LONGEST = 600
"""Time of a cell that counts as hung, s."""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Put a page, and the pictures in it, in place of each notebook."""
    for file in [file for file in files if file.src_uri.endswith(".ipynb")]:
        files.remove(file)
        text, pictures = converted(Path(file.abs_src_path or ""))
        files.append(File.generated(config, str(Path(file.src_uri).with_suffix(".md")), content=text))
        for name, data in pictures.items():
            files.append(File.generated(config, str(Path(file.src_uri).parent / name), content=data))
    return files


def converted(path: Path) -> tuple[str, dict[str, bytes]]:
    """Markdown of a notebook, and its pictures by their paths beside it."""
    notebook = nbformat.read(path, as_version=4)
    if os.environ.get(RUN) == "1" and not any(cell.get("outputs") for cell in notebook.cells):
        NotebookClient(notebook, timeout=LONGEST, kernel_name="python3").execute()
    resources = {"unique_key": path.stem, "output_files_dir": f"{path.stem}_files"}
    text, found = MarkdownExporter().from_notebook_node(notebook, resources)
    return text.replace("![png]", "![output of the cell above]"), found["outputs"]
