"""What Snakemake imports with every run, and no run of ours uses."""

from __future__ import annotations

import sys

UNUSED = "rfc3987_syntax"
"""Syntax of international addresses: jsonschema checks it in notebooks, which is where Snakemake's import of nbformat
leads to. When it is imported it compiles 39 grammars, a third of the time that a run takes to its first job."""


def leave_out_unused() -> None:
    """Let a later import of what no run uses fail, as if it were not installed: whoever would use it does without.

    What has been imported already stays.
    """
    sys.modules.setdefault(UNUSED, None)  # type: ignore[arg-type]  # None: an import of it fails
