"""Compact models survive their file; a damaged file gets one line."""

from dataclasses import replace
from pathlib import Path

import h5py
import jax
import numpy as np
import pytest

from magbayes.compact_models import CompactModels, load, save, store
from magbayes.compact_models.fit import fit, fit_domain_wall_mtj, fit_stochastic_mtj
from magbayes.data.container import FileFormatError, provenance
from magbayes.micromag import raw
from tests.damage import unseal

FROZEN = Path(__file__).parent / "frozen"


@pytest.fixture(scope="module")
def models(fluctuation, pulses, rest, varied, held):
    widths = ((-1.0, 0.1), (0.0, 0.2), (1.0, 0.3))
    stochastic = {
        t: fit_stochastic_mtj(
            [fluctuation(v, lambda z, w=w, t=t: w * (t / 300) ** 0.5 * z) for v, w in widths], varied, seed=1
        )[0]
        for t in (270.0, 300.0, 330.0)
    }
    return CompactModels(stochastic, fit_domain_wall_mtj(pulses, rest, varied, held), 300.0, provenance=provenance({}))


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
    models = load(FROZEN / "version11.h5")
    assert list(models.stochastic) == [270, 300, 330]
    assert models.smtj.voltage.tolist() == [-1, 0, 1]
    assert models.smtj.frequency_shift == pytest.approx(np.full(3, -4.772340e8), rel=1e-6)
    assert models.smtj.conductance_sigma == pytest.approx([3.41096877e-06, 6.82193754e-06, 1.02329063e-05])
    assert models.dwmtj.peak_temperature[0] == pytest.approx([340, 357.6])
    assert models.dwmtj.moved[0].tolist() == [[320, 80, 0], [40, 320, 40]]


def test_a_file_of_the_version_before_is_refused():
    with pytest.raises(
        FileFormatError, match=r"version10\.h5: magbayes compact models version 10; this package reads 11"
    ):
        load(FROZEN / "version10.h5")


def test_files_of_the_former_name_are_refused_by_name():
    with pytest.raises(
        FileFormatError, match=r"version5\.h5: 'spinbayes compact models' is of spinbayes, as this package"
    ):
        load(FROZEN / "version5.h5")


def test_another_version_is_refused(path):
    unseal(path)
    with h5py.File(path, "a") as file:
        file.attrs["version"] = 12
    with pytest.raises(FileFormatError, match=r"models\.h5: magbayes compact models version 12; this package reads 11"):
        load(path)


def test_fit_from_files(tmp_path, fluctuation, pulses, rest, varied, held):
    files = []
    for i, ensemble in enumerate(
        [fluctuation(-1.0, lambda z: 0.1 * z), fluctuation(0.0, lambda z: 0.2 * z), *pulses, rest]
    ):
        files.append(tmp_path / f"{i}.h5")
        raw.write(files[-1], ensemble)
    differ = [tmp_path / "disks.h5", tmp_path / "tracks.h5"]
    for path, device_type in zip(differ, raw.VARIATION, strict=True):
        raw.write_variation(path, device_type, varied, provenance({}))
    barriers = tmp_path / "retention.h5"
    along = {"coordinate": np.zeros((2, 5)), "path_energy": np.zeros((2, 5))}
    raw.write_retention(barriers, held | along, provenance({}))
    fitted = fit(files[:2], files[2:4], files[4], barriers, *differ, provenance({}), seed=1)
    assert fitted.dwmtj.retention(300.0).value == pytest.approx(np.exp(40) / 2e11)
    assert fitted.smtj.voltage.tolist() == [-1, 0]
    assert fitted.dwmtj.moved.sum() == 800
    assert fitted.provenance["engine"] == {"engine": "none"}
    assert fitted.provenance["seed"] == 1


def edited(path, name, change):
    """Edit a dataset in place, as a person does who knows what he does."""
    unseal(path)
    with h5py.File(path, "a") as file:
        values = file[name][()]
        file[name][...] = change(values)


def at(place, value):
    """A change of one entry."""

    def change(values):
        values = np.array(values)
        values[place] = value
        return values

    return change


