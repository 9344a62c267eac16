"""Folds of any data set, and regressions whose splits come with them."""

import numpy as np
import pytest
from pydantic import ValidationError

from magbayes.system.datasets import DataSettings, load_dataset
from magbayes.workflow.tasks import contents

ROWS, FOLDS = 20, 5


@pytest.fixture
def folder(tmp_path):
    """Twenty rows of two features and a target between them, which is the sum of both, and one split."""
    random = np.random.default_rng(0)
    first, second = random.normal(size=(2, ROWS))
    np.savetxt(tmp_path / "data.txt", np.stack([first, first + second, second], axis=1))
    write(tmp_path, index_features=[0, 2], index_target=[1], index_train_0=range(15), index_test_0=range(15, ROWS))
    return tmp_path


def write(folder, **files):
    for name, rows in files.items():
        (folder / f"{name}.txt").write_text("".join(f"{row}\n" for row in rows))


def settings(folder, number=0):
    return DataSettings(source="splits", path=str(folder), fold={"number": number})


def original(dataset, part):
    """Rows of a part, targets last, in their own units."""
    inputs, targets = (getattr(dataset, f"{part}_{what}") for what in ("inputs", "targets"))
    inputs = inputs * dataset.feature_scale + dataset.feature_mean
    return np.column_stack([inputs, targets * dataset.target_scale + dataset.target_mean])


@pytest.mark.parametrize("source", ["digits", "diabetes"])
def test_every_row_is_tested_in_one_fold(source):
    folds = [
        load_dataset("mine", 1, DataSettings(source=source, fold={"number": n, "of": FOLDS})) for n in range(FOLDS)
    ]
    sizes = {len(fold.test_targets) for fold in folds}
    assert max(sizes) - min(sizes) <= 1
    tested = np.concatenate([original(fold, "test") for fold in folds])
    everything = np.concatenate([original(folds[0], "train"), original(folds[0], "test")])
    np.testing.assert_allclose(*(np.unique(rows.round(6), axis=0) for rows in (tested, everything)), atol=1e-5)
    assert len(tested) == len(everything)


def test_folds_follow_the_seed_and_keep_the_shares_of_classes():
    one, again, other = (
        load_dataset("digits", s, DataSettings(source="digits", fold={"number": 1, "of": 3})) for s in (1, 1, 2)
    )
    assert (one.test_inputs == again.test_inputs).all()
    assert one.test_inputs.shape != other.test_inputs.shape or (one.test_inputs != other.test_inputs).any()
    counts = np.bincount(one.test_targets), np.bincount(one.train_targets) / 2
    np.testing.assert_allclose(*counts, atol=1.5)


def test_a_split_is_the_one_of_its_files(folder):
    dataset = load_dataset("mine", 1, settings(folder))
    rows = np.loadtxt(folder / "data.txt")[:, [0, 2, 1]]
    np.testing.assert_allclose(original(dataset, "train"), rows[:15], atol=1e-6)
    np.testing.assert_allclose(original(dataset, "test"), rows[15:], atol=1e-6)
    assert dataset.task == "regression"
    assert any("split 0, 2 features, target column 1" in line for line in dataset.taken)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"index_test_0": range(14, ROWS)}, r"index_test_0.txt: 1 of 6 rows are in index_train_0.txt too"),
        ({"index_test_0": range(17, ROWS)}, r"2 rows are in no part of split 0, the first 15"),
        ({"index_test_0": [15, 16, 17, 18, 20]}, r"index_test_0.txt: 20 is no row; accepted: 0 to 19"),
        ({"index_test_0": [15, 15]}, r"index_test_0.txt: a row is named twice"),
        ({"index_test_0": [15.5]}, r"15.5 is no row"),
        ({"index_test_0": ["NaN"]}, r"index_test_0.txt: not all numbers are finite"),
        ({"index_test_0": []}, r"index_test_0.txt: no numbers"),
        ({"index_features": [0, 3]}, r"index_features.txt: 3 is no column; accepted: 0 to 2"),
        ({"index_target": [0]}, r"index_target.txt: expected one column, which is no feature, not \[0\]"),
        ({"index_target": [1, 2]}, r"index_target.txt: expected one column"),
        ({"data": ["1 2 3", "4 5"]}, r"data.txt: .*expected numbers separated by white space"),
        ({"data": ["1,2,3"]}, r"data.txt: .*expected numbers separated by white space"),
    ],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore:loadtxt")
def test_a_wrong_split_gets_one_line(folder, files, message):
    write(folder, **files)
    with pytest.raises(ValueError, match=message) as error:
        load_dataset("mine", 1, settings(folder))
    assert "\n" not in str(error.value)


def test_a_split_that_is_not_there_is_named(folder):
    with pytest.raises(ValueError, match="no split 1; 1 are there, numbered from 0"):
        load_dataset("mine", 1, settings(folder, 1))
    (folder / "index_features.txt").unlink()
    with pytest.raises(ValueError, match=r"index_features.txt does not exist; expected data.txt"):
        load_dataset("mine", 1, settings(folder))


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"source": "digits", "fold": {"number": 5, "of": 5}}, "number 5 of 5 folds; accepted: 0 to 4"),
        ({"source": "digits", "fold": {"number": 0}}, "fold needs `of`"),
        ({"source": "cubic", "fold": {"number": 0, "of": 5}}, "source cubic has its own test part"),
        ({"source": "splits", "path": "."}, "fold says which of them"),
        ({"source": "splits", "path": ".", "fold": {"number": 0, "of": 5}}, "without `of`"),
    ],
)
def test_a_fold_that_cannot_be_is_refused(keys, message):
    with pytest.raises(ValidationError, match=message):
        DataSettings(**keys)


def test_folds_of_your_own_files(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("x,y\n" + "".join(f"{i * i % 17}.5,{i}\n" for i in range(8)))
    keys = {"source": "csv", "path": str(path), "task": "regression"}
    folds = [load_dataset("mine", 1, DataSettings(**keys, fold={"number": n, "of": 4})) for n in range(4)]
    assert sorted(np.concatenate([original(fold, "test")[:, 1] for fold in folds]).round(3)) == list(range(8))
    with pytest.raises(ValueError, match=r"mine.csv: 8 rows; too few for 9 folds"):
        load_dataset("mine", 1, DataSettings(**keys, fold={"number": 0, "of": 9}))
    parts = {
        f"{part}_{what}": np.zeros((4, 2) if what == "inputs" else 4)
        for part in ("train", "test")
        for what in ("inputs", "targets")
    }
    np.savez(tmp_path / "mine.npz", **parts)
    keys = {"source": "npz", "path": str(tmp_path / "mine.npz"), "task": "regression"}
    with pytest.raises(ValueError, match="has a test part of its own"):
        load_dataset("mine", 1, DataSettings(**keys, fold={"number": 0, "of": 2}))


def test_a_changed_file_of_a_split_makes_other_results(folder):
    """Control: a file that is no part of it."""
    before = contents(settings(folder).files())
    assert len(before) == 5
    (folder / "index_test_7.txt").write_text("3\n")
    assert contents(settings(folder).files()) == before
    (folder / "index_test_0.txt").write_text("3\n")
    assert contents(settings(folder).files()) != before


@pytest.mark.parametrize(("source", "most"), [("digits", 174), ("diabetes", 442)])
def test_more_folds_than_rows_are_refused(source, most):
    with pytest.raises(ValueError, match=rf"accepted: at most {most}"):
        load_dataset("mine", 1, DataSettings(source=source, fold={"number": 0, "of": most + 1}))
