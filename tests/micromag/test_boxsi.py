"""Runs of OOMMF that go wrong, with a shell script in OOMMF's place."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from magbayes.micromag.engines import EngineError, boxsi

# Like OOMMF it leaves a process in the background that holds on to its output.
STAND_IN = """\
case $1 in
  launchhost) echo 12345; exit 0 ;;
  boxsi) echo "port $OOMMF_HOSTPORT, file $3"; sleep 1000 & echo $! > background; {action} ;;
esac
"""


@pytest.fixture
def start(tmp_path):
    """Run a stand-in that does `action`, in a folder of its own."""

    def run(action, patience=30.0, cancel=None):
        (tmp_path / "stand-in").write_text(STAND_IN.format(action=action))
        (tmp_path / "run").mkdir()
        mif = tmp_path / "run" / "one.mif"
        mif.write_text("# MIF 2.2\n")
        boxsi.run(["sh", str(tmp_path / "stand-in")], mif, patience=patience, cancel=cancel or threading.Event())
        return mif.parent

    return run


def alive(pid):
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def nothing_left(folder):
    pid = int((folder / "background").read_text())
    for _ in range(50):
        if not alive(pid):
            return True
        time.sleep(0.1)
    return False


def test_success_returns_and_takes_the_background_along(start):
    begin = time.perf_counter()
    folder = start("exit 0")
    assert time.perf_counter() - begin < 20  # and not the 1000 s of what holds the log open
    assert (folder / boxsi.LOG).read_text() == "port 12345, file one.mif\n"
    assert nothing_left(folder)


def test_an_error_is_one_line_with_the_end_of_the_log_and_the_file(start, tmp_path):
    with pytest.raises(EngineError) as caught:
        start("echo 'Oxs_Demag ran out of luck' >&2; exit 3")
    message = str(caught.value)
    assert "ended with status 3" in message
    assert "Oxs_Demag ran out of luck" in message
    assert str(tmp_path / "run" / "one.mif") in message
    assert "\n" not in message
    assert nothing_left(tmp_path / "run")


def test_a_killed_run_is_an_error(start, tmp_path):
    with pytest.raises(EngineError, match="ended with status"):
        start("kill -KILL $$")
    assert nothing_left(tmp_path / "run")


def test_a_hanging_run_is_ended(start, tmp_path):
    begin = time.perf_counter()
    with pytest.raises(EngineError, match="hangs: no output for"):
        start("sleep 1000", patience=1.0)
    assert time.perf_counter() - begin < 20
    assert nothing_left(tmp_path / "run")


def test_a_run_that_still_writes_does_not_hang(start):
    folder = start("for i in 1 2 3 4 5 6; do echo $i >> table; sleep 0.5; done; exit 0", patience=2.0)
    assert len((folder / "table").read_text()) == 12


def test_cancel_ends_a_run(start, tmp_path):
    cancel = threading.Event()
    threading.Timer(0.5, cancel.set).start()
    with pytest.raises(boxsi.Cancelled):
        start("sleep 1000", cancel=cancel)
    assert nothing_left(tmp_path / "run")


def test_nothing_is_left_when_this_process_is_killed(tmp_path):
    (tmp_path / "stand-in").write_text(STAND_IN.format(action="sleep 1000"))
    (tmp_path / "one.mif").write_text("")
    script = f"""
import threading
from pathlib import Path
from micromag.engines import boxsi
folder = Path({str(tmp_path)!r})
boxsi.run(["sh", str(folder / "stand-in")], folder / "one.mif", patience=100, cancel=threading.Event())
"""
    home = Path(__file__).parents[2]
    process = subprocess.Popen([sys.executable, "-c", script], cwd=home, env=os.environ | {"JAX_PLATFORMS": "cpu"})
    for _ in range(600):
        if (tmp_path / "background").exists() and (tmp_path / "background").read_text():
            break
        time.sleep(0.1)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert nothing_left(tmp_path)
