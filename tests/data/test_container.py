"""The container: whole or absent, and one clear line for a file that is not what was asked for."""

import h5py
import numpy as np
import pytest

from magbayes.data import container
from magbayes.data.container import FileFormatError, Quantity
from tests.damage import unseal

DATA = {"a/b": Quantity(np.arange(3.0), "m", "a length"), "c": Quantity(2, "1")}


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "file.h5"
    container.write(path, "kind", 1, DATA, container.provenance({"key": 1.0}))
    return path


def test_round_trip(path):
    contents = container.read(path, "kind", 1, {"a/b": 1, "c": 0})
    assert contents["a/b"].tolist() == [0, 1, 2]
    assert contents.units == {"a/b": "m", "c": "1"}
    assert contents.provenance["configuration"] == {"key": 1.0}
    assert {"package", "git_commit", "configuration_sha256", "time"} <= set(contents.provenance)


def damage_truncate(path):
    path.write_bytes(path.read_bytes()[:-200])


def damage_foreign(path):
    path.write_text("no HDF5 at all")


def damage_other(path):
    with h5py.File(path, "w") as file:
        file["x"] = 1


def damage_flipped_bit(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
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
        (damage_other, "format is None; expected 'kind'"),
        (damage_nan, "'a/b' holds numbers that are not finite"),
        (damage_missing, "'c' is missing"),
        (damage_newer, "version 2; this package reads 1"),
        (damage_absent, "no such file"),
    ],
)
def test_a_wrong_file_gets_one_line_with_its_name(path, damage, message):
    damage(path)
    with pytest.raises(FileFormatError) as caught:
        container.read(path, "kind", 1, {"a/b": 1, "c": 0})
    assert message in str(caught.value)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_failed_write_leaves_the_old_file_and_nothing_else(path):
    before = path.read_bytes()
    with pytest.raises(ValueError, match="a/b holds numbers that are not finite"):
        container.write(path, "kind", 1, {"a/b": Quantity(np.array([np.inf]), "m")}, {})
    with pytest.raises(TypeError):
        container.write(path, "kind", 1, {"a/b": Quantity(object(), "m")}, {})
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_another_unit_is_refused(path):
    contents = container.read(path, "kind", 1)
    container.check_units(path, contents, {"a/b": "m", "c": "1", "absent": "s"})
    with pytest.raises(FileFormatError, match=r"file\.h5: dataset 'a/b' is in 'm'; expected 'nm'"):
        container.check_units(path, contents, {"a/b": "nm"})
