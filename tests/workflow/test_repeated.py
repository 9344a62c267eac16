"""Studies whose points repeat one experiment have a mean with its interval; others have not."""

import numpy as np
import pytest
from scipy.stats import t as student

from magbayes.data.estimate import Estimate
from magbayes.system.datasets import DataSettings, load_dataset
from magbayes.system.metrics.pooling import over_folds
from magbayes.workflow.configuration import ConfigurationError
from magbayes.workflow.report import summary
from magbayes.workflow.report.study import StudyResults, read_results, write_table
from magbayes.workflow.report.tables import study as tables
from magbayes.workflow.studies import points as batches
from magbayes.workflow.studies.points import KIND, VERSION, Point
from magbayes.workflow.studies.study import Study, read_study
from tests.workflow.conftest import write_study

VALUES = np.array([0.1, 0.2, 0.6])
FOLD, OTHER = (f"networks.{network}.data.fold.number" for network in ("digits", "diabetes"))
BASE = {"networks": {"digits": {"data": {"source": "digits", "fold": {"number": 0, "of": 3}}}}}


def results(key, failures=("", "", ""), base=None, pairing=()):
    study = Study(study="mine", parameters={key: [0, 1, 2]}, collect=("digits/nll",))
    collected = {"digits/nll": np.stack([VALUES, VALUES - 0.01, VALUES + 0.02], axis=1)}
    points = [{key: value} for value in range(3)]
    return StudyResults(study, points, collected, list(failures), [""] * 3, pairing=pairing, base=base or {})


@pytest.mark.parametrize("key", ["seed", FOLD])
def test_repeated_points_have_mean_and_spread(key):
    table = tables.means(results(key).pooled)
    _, mean, spread, error, points = (cell.text for cell in table.rows[0])
    assert float(mean.split(" (")[0]) == pytest.approx(VALUES.mean(), rel=1e-2)
    assert float(spread) == pytest.approx(VALUES.std(ddof=1), rel=1e-2)
    assert float(error) == pytest.approx(VALUES.std(ddof=1) / np.sqrt(3), rel=1e-2)
    assert points == "3"


def test_points_that_differ_otherwise_have_none():
    assert results("smtj.diameter").pooled == {}
    # Nor do too few.
    assert results("seed", ("", "", "failed")).pooled == {}


def test_an_interval_over_seeds_has_that_of_each_beside_their_spread():
    (whole,) = results("seed").pooled.values()
    half = student.ppf(0.975, 2) * VALUES.std(ddof=1) / np.sqrt(3)
    expected = VALUES.mean(), VALUES.mean() - np.hypot(half, 0.01), VALUES.mean() + np.hypot(half, 0.02)
    assert whole.estimate == pytest.approx(expected)


def test_an_interval_over_folds_has_their_spread_with_the_rows_that_they_share():
    (whole,) = results(FOLD, base=BASE).pooled.values()
    half = student.ppf(0.975, 2) * VALUES.std(ddof=1) * np.sqrt(1 / 3 + 1 / 2)
    assert whole.estimate == pytest.approx((VALUES.mean(), VALUES.mean() - half, VALUES.mean() + half))


def test_chips_that_all_folds_share_are_in_the_interval():
    """Two chips whose NLL is off by as much in every fold: three folds do not tell, the chips do."""
    pairing = [{"digits/nll": {"nll": value + np.array([[-0.3] * 4, [0.3] * 4])}} for value in VALUES]
    (whole,) = results(FOLD, base=BASE, pairing=pairing).pooled.values()
    spread = student.ppf(0.975, 2) * VALUES.std(ddof=1) * np.sqrt(1 / 3 + 1 / 2)
    chips = student.ppf(0.975, 1) * np.std([-0.3, 0.3], ddof=1) / np.sqrt(2)
    assert whole.estimate.high - whole.estimate.value == pytest.approx(np.hypot(spread, chips))


def test_what_all_folds_leave_open_is_in_the_interval():
    """As the coefficients of an energy do."""
    pairing = [{"digits/nll": {"draws": np.zeros(4)}} for _ in VALUES]
    (whole,) = results(FOLD, base=BASE, pairing=pairing).pooled.values()
    assert whole == results("seed").pooled["digits/nll"]


def test_seeds_repeat_whole_divisions_of_the_data():
    """Two seeds of three folds: each seed's mean over folds, then the mean over seeds, of points in any order."""
    study = Study(study="mine", parameters={"seed": [1, 2], FOLD: [0, 1, 2]}, collect=("digits/nll",))
    values = np.array([[0.1, 0.2, 0.6], [0.2, 0.3, 0.7]])
    points = [{"seed": seed, FOLD: fold} for fold in range(3) for seed in (1, 2)]
    column = np.array([values[point["seed"] - 1, point[FOLD]] for point in points])
    collected = {"digits/nll": np.stack([column] * 3, axis=1)}
    (whole,) = StudyResults(study, points, collected, [""] * 6, [""] * 6, base=BASE).pooled.values()
    folds = student.ppf(0.975, 2) * values[0].std(ddof=1) * np.sqrt(1 / 3 + 1 / 2)
    seeds = student.ppf(0.975, 1) * np.std([0.3, 0.4], ddof=1) / np.sqrt(2)
    assert whole.estimate == pytest.approx((0.35, 0.35 - np.hypot(folds, seeds), 0.35 + np.hypot(folds, seeds)))
    assert (whole.repetitions, whole.spread) == (6, pytest.approx(column.std(ddof=1)))


