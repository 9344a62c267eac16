"""What a study survives: being killed, a full disk, a folder it may not write to, files that are damaged."""

import base64
import contextlib
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import h5py
import numpy as np
import pytest

from magbayes.data import container
from magbayes.data.container import FileFormatError, Quantity
from magbayes.workflow import forecast, guard, job
from magbayes.workflow.configuration import validate
from magbayes.workflow.store import Store
from magbayes.workflow.tasks import tasks_of
from tests.workflow.conftest import ROOT, command, run, write_study

KILLS = 20
KILLS_OF_A_STUDY = 8
"""Fewer, since each costs a start of Snakemake: a kill falls into its start, a simulation, the table or the page. Of
kills amid the writing of files, which could break one, there are `KILLS`."""


def numbers(folder):
    """Bytes of every dataset of every file below a folder; times of making are provenance, and not in it."""
    found = {}
    for path in sorted((folder / "results").rglob("*.h5")):
        with h5py.File(path) as file:
            file.visititems(
                lambda name, item, path=path: (
                    found.update({(str(path.relative_to(folder)), name): item[()]})
                    if isinstance(item, h5py.Dataset)
                    else None
                )
            )
    # Texts are objects, whose bytes are addresses.
    return {key: v.tolist() if np.asarray(v).dtype == object else np.asarray(v).tobytes() for key, v in found.items()}


def assert_same(folder, undisturbed):
    """The numbers of a study are those of one that nothing disturbed."""
    found = numbers(folder)
    assert any("studies" in path for path, _ in found)
    assert found == numbers(undisturbed)


def ours(mark):
    """Numbers of the processes that have a mark in their environment: those of a run, and no others."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            if mark.encode() in path.read_bytes():
                found.append(int(path.parent.name))
    return found


def kill(process, mark, dice):
    """Kill -9 the workflow alone, a worker alone, or all at once, as when a machine loses its power.

    Workers that outlive their workflow go on while a person starts it again; that must not matter.
    """
    workers = [pid for pid in ours(mark) if pid != process.pid]
    whom = dice.choice(["workflow", "worker", "all"])
    chosen = {"workflow": [process.pid], "worker": [dice.choice(workers or [process.pid])]}
    for pid in chosen.get(whom, [process.pid, *workers]):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.wait()


@pytest.mark.slow
def test_a_study_killed_again_and_again_gives_the_same_bits(finished_study, tmp_path):
    undisturbed, _, _ = finished_study
    path = write_study(tmp_path)
    dice = random.Random(1)
    arguments = command("--cores", "2", "study", "--config", f"study={path}")
    mark = f"MAGBAYES_TEST={tmp_path}"
    environment = {**os.environ, "MAGBAYES_TEST": str(tmp_path)}
    kills, there, longest = 0, 0, 15.0
    while kills < KILLS_OF_A_STUDY:
        with (tmp_path / "said").open("w") as said:
            process = subprocess.Popen(arguments, cwd=tmp_path, env=environment, stdout=said, stderr=said)
        wait = dice.uniform(0, longest)
        try:
            process.wait(timeout=wait)
        except subprocess.TimeoutExpired:
            kill(process, mark, dice)
            kills, before, there = kills + 1, there, len(numbers(tmp_path))
            print(f"kill {kills} after {wait:.1f} s, {there} datasets are there")
            # Later where nothing came of a run, so that one comes to its end now and then on a machine of any speed.
            longest *= 1.2 if there == before else 1.0
            continue
        print((tmp_path / "said").read_text())
        assert process.returncode == 0
        assert_same(tmp_path, undisturbed)
        print("whole, and equal")
        shutil.rmtree(tmp_path / "results")
    for pid in ours(mark):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    answer = run(tmp_path, "study", "--config", f"study={path}")
    assert answer.returncode == 0, answer.stderr
    assert_same(tmp_path, undisturbed)


@pytest.mark.slow
def test_what_a_killed_run_left_unfinished_hides_nothing_that_is_missing(study_to_change):
    """A run was killed while it made the table, whose job went on to its end: the folder is still to be made."""
    folder, path = study_to_change
    table = next((folder / "results" / "store" / "study").rglob("*.h5")).relative_to(folder)
    mark = folder / ".snakemake" / "incomplete" / base64.b64encode(str(table).encode()).decode()
    mark.touch()
    shutil.rmtree(folder / "results" / "studies")
    arguments = ("study", "--config", f"study={path}")
    # The control: Snakemake's own way makes the table anew, and not the folder.
    own = ("--workflow-profile", "none", "--rerun-triggers", "mtime", "--nolock", "--rerun-incomplete")
    plan = run(folder, "--dry-run", *own, *arguments).stdout
    assert "study_report" in plan
    assert "Folder results" not in plan
    answer = run(folder, *arguments)
    assert answer.returncode == 0, answer.stderr
    assert (folder / "results" / "studies" / "tiny" / "table.h5").exists()


@pytest.mark.slow
def test_a_study_whose_oommf_is_killed_goes_on_and_gives_the_same_bits(needs_oommf, tmp_path):
    settings = {
        "engine": "oommf",
        "smtj": {"damping": 0.5},
        "fluctuation": {"equilibration": 0.2e-9, "duration": 2e-9},
    }
    undisturbed, disturbed = tmp_path / "undisturbed", tmp_path / "disturbed"
    for folder in (undisturbed, disturbed):
        folder.mkdir()
        write_study(folder, settings=settings, parameters={"temperature": [300]}, collect=["smtj/sigma_ratio"])
    answer = run(undisturbed, "study", "--config", "study=study.yaml")
    assert answer.returncode == 0, answer.stderr
    assert "1 of 1 points have results" in answer.stdout + answer.stderr
    mark, dice = f"MAGBAYES_TEST={disturbed}", random.Random(3)
    environment = {**os.environ, "MAGBAYES_TEST": str(disturbed)}
    for _ in range(3):
        arguments = command("--cores", "2", "study", "--config", "study=study.yaml")
        process = subprocess.Popen(arguments, cwd=disturbed, env=environment, stderr=subprocess.PIPE, text=True)
        time.sleep(dice.uniform(8, 25))
        while process.poll() is None:
            running = [pid for pid in ours(mark) if b"boxsi" in Path(f"/proc/{pid}/cmdline").read_bytes()]
            if running:
                os.kill(dice.choice(running), signal.SIGKILL)
                break
        said = process.communicate()[1]
        assert process.returncode != 0
        assert "OOMMF ended with status" in said
    answer = run(disturbed, "study", "--config", "study=study.yaml")
    assert answer.returncode == 0, answer.stderr
    assert numbers(disturbed) == numbers(undisturbed)


WORKER = """
import sys
from pathlib import Path

