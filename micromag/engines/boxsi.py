"""OOMMF's batch program: started in a process group of its own, watched, and ended with all that it started.

Beside the solver a run of OOMMF has servers and archivers in the background, which outlive it; where there is no
display its own `killoommf` fails. So a run is the leader of a session, and the whole group is killed at its end,
however it ends: the group also watches a pipe that closes when this process dies.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from magbayes.micromag.engines import EngineError

LOG = "oommf.log"

_SCRIPT = """
exec 3<&0
(cat <&3 >/dev/null; kill -KILL 0) &
if [ "${1##*/}" != docker ]; then  # servers of its own, or the first of several runs takes those of all with it
    OOMMF_HOSTPORT=$("$@" launchhost 0) || exit 1
    export OOMMF_HOSTPORT
fi
"$@" boxsi +fg "$MIF" -exitondone 1 -threads 1 </dev/null 3<&-
"""

CLEAN_MEMORY = {"MALLOC_PERTURB_": "255"}
"""Has glibc fill what it hands out with the complement, 0.

OOMMF's thermal evolvers (2.1a0, Xf_ThermHeunEvolve and Xf_ThermSpinXferEvolve) never set `gaus2_isset`, which says that
the second number of the last Gaussian pair is left: where memory was used before, the first number of a run is whatever
lay there, and all others are shifted by one.
"""

_POLL = 0.5
_TAIL = 1500


class Cancelled(Exception):
    """The run was ended because another one failed."""


def run(oommf: Sequence[str], mif: Path, *, patience: float, cancel: threading.Event) -> None:
    """Run a MIF file in its folder, with one thread.

    Parameters
    ----------
    oommf
        Command that starts OOMMF, such as ``("tclsh", "oommf.tcl")``.
    mif
        The file; outputs and the log ``oommf.log`` go beside it.
    patience
        Time in s without a change in the folder after which the run counts as hung.
    cancel
        Ends the run when it is set.

    Raises
    ------
    EngineError
        OOMMF ended with an error, was killed, or hangs. The message has the end of the log and names the file.
    Cancelled
        `cancel` was set.
    """
    folder, log = mif.parent, mif.parent / LOG
    with open(log, "wb") as output:
        process = subprocess.Popen(
            ["sh", "-c", _SCRIPT, "oommf", *oommf],
            cwd=folder,
            env=os.environ | CLEAN_MEMORY | {"MIF": mif.name},
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        while process.poll() is None:
            if cancel.is_set():
                raise Cancelled
            idle = time.time() - _last_change(folder)
            if idle > patience:
                raise _error(f"hangs: no output for {idle:.0f} s", mif, log)
            try:
                process.wait(_POLL)
            except subprocess.TimeoutExpired:
                continue
    finally:
        end(process)
    if process.returncode:
        raise _error(f"ended with status {process.returncode}", mif, log)


def _last_change(folder: Path) -> float:
    """Time of the last change of a folder or a file in it; files may come and go meanwhile."""
    times = [folder.stat().st_mtime]
    for file in folder.iterdir():
        with contextlib.suppress(FileNotFoundError):
            times.append(file.stat().st_mtime)
    return max(times)


def end(process: subprocess.Popen[bytes]) -> None:
    """Kill a session with all that is left in it."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    if process.stdin:
        process.stdin.close()
    process.wait()


def _error(what: str, mif: Path, log: Path) -> EngineError:
    tail = " | ".join(line.strip() for line in log.read_text(errors="replace")[-_TAIL:].splitlines() if line.strip())
    return EngineError(f"OOMMF {what}; its input is {mif}, the end of its log: {tail or 'empty'}")
