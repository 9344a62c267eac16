"""Texts for the person who started a run or a command, who may have closed the terminal or stopped reading."""

from __future__ import annotations

import io
import os
import sys


def say(text: str, end: str = "\n") -> OSError | None:
    """Print a text on standard output, whole.

    A reader that has gone (``| head``) and an output that was closed are no errors. Characters that the terminal does
    not know are written as their codes.

    Returns
    -------
    OSError or None
        Why the text could not be written (a full disk); None if it was, or if nobody reads it.
    """
    if isinstance(sys.stdout, io.TextIOWrapper) and not sys.stdout.closed:
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        print(text, end=end, flush=True)
    except ValueError:  # closed
        return None
    except OSError as error:
        # What was kept back would fail again when Python ends, and change the exit status.
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), sys.stdout.fileno())
        return None if isinstance(error, BrokenPipeError) else error
    return None
