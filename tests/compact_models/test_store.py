"""Compact models survive their file; a damaged file gets one line."""

from pathlib import Path

import h5py
import jax
import numpy as np
import pytest

from magbayes.compact_models import CompactModels, load, save
from magbayes.compact_models.fit import fit, fit_domain_wall_mtj, fit_stochastic_mtj
from magbayes.data.container import FileFormatError, provenance
from magbayes.micromag import raw
from tests.damage import unseal

FROZEN = Path(__file__).parent / "frozen"


@pytest.fixture(scope="module")
def models(fluctuation, pulses, rest, varied):
    widths = ((-1.0, 0.1), (0.0, 0.2), (1.0, 0.3))
    stochastic = {
        t: fit_stochastic_mtj(
            [fluctuation(v, lambda z, w=w, t=t: w * (t / 300) ** 0.5 * z) for v, w in widths], varied, seed=1
        )[0]
        for t in (270.0, 300.0, 330.0)
    }
    return CompactModels(stochastic, fit_domain_wall_mtj(pulses, rest, varied), 300.0, provenance=provenance({}))


@pytest.fixture
def path(tmp_path, models):
    save(tmp_path / "models.h5", models)
    return tmp_path / "models.h5"


def test_round_trip(models, path):
    found = load(path)
    assert found.temperature == 300.0
    assert list(found.stochastic) == [270, 300, 330]
    pairs = [(models.stochastic[t], found.stochastic[t]) for t in found.stochastic]
    for before, after in [*pairs, (models.dwmtj, found.dwmtj)]:
        for name in type(before).__dataclass_fields__:
            assert np.array_equal(getattr(before, name), getattr(after, name)), name


def test_between_characterised_temperatures(models):
    """Sigma goes with the root of the temperature here, which three points 30 K apart follow to 1e-4."""
    warmer = models.at_temperature(285.0)
    assert warmer.smtj.conductance_sigma == pytest.approx(models.smtj.conductance_sigma * (285 / 300) ** 0.5, rel=1e-4)
    assert warmer.smtj.sigma_low[0] < warmer.smtj.conductance_sigma[0] < warmer.smtj.sigma_high[0]
    assert models.at_temperature(330.0).smtj is models.stochastic[330.0]
    assert warmer.draw(jax.random.key(0)).smtj.conductance_sigma == pytest.approx(
        warmer.smtj.conductance_sigma, rel=0.2
    )
    for outside in (269.0, 331.0, float("nan")):
        with pytest.raises(ValueError, match="accepted: 270 to 330 K"):
            models.at_temperature(outside)


def test_plain_h5py_reads_it(path):
    with h5py.File(path) as file:
        sigma = file["smtj/conductance_sigma"]
        assert sigma.attrs["unit"] == "S"
        assert sigma.attrs["description"].startswith("standard deviation")
        assert sigma.shape == file["smtj/voltage"].shape == (3, 3)


def test_missing_and_truncated(path):
    unseal(path)
    with h5py.File(path, "a") as file:
        del file["smtj/conductance_sigma"]
    with pytest.raises(FileFormatError, match="'smtj/conductance_sigma' is missing"):
        load(path)
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(FileFormatError, match=r"models\.h5"):
        load(path)


def test_shapes_that_do_not_fit_each_other(path):
    unseal(path)
    with h5py.File(path, "a") as file:
        short = file["smtj/sigma_low"][:, :-1]
        unit = dict(file["smtj/sigma_low"].attrs)
        del file["smtj/sigma_low"]
        file["smtj/sigma_low"] = short
        file["smtj/sigma_low"].attrs.update(unit)
    with pytest.raises(
        FileFormatError, match=r"models\.h5: dataset 'smtj/sigma_low' has length 2 along 'V'; expected 3"
    ):
        load(path)


def test_a_temperature_that_was_not_characterised(path):
    unseal(path)
    with h5py.File(path, "a") as file:
        file["temperature"][...] = 400.0
    with pytest.raises(FileFormatError, match=r"models\.h5: temperature 400 K lies outside"):
        load(path)


def test_frozen_sample_of_this_version():
    """Written once by the release that introduced the version; every later one reads the same numbers in it."""
    models = load(FROZEN / "version6.h5")
    assert list(models.stochastic) == [270, 300, 330]
    assert models.smtj.voltage.tolist() == [-1, 0, 1]
    assert models.smtj.frequency_shift == pytest.approx(np.full(3, -4.772340e8), rel=1e-6)
    assert models.smtj.conductance_sigma == pytest.approx([3.41096877e-06, 6.82193754e-06, 1.02329063e-05])
    assert models.dwmtj.transitions[0, :, 1].tolist() == [[0, 0, 80, 20, 0, 0], [0, 0, 10, 80, 10, 0]]


def test_files_of_the_former_name_are_refused_by_name():
    with pytest.raises(
        FileFormatError, match=r"version5\.h5: 'spinbayes compact models' is of spinbayes, as this package"
    ):
        load(FROZEN / "version5.h5")


def test_another_version_is_refused(path):
    unseal(path)
    with h5py.File(path, "a") as file:
        file.attrs["version"] = 7
    with pytest.raises(FileFormatError, match=r"models\.h5: magbayes compact models version 7; this package reads 6"):
        load(path)


def test_fit_from_files(tmp_path, fluctuation, pulses, rest, varied):
    files = []
    for i, ensemble in enumerate(
        [fluctuation(-1.0, lambda z: 0.1 * z), fluctuation(0.0, lambda z: 0.2 * z), *pulses, rest]
    ):
        files.append(tmp_path / f"{i}.h5")
        raw.write(files[-1], ensemble)
    differ = [tmp_path / "disks.h5", tmp_path / "tracks.h5"]
    for path, device_type in zip(differ, raw.VARIATION, strict=True):
        raw.write_variation(path, device_type, varied, provenance({}))
    fitted = fit(files[:2], files[2:4], files[4], *differ, provenance({}), seed=1)
    assert fitted.smtj.voltage.tolist() == [-1, 0]
    assert fitted.dwmtj.transitions.sum() == 800
    assert fitted.provenance["engine"] == {"engine": "none"}
    assert fitted.provenance["seed"] == 1