from magbayes.workflow import store
from magbayes.workflow.tasks import Task

sys.path.append(sys.argv[1])
store.version_of = lambda script: "1"
first = [f"first/{i}" for i in range(12)]
tasks = {name: Task("first", ("numbers_script",), {"seed": i}) for i, name in enumerate(first)}
tasks["sum"] = Task("sum", ("numbers_script",), {"seed": 99}, {"parts": first})
for name in store.Store(tasks).make(["sum"]):
    print(name, flush=True)
"""

SCRIPT = """
import numpy as np
from magbayes.data import container

def main(work):
    total = np.random.default_rng(work.params.seed).normal(size=100_000)
    for path in getattr(work.input, "parts", []):
        total += container.read(path, "numbers", 1)["a"]
    container.write(work.output[0], "numbers", 1, {"a": container.Quantity(total, "1")}, {})
"""


@pytest.mark.slow
def test_a_worker_killed_again_and_again_gives_the_same_bits(tmp_path):
    """The store alone, with a script in place of the simulations; the whole workflow is above."""
    (tmp_path / "numbers_script.py").write_text(SCRIPT, encoding="utf-8")
    worker = [sys.executable, "-c", WORKER, str(tmp_path)]

    def finish(folder):
        folder.mkdir(exist_ok=True)
        subprocess.run(worker, cwd=folder, check=True, capture_output=True)
        return numbers(folder)

    undisturbed = finish(tmp_path / "undisturbed")
    assert len(undisturbed) == 13
    disturbed, dice, kills = tmp_path / "disturbed", random.Random(2), 0
    disturbed.mkdir()
    while kills < KILLS:
        process = subprocess.Popen(worker, cwd=disturbed, stdout=subprocess.PIPE, text=True)
        # From the first file on, so that kills fall into the writing of files and not into imports.
        said = process.stdout.readline()
        time.sleep(dice.uniform(0, 0.05))
        process.kill()
        process.communicate()
        kills += 1
        for path in (disturbed / "results").rglob("*.h5"):
            container.read(path, "numbers", 1)
        if not said or "sum" in said:
            assert finish(disturbed) == undisturbed
            shutil.rmtree(disturbed / "results")
    assert finish(disturbed) == undisturbed


def write(path, size=1000):
    container.write(path, "kind", 1, {"a": Quantity([1.0] * size, "1")}, {})


def test_a_full_disk_leaves_the_old_file(tmp_path):
    path = tmp_path / "file.h5"
    write(path)
    before = path.read_bytes()
    code = (
        "import resource, signal, sys\n"
        "from pathlib import Path\n"
        "from magbayes.data import container\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))\n"
        "container.write(sys.argv[1], 'kind', 1, {'a': container.Quantity([1.0] * 100_000, '1')}, {})\n"
    )
    answer = subprocess.run([sys.executable, "-c", code, str(path)], cwd=ROOT, capture_output=True, text=True)
    assert answer.returncode == 1  # and no crash of HDF5, which keeps what it could not write
    assert answer.stderr.splitlines()[-1].startswith("OSError: [Errno 27] File too large: ")
    assert str(path) in answer.stderr.splitlines()[-1]
    assert answer.stderr.count("Error") == 1
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


class Described:
    """What a job's script sees of Snakemake."""

    threads, rule, input, output, params = 1, "rule", [], [], {}

    def __init__(self, log):
        self.log = [str(log)]


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (OSError(28, "No space left on device", "file.h5"), 1, "No space left on device: 'file.h5'; make room"),
        # As HDF5 words it.
        (OSError("Can't write data (errno = 28, error message = 'No space left on device')"), 1, "make room"),
        (PermissionError(13, "Permission denied", "file.h5"), 1, "Permission denied: 'file.h5'"),
        (RuntimeError("RESOURCE_EXHAUSTED: Out of\nmemory"), 1, "not enough memory: RESOURCE_EXHAUSTED: Out of memory"),
        (KeyboardInterrupt(), 130, "interrupted; the same command goes on"),
    ],
)
def test_an_error_of_the_machine_is_one_line(error, status, said, tmp_path, capsys):
    def fail(_):
        print("progress")
        raise error

    with pytest.raises(SystemExit) as caught:
        job.run(fail, Described(tmp_path / "log"))
    assert caught.value.code == status
    progress, line = (tmp_path / "log").read_text(encoding="utf-8").splitlines()
    assert progress == "progress"
    assert line.startswith("rule: ")
    assert said in line
    assert capsys.readouterr() == ("", f"{line}\n")


