"""The container: whole or absent, and one clear line for a file that is not what was asked for."""

import contextlib
import errno
import os
import resource
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

from magbayes.data import container
from magbayes.data.access import FileAccessError
from magbayes.data.container import DamagedFileError, FileFormatError, Form, Quantity
from tests.damage import as_folder, foreign, unseal

DATA = {"a/b": Quantity(np.arange(3.0), "m", "a length"), "c": Quantity(2, "1")}
FORMS = {"a/b": Form("m", ("lengths",)), "c": Form("1", ())}


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "file.h5"
    container.write(path, "kind", 1, DATA, container.provenance({"key": 1.0}))
    return path


def test_round_trip(path):
    contents = container.read(path, "kind", 1, FORMS)
    assert contents["a/b"].tolist() == [0, 1, 2]
    assert contents.units == {"a/b": "m", "c": "1"}
    assert contents.provenance["configuration"] == {"key": 1.0}
    assert {"package", "git_commit", "configuration_sha256", "time"} <= set(contents.provenance)


def damage_truncate(path):
    path.write_bytes(path.read_bytes()[:-200])


def damage_foreign(path):
    path.write_text("no HDF5 at all")


def damage_head(path):
    path.write_bytes(b"\xff" * 600 + path.read_bytes()[600:])


def damage_empty(path):
    path.write_bytes(b"")


def damage_flipped_bit(path):
    content = bytearray(path.read_bytes())
    content[content.index(np.float64(2.0).tobytes())] ^= 1
    path.write_bytes(content)


def damage_nan(path):
    unseal(path)
    with h5py.File(path, "a") as file:
        file["a/b"][1] = np.nan


def damage_missing(path):
    unseal(path)
    with h5py.File(path, "a") as file:
        del file["c"]


def damage_newer(path):
    unseal(path)
    with h5py.File(path, "a") as file:
        file.attrs["version"] = 2


def damage_absent(path):
    path.unlink()


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (damage_truncate, "damaged"),
        (damage_flipped_bit, "its hash is not the one it was written with"),
        (damage_foreign, "not an HDF5 file"),
        (foreign, "format is None; expected 'kind'"),
        (damage_nan, "'a/b' holds numbers that are not finite"),
        (damage_missing, "'c' is missing"),
        (damage_newer, "version 2; this package reads 1"),
        (damage_absent, "no such file"),
        (damage_head, "not an HDF5 file"),
        (damage_empty, "not an HDF5 file"),
        (as_folder, "a folder; expected a kind file"),
    ],
)
def test_a_wrong_file_gets_one_line_with_its_name(path, damage, message):
    damage(path)
    with pytest.raises(FileFormatError) as caught:
        container.read(path, "kind", 1, FORMS)
    assert message in str(caught.value)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def digest_of(path):
    return path.read_bytes(), path.stat().st_ino


def hold(path, mode):
    """A process that holds a file open as HDF5 and says so."""
    code = f"import h5py, sys; f = h5py.File(sys.argv[1], {mode!r}); print('held', flush=True); sys.stdin.read()"
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "held\n"
    return process


@pytest.mark.parametrize("mode", ["r", "r+"])
def test_a_whole_file_that_another_program_holds_open_is_read(path, mode):
    process = hold(path, mode)
    try:
        if mode == "r+":  # the control: HDF5 itself refuses it
            with pytest.raises(BlockingIOError):
                h5py.File(path, "r")
        assert container.read(path, "kind", 1)["a/b"].tolist() == [0, 1, 2]
    finally:
        process.communicate()


def test_a_file_without_a_hash_that_another_program_writes_is_no_damage(path):
    unseal(path)
    process = hold(path, "r+")
    try:
        with pytest.raises(FileAccessError, match=r"file\.h5: cannot be opened .*another program holds it open"):
            container.read(path, "kind", 1)
    finally:
        process.communicate()
    assert container.read(path, "kind", 1)["a/b"].tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.EACCES, "permission denied"),
        (errno.EMFILE, "too many files are open"),
        (errno.EIO, "Input/output error"),
        (errno.ESTALE, "Stale file handle"),
    ],
)
@pytest.mark.parametrize("place", ["path", "h5py"])
def test_what_cannot_be_opened_is_no_damage(path, place, number, said, monkeypatch):
    before = digest_of(path)

    def fail(*_, **__):
        raise OSError(number, os.strerror(number)) if place == "path" else OSError(f"Can't read (errno = {number}, x)")

    monkeypatch.setattr(*((Path, "open") if place == "path" else (h5py, "File")), fail)
    with pytest.raises(FileAccessError) as caught:
        container.read(path, "kind", 1)
    monkeypatch.undo()
    assert str(caught.value).startswith(f"{path}: cannot be opened or read now ({said}")
    assert "\n" not in str(caught.value)
    assert digest_of(path) == before