def test_data_sets_that_go_along_are_pooled_each_by_its_own_folds():
    """A grid of the folds of two data sets has each number several times, and counts it once."""
    study = Study(
        study="mine", parameters={FOLD: [0, 1, 2], OTHER: [0, 1, 2]}, collect=("digits/nll", "smtj/sigma_ratio")
    )
    points = [{FOLD: first, OTHER: second} for first in range(3) for second in range(3)]
    column = VALUES[[point[FOLD] for point in points]]
    collected = {name: np.stack([column] * 3, axis=1) for name in study.collect}
    found = StudyResults(study, points, collected, [""] * 9, [""] * 9, base=BASE).pooled
    # Devices do not depend on folds.
    assert list(found) == ["digits/nll"]
    assert found["digits/nll"] == results(FOLD, base=BASE).pooled["digits/nll"]


def folds_of(number, **changes):
    return {
        "settings": {
            "networks": {"digits": {"data": {"source": "digits", "fold": {"number": 0, "of": number}} | changes}}
        },
        "collect": ["digits/ece"],
    }


@pytest.mark.parametrize(
    ("parameters", "changes", "said"),
    [
        ({FOLD: [0, 1, 3]}, {}, f"parameters.{FOLD}: fold 2, 4 of 5 left out, so that targets would be too"),
        ({FOLD: [0, 1, 2, 3, 4, 2]}, {}, "fold 2 there twice, so that targets would be too; accepted: each of 0 to 4"),
        (
            {"seed": [1, 2, 3, 4, 5], FOLD: [0, 1, 2, 3, 4]},
            {"design": "zip"},
            "fold of one seed, which divides the data, 1, 2, 3, 4 of 5 left out",
        ),
        ({FOLD: [0, 1, 2, 3, 4]}, folds_of(5, test_limit=20), "networks.digits.data.test_limit: 20 leaves test inputs"),
    ],
)  # fmt: skip
def test_folds_that_leave_targets_out_are_refused(tmp_path, parameters, changes, said):
    with pytest.raises(ConfigurationError) as caught:
        read_study(write_study(tmp_path, parameters=parameters, **(folds_of(5) | changes)))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_whole_folds_and_folds_beside_other_parameters_are_accepted(tmp_path):
    for parameters in ({FOLD: [4, 0, 1, 3, 2]}, {"seed": [1, 2], FOLD: [0, 1, 2, 3, 4]}):
        read_study(write_study(tmp_path, parameters=parameters, **folds_of(5)))
    # Which no mean is taken of.
    read_study(write_study(tmp_path, parameters={FOLD: [0, 1], "smtj.damping": [0.3, 0.4]}, **folds_of(5)))


def test_the_mean_is_in_the_table_and_in_the_last_lines_of_a_run(tmp_path):
    numbers = [{"digits/nll": Estimate(value, value - 0.01, value + 0.01)} for value in VALUES]
    made = [Point(str(i), number, "") for i, number in enumerate(numbers)]
    path = tmp_path / "batch.h5"
    batches.container.write(path, KIND, VERSION, batches.contents(made, ["digits/nll"]), {})
    header = {"study": "mine", "parameters": {FOLD: [0, 1, 2]}, "collect": ["digits/nll"]}
    read = read_results(header, [{FOLD: i} for i in range(3)], [path], [[[0], [1], [2]]], 0, BASE)
    write_table(tmp_path / "table.h5", read)
    (tmp_path / "report.html").touch()
    assert "mean 0.3 (" in summary.summary(tmp_path)


def test_coverage_of_intervals_over_folds():
    """Least squares of 60 rows, five folds, 400 data sets, whose error on new rows is known from thousands of these.

    A coverage of 0.95 is told from 0.91 and 0.99 at 1e-3 (binomial). Without the correction for shared rows it is
    less, by more than 0.02, of the same data sets.
    """
    rng = np.random.default_rng(1)
    true = rng.normal(size=8)

    def error(x, y, new_x, new_y):
        return float(np.mean((new_x @ np.linalg.lstsq(x, y, rcond=None)[0] - new_y) ** 2))

    def drawn(count):
        x = rng.normal(size=(count, 8))
        return x, x @ true + rng.normal(size=count)

    intervals, plain, errors = [], [], []
    for _ in range(400):
        x, y = drawn(60)
        parts = np.array_split(rng.permutation(60), 5)
        folds = [error(np.delete(x, part, 0), np.delete(y, part), x[part], y[part]) for part in parts]
        intervals.append(over_folds("rmse", folds, []))
        plain.append(student.ppf(0.975, 4) * np.std(folds, ddof=1) / np.sqrt(5))
        errors.append(error(x[len(parts[0]) :], y[len(parts[0]) :], *drawn(2000)))
    expected = np.mean(errors)
    held = np.mean([each.low <= expected <= each.high for each in intervals])
    without = np.mean([abs(each.value - expected) <= half for each, half in zip(intervals, plain, strict=True)])
    assert 0.91 < held < 0.99
    assert held - without > 0.02


def test_a_digit_is_tested_once_over_the_shipped_folds():
    """As the shipped study divides them; the other parts are trained on."""
    folds = [load_dataset("digits", 1, DataSettings(source="digits", fold={"number": n, "of": 5})) for n in range(5)]
    assert sum(len(fold.test_targets) for fold in folds) == 1797
    assert {len(fold.test_targets) + len(fold.train_targets) for fold in folds} == {1797}