def test_an_error_of_ours_keeps_its_traceback(tmp_path):
    def fail(_):
        raise RuntimeError("a mistake")

    with pytest.raises(RuntimeError, match="a mistake"):
        job.run(fail, Described(tmp_path / "log"))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full is Linux's")
def test_an_error_reaches_the_terminal_when_its_log_is_full(capsys):
    def fail(_):
        print("progress")

    with pytest.raises(SystemExit):
        job.run(fail, Described("/dev/full"))
    said = capsys.readouterr().err
    assert said.startswith("rule: [Errno 28] No space left on device; make room")
    assert said.count("\n") == 1


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Files of a configuration whose simulations are the numbers 1, 2, 3 and so on, and whose fit reads them."""
    monkeypatch.chdir(tmp_path)
    made = []
    tasks = tasks_of(validate({}), "native")

    def simulate(work):
        made.append("simulation")
        container.write(work.output[0], "raw", 1, {"a": Quantity(work.params.temperature, "1")}, {})

    def fit(work):
        made.append("fit")
        paths = [path for each in vars(work.input).values() for path in ([each] if isinstance(each, str) else each)]
        total = sum(int(container.read(path, "raw", 1)["a"]) for path in paths)
        container.write(work.output[0], "fit", 1, {"a": Quantity(total, "1")}, {})

    for script in {task.modules[0] for name, task in tasks.items() if name.startswith("micromag/")}:
        monkeypatch.setattr(f"{script}.main", simulate)
    monkeypatch.setattr("magbayes.workflow.scripts.fit_compact_models.main", fit)
    return Store(tasks), made


def test_a_damaged_file_is_named_and_made_anew(files, capsys):
    files, made = files
    list(files.make(["compact_models"]))
    first = container.read(files.path("compact_models"), "fit", 1)["a"]
    count = len(made)
    victim = files.path("micromag/smtj/+0V_300K")
    content = victim.read_bytes()
    victim.write_bytes(content[:-100])
    files.path("compact_models").unlink()
    list(files.make(["compact_models"]))
    assert made[count:] == ["fit", "simulation", "fit"]
    assert f"{victim}: damaged" in capsys.readouterr().err
    assert Path(f"{victim}.damaged").read_bytes() == content[:-100]
    assert container.read(files.path("compact_models"), "fit", 1)["a"] == first


def test_what_is_there_is_not_made_again(files):
    files, made = files
    list(files.make(["compact_models"]))
    count = len(made)
    list(files.make(["compact_models"]))
    assert len(made) == count
    files.path("micromag/dwmtj/rest").unlink()
    files.path("compact_models").unlink()
    list(files.make(["compact_models"]))
    assert len(made) == count + 2


def test_the_damaged_input_of_a_job_is_set_aside_and_others_are_not(tmp_path):
    good, bad = tmp_path / "good.h5", tmp_path / "bad.h5"
    write(good)
    bad.write_bytes(good.read_bytes()[:-10])
    with pytest.raises(FileFormatError) as caught:
        container.read(bad, "kind", 1)
    assert job.set_aside(caught.value, [str(good), str(bad)]) == (str(bad), Path(f"{bad}.damaged"))
    assert good.exists()
    assert not bad.exists()
    assert Path(f"{bad}.damaged").read_bytes() == good.read_bytes()[:-10]
    assert job.set_aside(ValueError("something else"), [str(good)]) is None
    # Another job has met the same file, and made it anew: the good one stays.
    said = job.set_aside(caught.value, [str(good), str(bad)])
    assert said == (str(bad), None)
    write(bad)
    assert job.set_aside(caught.value, [str(good), str(bad)]) == said
    assert bad.exists()
    # A second one that is damaged takes no name that is taken.
    bad.write_bytes(b"")
    with pytest.raises(FileFormatError) as caught:
        container.read(bad, "kind", 1)
    assert str(job.set_aside(caught.value, [str(bad)])) == f"set aside as {bad}.damaged2"
    assert Path(f"{bad}.damaged").read_bytes() == good.read_bytes()[:-10]


def test_a_file_that_cannot_be_opened_ends_a_job_and_stays(tmp_path, monkeypatch, capsys):
    path = tmp_path / "input.h5"
    write(path)
    content = path.read_bytes()

    class Reading(Described):
        input = (str(path),)

    def main(work):
        with monkeypatch.context() as patch:
            patch.setattr(Path, "open", lambda *_: (_ for _ in ()).throw(OSError(24, "Too many open files")))
            container.read(work.input[0], "kind", 1)

    with pytest.raises(SystemExit):
        job.run(main, Reading(tmp_path / "log"))
    assert capsys.readouterr().err.startswith(f"rule: {path}: cannot be opened or read now (too many files are open")
    assert path.read_bytes() == content
    assert sorted(p.name for p in tmp_path.iterdir()) == ["input.h5", "log"]


def test_a_time_that_cannot_be_noted_is_no_reason_to_lose_a_result(tmp_path, monkeypatch):
    monkeypatch.setattr(forecast, "TIMES", tmp_path / "file" / "times.tsv")
    (tmp_path / "file").touch()
    forecast.record("report", [{}], 1.0)
    # Nor is a line that a full disk cut off.
    times = tmp_path / "times.tsv"
    times.write_text("fit\t1\t100\nfit\t1\t100\nfit\t", encoding="utf-8")
    monkeypatch.setattr(forecast, "TIMES", times)
    assert forecast.rates()["fit"] == pytest.approx(100 - forecast.start_up())


@pytest.mark.parametrize("text", ["", "s\n1.5\nnot", "h:m:s\n0:01\n", None])
def test_a_benchmark_that_is_not_whole_is_left_out(text, tmp_path):
    path = tmp_path / "job.tsv"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    assert forecast.seconds_in(path) is None
    path.write_text("s\th:m:s\n1.5\t0:01\n2\t0:02\n", encoding="utf-8")
    assert forecast.seconds_in(path) == 3.5


def test_a_log_that_cannot_be_opened_ends_a_job_in_one_line(tmp_path):
    with pytest.raises(SystemExit, match=r"nowhere/log: cannot be written to \(No such file or directory\)"):
        job.run(lambda _: None, Described(tmp_path / "nowhere" / "log"))


@pytest.mark.slow
def test_one_run_at_a_time_and_none_after_a_kill(tmp_path):
    hold = "from magbayes.workflow import guard; import time, pathlib; "
    hold += f"guard.take(pathlib.Path({str(tmp_path)!r})); print('held', flush=True); time.sleep(600)"
    process = subprocess.Popen([sys.executable, "-c", hold], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline() == "held\n"
        with pytest.raises(guard.FolderInUseError, match="another run"):
            guard.take(tmp_path)
    finally:
        process.kill()
        process.wait()
    begun = tmp_path / "results" / "store" / ".a.h5.1234.part"
    begun.parent.mkdir(parents=True)
    begun.touch()
    os.utime(begun, (time.time() - 2 * guard.ABANDONED,) * 2)
    of_another_run = begun.with_name(".b.h5.5678.part")
    of_another_run.touch()
    of_a_person = tmp_path / "results" / "mine" / ".film.part"
    of_a_person.parent.mkdir()
    of_a_person.touch()
    guard.take(tmp_path)
    assert not begun.exists()
    assert of_another_run.exists()
    assert of_a_person.exists()


@pytest.mark.parametrize("name", ["", ".snakemake", "results", "logs"])
def test_a_folder_that_cannot_be_written_to_is_refused(name, tmp_path, monkeypatch):
    (tmp_path / name).mkdir(exist_ok=True)
    guard.require_writable(tmp_path)
    # No mode of a folder stops root, as whom tests may run.
    monkeypatch.setattr(os, "access", lambda path, mode: path != tmp_path / name)
    with pytest.raises(guard.NotWritableError, match=rf"{tmp_path / name} cannot be written to; .*--directory"):
        guard.require_writable(tmp_path)


def test_a_full_disk_is_refused_before_the_first_job(tmp_path, monkeypatch):
    guard.require_space(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=300_000))
        with pytest.raises(guard.NotWritableError, match=r"0\.3 MB left on its disk; make room there, 1 MB at least"):
            guard.require_space(tmp_path)
    monkeypatch.setattr("tempfile.TemporaryFile", lambda **_: Path("/dev/full").open("wb", buffering=0))  # noqa: SIM115
    with pytest.raises(guard.NotWritableError, match=r"cannot be written to \(No space left on device\); make room"):
        guard.require_space(tmp_path)


@pytest.mark.slow
def test_a_folder_that_must_not_be_written_to_is_named(finished_study, tmp_path):
    path, results = write_study(tmp_path), tmp_path / "results"
    if os.geteuid() == 0:  # whom no mode of a folder stops
        results.write_text("in the way of a folder", encoding="utf-8")
    else:
        results.mkdir(mode=0o555)
    answer = run(tmp_path, "study", "--config", f"study={path}")
    assert answer.returncode != 0
    assert "results" in answer.stderr
    results.unlink() if results.is_file() else results.rmdir()
    answer = run(tmp_path, "study", "--config", f"study={path}")
    assert answer.returncode == 0, answer.stderr
    assert_same(tmp_path, finished_study[0])


@pytest.mark.slow
@pytest.mark.skipif(resource.getrlimit(resource.RLIMIT_FSIZE)[0] != resource.RLIM_INFINITY, reason="files are limited")
def test_a_full_disk_in_a_study(finished_study, tmp_path):
    path = write_study(tmp_path)

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, resource.RLIM_INFINITY))

    arguments = command("--cores", "2", "study", "--config", f"study={path}")
    answer = subprocess.run(arguments, cwd=tmp_path, capture_output=True, text=True, timeout=600, preexec_fn=limit)
    assert answer.returncode != 0
    assert "Traceback" not in answer.stdout + answer.stderr
    assert not list((tmp_path / "results").rglob("*.part"))
    answer = run(tmp_path, "study", "--config", f"study={path}")
    assert answer.returncode == 0, answer.stderr
    assert_same(tmp_path, finished_study[0])


@pytest.mark.slow
def test_a_forced_job_that_fails_leaves_the_file_that_was_there(study_to_change):
    folder, path = study_to_change
    table = (folder / "results" / "studies" / "tiny" / "table.h5").resolve()
    batch = next((folder / "results" / "store" / "points").rglob("*.h5"))
    before, content = table.read_bytes(), batch.read_bytes()
    figures = folder / "results" / "studies" / "tiny" / "figures"
    (figures / "mine.svg").write_text("a person's", encoding="utf-8")
    drawn = {path.name: path.read_bytes() for path in figures.iterdir()}
    assert len(drawn) > 2
    batch.write_bytes(content[:-100])
    arguments = ("--config", f"study={path}")
    answer = run(folder, "--forcerun", "study_report", *arguments)
    assert answer.returncode != 0
    assert f"set aside as {batch.relative_to(folder)}.damaged" in answer.stderr
    assert "no backup found" not in answer.stderr
    assert Path(f"{batch}.damaged").read_bytes() == content[:-100]
    assert table.read_bytes() == before
    assert {path.name: path.read_bytes() for path in figures.iterdir()} == drawn
    answer = run(folder, "--forcerun", "study_report", *arguments)
    assert answer.returncode == 0, answer.stderr
    assert batch.exists()
    # The table is made again from all that is there, and a figure beside the others.
    table.unlink()
    (figures / "against.svg").unlink()
    answer = run(folder, *arguments)
    assert answer.returncode == 0, answer.stderr
    assert drawn.items() <= {path.name: path.read_bytes() for path in figures.iterdir()}.items()