WRONG = {
    "falling voltage": ("smtj/voltage", at((0, 1), -1.5), r"'smtj/voltage' holds -1\.5 after -1; expected rising"),
    "repeated voltage": ("smtj/voltage", at((1, 2), 0.0), r"'smtj/voltage' holds 0 after 0; expected rising"),
    "negative mean": ("smtj/conductance_mean", at((0, 0), -1e-5), r"'smtj/conductance_mean' holds -1e-05; expected"),
    "no sigma": (
        "smtj/conductance_sigma",
        at((0, 0), 0.0),
        r"'smtj/conductance_sigma' holds 0; expected numbers above 0",
    ),
    "sigma below 0": ("smtj/resampled_sigma", at((0, 3, 0), -1e-6), r"'smtj/resampled_sigma' holds -1e-06"),
    "interval upside down": ("smtj/sigma_low", at((0, 0), 1e-4), r"'smtj/sigma_low' holds 0\.0001; expected at most"),
    "rising shift": (
        "smtj/frequency_shift",
        at((0, 0), 1e8),
        r"'smtj/frequency_shift' holds 1e\+08; expected 0 or less",
    ),
    "no decay": ("smtj/decay_time", at((2, 1), -1e-9), r"'smtj/decay_time' holds -1e-09; expected numbers above 0"),
    "probability": (
        "smtj/gaussian_p_value",
        at((0, 0), 1.5),
        r"'smtj/gaussian_p_value' holds 1\.5; expected numbers from",
    ),
    "quantiles fall": (
        "smtj/quantiles",
        at((0, 0, 0, 3), 9.0),
        r"'smtj/quantiles' holds .* expected numbers that do not fall",
    ),
    "other scores": ("smtj/scores", at(0, -4.0), r"'smtj/scores' holds other normal scores"),
    "temperatures": ("smtj/temperature", at(1, 200.0), r"'smtj/temperature' holds 200 after 270; expected rising"),
    "negative level": ("dwmtj/level_mean", at(0, -1e-5), r"'dwmtj/level_mean' holds -1e-05; expected numbers above 0"),
    "falling level": ("dwmtj/level_mean", at(1, 1e-6), r"'dwmtj/level_mean' holds 1e-06 after .*; expected rising"),
    "jitter": ("dwmtj/level_std", at(0, -1e-9), r"'dwmtj/level_std' holds -1e-09; expected 0 or more"),
    "averages": (
        "dwmtj/level_variance_function",
        at((0, 1), -0.1),
        r"'dwmtj/level_variance_function' holds -0.1; expected 0 or more",
    ),
    "currents": ("dwmtj/current_density", at(0, 7e11), r"'dwmtj/current_density' holds 6e\+11 after 7e\+11"),
    "counts": ("dwmtj/moved", at((0, 0, 1), -1), r"'dwmtj/moved' holds -1; expected whole numbers"),
    "no pulses": ("dwmtj/moved", at((0, 1), 0), r"'dwmtj/moved' has no pulse at \[0, 1\]"),
    "moves": ("dwmtj/moves", at(2, 3), r"'dwmtj/moves' holds \[0 1 3\]; expected whole numbers one by one"),
    "escapes": ("dwmtj/rest_escapes", at(0, 99), r"'dwmtj/rest_escapes' holds 99; expected at most 16"),
    "resistance": ("dwmtj/metal_resistance", lambda _: -1.0, r"'dwmtj/metal_resistance' holds -1; expected"),
    "replicas": ("dwmtj/rest_replicas", lambda _: -1, r"'dwmtj/rest_replicas' holds -1; expected"),
}


@pytest.mark.parametrize("case", WRONG)
def test_numbers_that_mean_nothing_are_refused_with_dataset_and_value(path, case):
    name, change, message = WRONG[case]
    edited(path, name, change)
    with pytest.raises(FileFormatError, match=rf"models\.h5: dataset {message}") as caught:
        load(path)
    assert "\n" not in str(caught.value)


def changed(models, name, change):
    """Models in whose memory one dataset is another."""
    group, field = name.split("/")
    if group == "dwmtj":
        return replace(models, dwmtj=replace(models.dwmtj, **{field: change(getattr(models.dwmtj, field))}))
    stacked = change(np.stack([getattr(model, field) for model in models.stochastic.values()]))
    pairs = zip(models.stochastic.items(), stacked, strict=True)
    return replace(models, stochastic={t: replace(model, **{field: value}) for (t, model), value in pairs})


