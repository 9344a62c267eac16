"""Runs of OOMMF that go wrong, with a shell script in OOMMF's place."""

import os
import select
import signal
import subprocess
import sys
import threading
import time
from functools import cache

import psutil
import pytest

from magbayes.micromag.engines import EngineError, boxsi

# Like OOMMF it leaves a process in the background that holds on to its output.
STAND_IN = """\
case $1 in
  launchhost) echo 12345; exit 0 ;;
  boxsi) echo "port $OOMMF_HOSTPORT, file $3"; sleep 1000 & echo $! > '{pipe}'; {action} ;;
esac
"""


@pytest.fixture
def background(tmp_path):
    """Wait until the stand-in runs; return the number of the process that it has in the background."""
    path = tmp_path / "background"
    os.mkfifo(path)
    pipe = os.open(path, os.O_RDWR)  # for writing too, so that the stand-in never waits for a reader

    @cache
    def number():
        assert select.select([pipe], [], [], 300)[0], "the stand-in has not started"
        return int(os.read(pipe, 100))

    yield number
    os.close(pipe)


@pytest.fixture
def stand_in(tmp_path, background):
    """Write a stand-in that does `action`."""
    return lambda action: (tmp_path / "stand-in").write_text(
        STAND_IN.format(action=action, pipe=tmp_path / "background")
    )


@pytest.fixture
def start(tmp_path, stand_in):
    """Run a stand-in that does `action`, in a folder of its own."""

    def run(action, patience=30.0, cancel=None):
        stand_in(action)
        (tmp_path / "run").mkdir()
        mif = tmp_path / "run" / "one.mif"
        mif.write_text("# MIF 2.2\n")
        boxsi.run(["sh", str(tmp_path / "stand-in")], mif, patience=patience, cancel=cancel or threading.Event())
        return mif.parent

    return run


def has_ended(pid, within=5.0):
    """Whether a process is gone, or about to be."""
    try:
        process = psutil.Process(pid)
        psutil.wait_procs([process], timeout=within)
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_a_process_that_lives_has_not_ended():
    """Negative control of `has_ended`."""
    process = subprocess.Popen(["sleep", "1000"])
    assert not has_ended(process.pid, within=0)
    process.kill()
    assert has_ended(process.pid)
    process.wait()


def test_success_returns_and_takes_the_background_along(start, background):
    begin = time.perf_counter()
    folder = start("exit 0")
    assert time.perf_counter() - begin < 20  # and not the 1000 s of what holds the log open
    assert (folder / boxsi.LOG).read_text() == "port 12345, file one.mif\n"
    assert has_ended(background())


def test_an_error_is_one_line_with_the_end_of_the_log_and_the_file(start, background, tmp_path):
    with pytest.raises(EngineError) as caught:
        start("echo 'Oxs_Demag ran out of luck' >&2; exit 3")
    message = str(caught.value)
    assert "ended with status 3" in message
    assert "Oxs_Demag ran out of luck" in message
    assert str(tmp_path / "run" / "one.mif") in message
    assert "\n" not in message
    assert has_ended(background())


def test_a_killed_run_is_an_error(start, background):
    with pytest.raises(EngineError, match="ended with status"):
        start("kill -KILL $$")
    assert has_ended(background())


def test_a_hanging_run_is_ended(start, background):
    begin = time.perf_counter()
    with pytest.raises(EngineError, match="hangs: no output for"):
        start("sleep 1000", patience=1.0)
    assert time.perf_counter() - begin < 20
    assert has_ended(background())


@pytest.mark.slow
def test_a_run_that_still_writes_does_not_hang(start):
    folder = start("for i in 1 2 3 4 5 6; do echo $i >> table; sleep 0.5; done; exit 0", patience=2.0)
    assert len((folder / "table").read_text()) == 12


def test_cancel_ends_a_run(start, background):
    cancel = threading.Event()
    thread = threading.Thread(target=lambda: background() and cancel.set())
    thread.start()
    with pytest.raises(boxsi.Cancelled):
        start("sleep 1000", cancel=cancel)
    thread.join()
    assert has_ended(background())


@pytest.mark.slow
def test_nothing_is_left_when_this_process_is_killed(tmp_path, stand_in, background):
    stand_in("sleep 1000")
    (tmp_path / "one.mif").write_text("")
    script = f"""
import threading
from pathlib import Path
from magbayes.micromag.engines import boxsi
folder = Path({str(tmp_path)!r})
boxsi.run(["sh", str(folder / "stand-in")], folder / "one.mif", patience=100, cancel=threading.Event())
"""
    process = subprocess.Popen([sys.executable, "-c", script])
    background()
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert has_ended(background())