def test_no_more_files_can_be_opened(path):
    """The real thing: all numbers of open files are taken."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    taken = []
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 256), hard))
    try:
        with contextlib.suppress(OSError):
            while True:
                taken.append(os.open(os.devnull, os.O_RDONLY))
        with pytest.raises(FileAccessError, match="too many files are open"):
            container.read(path, "kind", 1)
    finally:
        for handle in taken:
            os.close(handle)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert container.read(path, "kind", 1)["c"] == 2


def test_what_a_viewer_adds_is_no_damage(path):
    before = container.read(path, "kind", 1)
    with h5py.File(path, "r+") as file:
        file.attrs["seen_by"] = "a viewer"
        file["a/b"].attrs["colour"] = "red"
        file["a/notes"] = "what a person thinks of it"
        file["a/other"] = np.array([np.nan])
    found = container.read(path, "kind", 1)
    assert found.units == before.units
    assert found.data.keys() == before.data.keys()
    assert found["a/b"].tolist() == [0, 1, 2]
    # The control: a number that was changed is damage.
    with h5py.File(path, "r+") as file:
        file["a/b"][1] = 7.0
    with pytest.raises(DamagedFileError, match="its hash is not the one it was written with"):
        container.read(path, "kind", 1)


@pytest.mark.parametrize(
    "change",
    [
        lambda file: file["a/b"].attrs.modify("unit", "km"),
        lambda file: file["a/b"].attrs.modify("description", "another length"),
        lambda file: file.attrs.modify("provenance", "{}"),
        lambda file: file.move("a/b", "a/d"),
        lambda file: file.__delitem__("c"),
        lambda file: file.attrs.__delitem__("checksums"),
    ],
)
def test_what_is_changed_of_a_sealed_file_is_damage(path, change):
    with h5py.File(path, "r+") as file:
        change(file)
    with pytest.raises(DamagedFileError):
        container.read(path, "kind", 1)


def test_what_is_moved_aside_takes_no_name_that_is_taken(path):
    content = path.read_bytes()
    for name in ("file.h5.damaged", "file.h5.damaged2", "file.h5.damaged3"):
        path.write_bytes(content)
        assert container.move_aside(path, "damaged") == path.with_name(name)
    assert [p.name for p in sorted(path.parent.iterdir())] == [
        "file.h5.damaged",
        "file.h5.damaged2",
        "file.h5.damaged3",
    ]


def test_a_failed_write_leaves_the_old_file_and_nothing_else(path):
    before = path.read_bytes()
    with pytest.raises(ValueError, match="a/b holds numbers that are not finite"):
        container.write(path, "kind", 1, {"a/b": Quantity(np.array([np.inf]), "m")}, {})
    with pytest.raises(TypeError):
        container.write(path, "kind", 1, {"a/b": Quantity(object(), "m")}, {})
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize(
    ("forms", "optional", "said"),
    [
        ({"a/b": Form("m", ("lengths",)), "c": Form("1", ())}, {}, None),
        ({"a/b": Form("m", ("3",))}, {"c": Form("1", ())}, None),
        ({"a/b": Form("m", ("*",))}, {"a/*": Form("m"), "absent": Form("s"), "d/*": Form("s")}, None),
        ({"a/d": Form("m")}, {}, "dataset 'a/d' is missing"),
        ({"a/b": Form("s")}, {}, "dataset 'a/b' is in 'm'; expected 's'"),
        ({}, {"a/*": Form("s")}, "dataset 'a/b' is in 'm'; expected 's'"),
        ({"a/b": Form("m", text=True)}, {}, "dataset 'a/b' must hold text"),
        ({"t": Form("1", ("parts",))}, {}, "dataset 't' must hold real numbers"),
        ({"a/b": Form("m", ())}, {}, r"dataset 'a/b' has shape \(3\); expected \(\)"),
        ({"a/b": Form("m", ("4",))}, {}, r"dataset 'a/b' has shape \(3\); expected \(4\)"),
        ({"a/b": Form("m", ("*", "*"))}, {}, r"dataset 'a/b' has shape \(3\); expected \(\*, \*\)"),
        ({"c": Form("1", ("numbers",))}, {}, r"dataset 'c' has shape \(\); expected \(numbers\)"),
        ({"t": Form("1", ("n",), text=True), "a/b": Form("m", ("n",))}, {}, r"'a/b' has shape \(3\); expected \(2\)"),
        ({"a/b": Form("m", ("n",))}, {"t": Form("1", ("n",), text=True)}, r"'t' has shape \(2\); expected \(3\)"),
    ],
)
def test_what_a_reader_relies_on_is_compared(path, forms, optional, said):
    container.write(path, "kind", 1, DATA | {"t": Quantity(["one", "two"], "1")}, {})
    if said is None:
        assert container.read(path, "kind", 1, forms, optional)["a/b"].tolist() == [0, 1, 2]
        return
    with pytest.raises(FileFormatError, match=rf"file\.h5: .*{said}$"):
        container.read(path, "kind", 1, forms, optional)
