"""What a person is told: whole, to nobody, to a full disk, in a terminal that knows few characters."""

import subprocess
import sys
from pathlib import Path

import pytest

CODE = """
import sys
from magbayes.workflow.terminal import say
error = say("sigma in \\u00b5S\\n" * 10_000)
print("said", error, file=sys.stderr)
"""


def said(stdout, **options):
    return subprocess.run(
        [sys.executable, "-c", CODE], stdout=stdout, stderr=subprocess.PIPE, text=True, timeout=60, **options
    )


def assert_well(answer, end="said None\n"):
    assert answer.returncode == 0
    assert answer.stderr == end


def test_a_reader_that_stopped_reading():
    process = subprocess.Popen([sys.executable, "-c", CODE], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == "said None\n"
    assert process.wait() == 0


def test_an_output_that_is_closed():
    assert_well(subprocess.run(f"{sys.executable} -c '{CODE}' >&-", shell=True, stderr=subprocess.PIPE, text=True))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full is Linux's")
def test_a_full_disk_is_told_of():
    with open("/dev/full", "w") as full:
        assert_well(said(full), "said [Errno 28] No space left on device\n")


def test_a_terminal_that_knows_few_characters(tmp_path):
    path = tmp_path / "said"
    with path.open("wb") as file:
        assert_well(said(file, env={"PYTHONIOENCODING": "ascii"}))
    assert path.read_text().startswith("sigma in \\xb5S\n")