@pytest.mark.parametrize("case", [case for case in WRONG if case not in ("other scores", "temperatures", "no sigma")])
def test_what_would_not_be_read_is_not_written(tmp_path, models, case):
    name, change, message = WRONG[case]
    with pytest.raises(ValueError, match=rf"new\.h5: dataset {message}.*; nothing was written"):
        save(tmp_path / "new.h5", changed(models, name, change))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_sigma_that_is_not_finite_is_not_written(tmp_path, models, value):
    smtj = replace(models.smtj, sigma_high=at(0, value)(models.smtj.sigma_high))
    with pytest.raises(ValueError, match=rf"'smtj/sigma_high' holds {value}; expected finite numbers"):
        save(tmp_path / "new.h5", replace(models, stochastic={**models.stochastic, 300.0: smtj}))


def test_temperatures_that_do_not_rise_or_differ_in_shape_are_not_written(tmp_path, models):
    backwards = dict(reversed(models.stochastic.items()))
    with pytest.raises(ValueError, match=r"'smtj/temperature' holds 300 after 330; expected rising"):
        save(tmp_path / "new.h5", replace(models, stochastic=backwards))
    short = replace(models.smtj, integrated_time=models.smtj.integrated_time[:2])
    with pytest.raises(ValueError, match=r"'smtj/integrated_time': \(2,\) and \(3,\) as shapes over temperature"):
        save(tmp_path / "new.h5", replace(models, stochastic={**models.stochastic, 300.0: short}))
    with pytest.raises(ValueError, match="none as shapes over temperature"):
        save(tmp_path / "new.h5", replace(models, stochastic={}))


def test_another_unit_is_refused(path):
    unseal(path)
    with h5py.File(path, "a") as file:
        file["smtj/conductance_sigma"].attrs["unit"] = "µS"
    with pytest.raises(FileFormatError, match="dataset 'smtj/conductance_sigma' is in 'µS'; expected 'S'"):
        load(path)


def test_provenance_of_models_that_were_changed_says_so(tmp_path, path):
    fitted = load(path)
    assert "derived_from" not in fitted.provenance
    save(tmp_path / "same.h5", fitted)
    assert load(tmp_path / "same.h5").provenance == fitted.provenance  # the control
    own = replace(fitted, dwmtj=replace(fitted.dwmtj, level_std=2 * fitted.dwmtj.level_std))
    for case, models in {
        "own": own,
        "warm": fitted.at_temperature(310.0),
        "draw": fitted.draw(jax.random.key(1)),
    }.items():
        save(tmp_path / f"{case}.h5", models)
        found = load(tmp_path / f"{case}.h5")
        assert found.provenance["derived_from"] == fitted.provenance
        assert "configuration" not in found.provenance
        assert found.provenance["package"] == fitted.provenance["package"]
        assert any("not as they were fitted" in line for line in found.warnings())


def test_provenance_of_a_file_that_was_edited_says_so(tmp_path, path):
    before = load(path).provenance
    edited(path, "dwmtj/level_std", lambda values: 2 * values)
    found = load(path)
    assert found.provenance["derived_from"] == before
    assert found.provenance["git_commit"] == "unknown"
    save(tmp_path / "again.h5", found)
    assert load(tmp_path / "again.h5").provenance == found.provenance


def test_models_know_the_numbers_that_they_were_fitted_to(tmp_path, models):
    """Changed before they are written for the first time, as `magbayes.compact_models.fit.fit` gives them."""
    known = store.signed(replace(models, provenance={**models.provenance, "engine": {"engine": "none"}}))
    own = replace(known, dwmtj=replace(known.dwmtj, level_std=2 * known.dwmtj.level_std))
    save(tmp_path / "own.h5", own)
    assert "engine" not in load(tmp_path / "own.h5").provenance


def test_doubts_of_every_temperature_are_told(models):
    assert models.warnings() == []
    late = replace(models.stochastic[330.0], drift_p_value=np.array([1.0, 1e-9, 1.0]))
    (warning,) = replace(models, stochastic={**models.stochastic, 330.0: late}).warnings()
    assert warning.startswith("at 330 K: not in equilibrium at 0 V")
