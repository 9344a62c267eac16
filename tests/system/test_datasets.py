import gzip
import hashlib
import struct

import numpy as np
import pytest
from pydantic import ValidationError

from magbayes.data.access import FileAccessError
from magbayes.system.datasets import DATASETS, DataSettings, fashion_mnist, idx, letters, load_dataset, parts
from magbayes.system.datasets.shifts import shifted

HERE = tuple(name for name in DATASETS if name != "fashion_mnist")


def idx_bytes(array):
    header = b"\0\0\x08" + bytes([array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return header + array.astype("u1").tobytes()


@pytest.fixture
def folder(tmp_path):
    """Four train and two test images of 3 x 3 in two classes, as IDX files."""
    random = np.random.default_rng(0)
    arrays = (random.integers(0, 256, (4, 3, 3)), np.arange(4) % 2, random.integers(0, 256, (2, 3, 3)), np.arange(2))
    for name, array in zip(idx.PARTS, arrays, strict=True):
        (tmp_path / f"{name}.gz").write_bytes(gzip.compress(idx_bytes(array)))
    return tmp_path


@pytest.mark.parametrize("name", HERE)
def test_data_sets_are_scaled_and_split_by_their_seed(name):
    dataset, again, other = load_dataset(name, 1), load_dataset(name, 1), load_dataset(name, 2)
    assert (dataset.test_inputs == again.test_inputs).all()
    assert (dataset.test_inputs != other.test_inputs).any()
    if dataset.image is not None:
        assert (dataset.train_inputs.min(), dataset.train_inputs.max()) == (0, 1)
    else:
        np.testing.assert_allclose(dataset.train_inputs.std(axis=0), 1)
    if dataset.task == "regression":
        assert dataset.train_targets.std() == pytest.approx(1)


def test_an_unknown_data_set_is_named_with_those_that_exist():
    with pytest.raises(ValueError, match="no data set 'mnist'; there are: digits, breast_cancer, fashion_mnist"):
        load_dataset("mnist", 0)


def test_an_idx_folder_is_read_as_it_was_written(folder):
    settings = DataSettings(source="idx", path=str(folder), shifts=("rotation",), train_limit=3)
    dataset = load_dataset("mine", 0, settings)
    images = idx.read(folder / f"{idx.PARTS[2]}.gz")
    assert (dataset.name, dataset.outputs, dataset.image, len(dataset.train_inputs)) == ("mine", 2, (3, 3, 1), 3)
    brightest = idx.read(folder / f"{idx.PARTS[0]}.gz").max()
    np.testing.assert_allclose(dataset.test_inputs.reshape(2, 3, 3), images / brightest, rtol=1e-6)
    turned = dataset.shifted["rotation"].reshape(2, 3, 3)
    # A quarter turn to the left: the upper right corner comes to the upper left.
    np.testing.assert_array_equal(turned[:, 0, 0], dataset.test_inputs.reshape(2, 3, 3)[:, 0, 2])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda raw: raw[:-1], "17 bytes of data; its header promises 18"),
        (lambda raw: b"PK" + raw[2:], "starts with 504b"),
        (lambda raw: raw[:3], "starts with 000008"),
    ],
)
def test_a_damaged_idx_file_is_named(folder, change, message):
    path = folder / f"{idx.PARTS[2]}.gz"
    path.write_bytes(gzip.compress(change(gzip.decompress(path.read_bytes()))))
    with pytest.raises(ValueError, match=rf"t10k-images-idx3-ubyte.gz: .*({message})"):
        idx.read_folder(folder)


def test_a_missing_idx_file_is_named(folder):
    (folder / f"{idx.PARTS[3]}.gz").unlink()
    with pytest.raises(ValueError, match=r"no t10k-labels-idx1-ubyte or t10k-labels-idx1-ubyte\.gz"):
        idx.read_folder(folder)


def test_fashion_mnist_is_found_where_the_user_says_then_in_the_environment_then_at_debian(folder, monkeypatch):
    monkeypatch.setattr(fashion_mnist, "DEBIAN", folder)
    monkeypatch.delenv(fashion_mnist.VARIABLE, raising=False)
    assert fashion_mnist.find() == folder
    monkeypatch.setenv(fashion_mnist.VARIABLE, "/elsewhere")
    assert str(fashion_mnist.find()) == "/elsewhere"
    assert str(fashion_mnist.find("/mine")) == "/mine"


def _downloads(folder):
    def downloader(url, output, pooch):
        with open(output, "wb") as file:
            file.write((folder / url.rsplit("/", 1)[1]).read_bytes())

    return downloader


@pytest.fixture
def nowhere(folder, tmp_path_factory, monkeypatch):
    monkeypatch.setattr(fashion_mnist, "DEBIAN", folder / "absent")
    monkeypatch.setattr(fashion_mnist.pooch, "os_cache", lambda name: tmp_path_factory.mktemp("cache"))
    monkeypatch.delenv(fashion_mnist.VARIABLE, raising=False)


@pytest.mark.usefixtures("nowhere")
def test_fashion_mnist_is_downloaded_if_its_checksums_are_right(folder, monkeypatch):
    sums = {path.name: f"md5:{hashlib.md5(path.read_bytes()).hexdigest()}" for path in folder.glob("*.gz")}
    monkeypatch.setattr(fashion_mnist, "CHECKSUMS", sums)
    found = fashion_mnist.find(downloader=_downloads(folder))
    assert idx.read_folder(found)[0][0].shape == (4, 3, 3)


@pytest.mark.usefixtures("nowhere")
def test_a_download_with_another_checksum_is_refused(folder):
    with pytest.raises(FileAccessError, match=r"apt install dataset-fashion-mnist.*hash"):
        fashion_mnist.find(downloader=_downloads(folder))


@pytest.mark.usefixtures("nowhere")
def test_without_a_network_one_line_says_where_the_files_may_come_from():
    def unreachable(url, output, pooch):
        raise OSError("no route to host")

    with pytest.raises(FileAccessError, match=r"MAGBAYES_FASHION_MNIST is not set.*no route to host") as caught:
        fashion_mnist.find(downloader=unreachable)
    assert "\n" not in str(caught.value)


def test_a_csv_file_is_split_and_its_classes_are_numbered(tmp_path):
    rows = [f"{i},{i % 3},{'cat' if i % 2 else 'ant'}" for i in range(40)]
    (tmp_path / "pets.csv").write_text("\n".join(["age,legs,kind", *rows]))
    dataset = load_dataset(
        "pets", 1, DataSettings(source="csv", path=str(tmp_path / "pets.csv"), task="classification")
    )
    assert (len(dataset.train_targets), len(dataset.test_targets), dataset.outputs) == (30, 10, 2)
    ages = dataset.test_inputs[:, 0] * dataset.feature_scale[0] + dataset.feature_mean[0]
    np.testing.assert_array_equal(dataset.test_targets, np.round(ages) % 2)
    named = DataSettings(source="csv", path=str(tmp_path / "pets.csv"), task="regression", target="age")
    with pytest.raises(ValueError, match=r"pets\.csv: column 'kind', row 1 is 'ant'; expected a number"):
        load_dataset("pets", 1, named)


@pytest.mark.parametrize(
    ("text", "target", "message"),
    [
        ("a,b\n1,2\n", "c", "no column 'c' .target.; there are a, b"),
        ("a,b\n1,2\nx,3\n", None, "column 'a', row 2 is 'x'; expected a number"),
        ("a,b\n1,2\n3,\n", None, "column 'b' .target., row 2 is empty"),
        ("a,b\n1,2\n", None, "1 rows"),
        ("", None, "not a CSV file.*empty"),
        ("1,2\n3,4\n", None, "first line has '1' where the name of a column was expected"),
        ("a,b\n1,2\n3,4,5\n", None, "row 2 has 3 cells, the header 2"),
        ("a,b\n1,2\ninf,4\n", None, "column 'a', row 2 is 'inf'; expected a finite number"),
        ("a,b\n1,2\n3,NA\n", None, "column 'b' .target., row 2 is 'NA'; expected a number"),
        ("a;b\n1,5;2\n3;4\n", None, "column 'a', row 1 is '1,5'; .*decimals stand behind a point, not a comma"),
        (",a,b\n0.5,1,2\n0.7,3,4\n", None, "column 1 has no name, and does not number the rows"),
        (
            "a b c\n1 2 3\n4 5 6\n",
            None,
            "needs a column beside the target 'a b c'; cells are separated by commas, semi",
        ),
        ("Unnamed: 0.1,Unnamed: 0,a,b\n1,2,3,4\n", None, "column 2 of 4 has no name"),
        ("a,,b\n1,2,3\n", None, "column 2 of 3 has no name"),
        ("a,b\n" + "1,2\n" * 9, None, "all targets to train on are 2"),
        ("a,b\n" + "1,2\n1e300,3\n" * 9, None, r"feature 1 is 1e\+300 in row \d+; expected numbers up to 1e\+38"),
    ],
)
def test_a_wrong_csv_file_is_one_line(tmp_path, text, target, message):
    (tmp_path / "d.csv").write_text(text)
    with pytest.raises(ValueError, match=rf"d.csv: .*{message}") as caught:
        load_dataset("d", 0, DataSettings(source="csv", path=str(tmp_path / "d.csv"), task="regression", target=target))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"inputs": np.ones((4, 2))}, "has inputs of the arrays inputs, targets, or train_inputs"),
        ({"inputs": np.ones((4, 2)), "targets": np.ones(3)}, r"inputs is \(4, 2\) and targets \(3,\)"),
        ({"inputs": np.full((4, 2), np.nan), "targets": np.ones(4)}, "must hold finite numbers"),
        ({"inputs": np.ones((4, 2)), "targets": np.array([1, 2, np.inf, 3])}, "must be finite numbers"),
        ({"inputs": np.array([{}] * 4), "targets": np.ones(4)}, "not an NPZ file of plain arrays .*'object'"),
        ({"inputs": np.full((4, 2), np.inf, "f2"), "targets": np.ones(4)}, "finite numbers, and the first .* in row 1"),
    ],
)
def test_a_wrong_npz_file_is_one_line(tmp_path, arrays, message):
    np.savez(tmp_path / "d.npz", **arrays)
    with pytest.raises(ValueError, match=rf"d.npz: .*{message}") as caught:
        load_dataset("d", 0, DataSettings(source="npz", path=str(tmp_path / "d.npz"), task="regression"))
    assert "\n" not in str(caught.value)


def classes(path, **arrays):
    np.savez(path, **arrays)
    return load_dataset("d", 0, DataSettings(source="npz", path=str(path), task="classification"))


@pytest.mark.parametrize(
    ("factor", "message"),
    [(1.0, None), (0.5, None), (1 / 255, "train images reach 255 and test images reach 1; expected both parts in one")],
)
def test_parts_in_two_scales_are_refused(tmp_path, factor, message):
    images = np.full((8, 2, 2), 255.0)
    images[:, 0] = np.arange(8)[:, None]
    parts = {"train_inputs": images, "test_inputs": factor * images}
    parts |= {f"{part}_targets": np.arange(8) % 2 for part in ("train", "test")}
    if message is None:
        assert classes(tmp_path / "d.npz", **parts).test_inputs.max() == pytest.approx(factor)
    else:
        with pytest.raises(ValueError, match=message):
            classes(tmp_path / "d.npz", **parts)
    # Tables are told apart by how much their features vary.
    flat = {name: values.reshape(8, -1)[:, :2] for name, values in parts.items() if values.ndim > 2}
    if message is not None:
        with pytest.raises(ValueError, match=r"train features vary by .* and test features vary by"):
            classes(tmp_path / "d.npz", **parts | flat)


def in_parts(path, train, test, **limits):
    targets = {f"{part}_targets": np.arange(len(x)) % 3 for part, x in (("train", train), ("test", test))}
    np.savez(path, train_inputs=train, test_inputs=test, **targets)
    return load_dataset("d", 0, DataSettings(source="npz", path=str(path), task="classification", **limits))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda x: (x - 0.13) / 0.31, r"train images begin at .* and test images at -0\.4"),
        (lambda x: 2 * x - 1, "expected both parts in one scale"),
        (lambda x: x - 0.01, None),  # what a filter leaves below 0
        (lambda x: 0.5 + 0.5 * x, None),
    ],
)
def test_images_of_which_one_part_was_centred_are_refused(tmp_path, change, message):
    pictures = np.random.default_rng(0).uniform(0, 1, (30, 4, 4))
    for train, test in ((pictures, change(pictures)), (change(pictures), pictures)):
        if message is None:
            in_parts(tmp_path / "d.npz", train, test)
            continue
        with pytest.raises(ValueError, match=r"train images begin at .* and test images at"):
            in_parts(tmp_path / "d.npz", train, test)
    if message is not None:
        with pytest.raises(ValueError, match=message):
            in_parts(tmp_path / "d.npz", pictures, change(pictures))
    both = in_parts(tmp_path / "d.npz", change(pictures), change(pictures))  # the control
    assert not any("begin at" in line for line in both.taken)


def test_features_of_which_one_part_was_centred_are_refused(tmp_path):
    features = np.random.default_rng(0).normal(50, 10, (60, 3))
    with pytest.raises(
        ValueError, match=r"half of the test features lie 5\.[0-9]+ stds or more from those to train on"
    ):
        in_parts(tmp_path / "d.npz", features, features - 49)
    apart = in_parts(tmp_path / "d.npz", features, features + 20)
    assert any(line.startswith("half of the test features lie 2.") for line in apart.taken)
    alike = in_parts(tmp_path / "d.npz", features[:30], features[30:])
    assert not any("half of" in line for line in alike.taken)


def test_classes_that_a_limit_loses_are_said(tmp_path):
    inputs = np.random.default_rng(0).normal(size=(60, 2))
    targets = np.repeat(np.arange(6), 10)
    arrays = {"train_inputs": inputs, "train_targets": targets, "test_inputs": inputs, "test_targets": targets}
    np.savez(tmp_path / "d.npz", **arrays)
    keys = {"source": "npz", "path": str(tmp_path / "d.npz"), "task": "classification"}
    dataset = load_dataset("d", 0, DataSettings(**keys, train_limit=25, test_limit=5))
    assert dataset.taken[-2:] == (
        "train_limit 25 leaves 3 of the 6 classes to train on: the first rows are taken",
        "test_limit 5 leaves 1 of the 6 classes to test on: the first rows are taken",
    )
    whole = load_dataset("d", 0, DataSettings(**keys, train_limit=55, test_limit=51))
    assert not any(" leaves " in line for line in whole.taken)


def notes(tmp_path, columns, task="classification", names="a,b,target"):
    rows = [",".join(map(str, row)) for row in zip(*columns, strict=True)]
    (tmp_path / "d.csv").write_text("\n".join([names, *rows]))
    dataset = load_dataset("d", 1, DataSettings(source="csv", path=str(tmp_path / "d.csv"), task=task))
    return [line for line in dataset.taken if "take it out" in line or "numbers the rows" in line]


def test_features_that_may_know_the_target_are_said(tmp_path):
    random = np.random.default_rng(0)
    noise, labels = random.normal(size=40).round(3), np.arange(40) % 2
    for index in (random.permutation(40), np.sort(random.choice(120, 40, replace=False)), 40 - np.arange(40)):
        assert notes(tmp_path, [index, noise, labels]) == [
            "feature 'a' numbers the rows: if it is an index, which may know the target, take it out"
        ]
    ordinary = [random.integers(0, 30, 40), random.choice(10**6, 40, replace=False), noise, np.arange(40) / 7]
    for values in ordinary:  # the control
        assert notes(tmp_path, [values, noise, labels]) == []
    another = "feature 'b' is the target under another name, or as good as it: take it out if so"
    assert notes(tmp_path, [noise, 7 - 3 * labels, labels]) == [another]
    assert notes(tmp_path, [noise, 7 - 3 * noise[::-1], noise[::-1]], "regression") == [another]
    almost = labels.copy()
    almost[3] = 1 - almost[3]
    assert notes(tmp_path, [noise, almost, labels]) == []
    assert notes(tmp_path, [noise, noise[::-1], np.arange(40)], "regression") == [
        "target 'target' numbers the rows: if it is an index, name the target (data.target)"
    ]


def test_one_pixel_that_is_too_bright_is_seen(tmp_path):
    pictures = np.random.default_rng(0).uniform(0, 1, (40, 4, 4, 3))
    assert (
        classes(tmp_path / "d.npz", inputs=pictures, targets=np.arange(40) % 2)
        .taken[-1]
        .startswith("images of height 4 and width 4 with 3 channels, divided by 0.99")
    )
    pictures[7, 1, 2, 0] = 100
    taken = classes(tmp_path / "d.npz", inputs=pictures, targets=np.arange(40) % 2).taken[-1]
    assert "divided by 100, the largest value to train on, of which half of them reach no more than 0.009" in taken


def test_a_feature_that_changes_in_the_test_part_alone_is_said(tmp_path):
    train, test = (np.c_[np.full(30, 2.0), np.arange(30.0)] for _ in range(2))
    test[4, 0] = 9
    assert (
        in_parts(tmp_path / "d.npz", train, test)
        .taken[-1]
        .endswith("; 1 of them never change there, and 1 of these do in the rows to test on")
    )


def test_a_table_that_is_split_here_has_one_scale_whatever_its_tails(tmp_path):
    apart = 0
    for seed in range(8):
        inputs = np.random.default_rng(seed).lognormal(0, 4, (40, 1))
        dataset = classes(tmp_path / "d.npz", inputs=inputs, targets=np.arange(40) % 2)
        assert dataset.train_inputs.std() == pytest.approx(1)
        # The control: as parts that were set apart some would be refused.
        try:
            parts.check_scales(tmp_path, dataset.train_inputs, dataset.test_inputs)
        except ValueError:
            apart += 1
    assert apart


def test_half_precision_is_scaled_like_any_other(tmp_path):
    inputs = np.random.default_rng(0).integers(20_000, 60_000, (40, 3)) // 32 * 32
    found = [
        classes(tmp_path / "d.npz", inputs=inputs.astype(dtype), targets=np.arange(40) % 2) for dtype in ("f8", "f2")
    ]
    np.testing.assert_allclose(found[1].train_inputs, found[0].train_inputs)
    # The control: in half precision the sum of so few rows is not finite.
    with np.errstate(over="ignore"):
        assert np.isinf(inputs.astype("f2").mean(axis=0, dtype="f2")).any()


def test_a_feature_that_never_changes_stays_at_0(tmp_path):
    inputs = np.c_[np.full(30, 0.1), np.arange(30.0)]
    assert inputs[:, 0].std() > 0  # by rounding
    dataset = classes(tmp_path / "d.npz", inputs=inputs, targets=np.arange(30) % 2)
    assert (dataset.train_inputs[:, 0] == 0).all()
    assert dataset.taken[-1].endswith("1 of them never change, and say nothing")


def test_what_a_table_was_taken_for_is_said(tmp_path):
    rows = [f"{i};{i};{i % 7}.5;{'NA' if i % 2 else 'cat'}" for i in range(40)]
    (tmp_path / "d.csv").write_text("\n".join([";time;legs;kind", *rows]))
    dataset = load_dataset("d", 1, DataSettings(source="csv", path=str(tmp_path / "d.csv"), task="classification"))
    path, table, names, counting, parts, labels, scaling = dataset.taken
    assert path == str(tmp_path / "d.csv")
    assert table == "CSV, separated by semicolons: 40 rows, target 'kind', 2 features ('time', 'legs')"
    assert names == "the first column, which has no name, was taken for the names of the rows and left out"
    assert counting.startswith("feature 'time' numbers the rows")
    assert parts == "30 rows to train on, 10 to test on"
    assert labels == "2 classes (rows to train on): 'NA' (15), 'cat' (15)"
    assert scaling.startswith("2 features, each less its mean and divided by its std over the rows to train on")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"source": "csv", "task": "regression"}, "needs path"),
        ({"source": "npz", "path": __file__}, "task goes with csv and npz"),
        ({"source": "digits", "path": __file__}, "takes no path"),
        ({"source": "idx", "path": "/nowhere"}, "path /nowhere does not exist"),
        ({"source": "cubic", "shifts": ["rotation", "noise"]}, "shifts rotation: accepted for classification only"),
        ({"source": "cubic", "blend": {}}, "blend: accepted for classification only"),
        ({"source": "digits", "letters": "/nowhere"}, "letters /nowhere is no file"),
        ({"source": "digits", "blend": {"fractions": [0.5, 0.5]}}, "fractions 0.5, 0.5 do not rise"),
        ({"source": "digits", "blend": {"fractions": [1.0]}}, "less than 1"),
    ],
)
def test_settings_that_contradict_one_another_are_refused(values, message):
    with pytest.raises(ValidationError, match=message):
        DataSettings(**values)


def test_shifts_have_the_form_and_range_of_the_data():
    digits = load_dataset("digits", 1)
    assert {name: values.shape for name, values in digits.shifted.items()} == {
        "rotation": (200, 64),
        "noise": (200, 64),
    }
    assert 0 <= digits.shifted["noise"].min() < 0.01
    assert 0.99 < digits.shifted["noise"].max() <= 1
    with pytest.raises(ValueError, match="rotation needs images"):
        shifted(load_dataset("breast_cancer", 1), DataSettings(source="breast_cancer", shifts=("rotation",)), 0)


def test_regressions_have_inputs_from_elsewhere_too():
    """Of one feature beyond its range, by half of it at most; of a table each uniform in its range by itself."""
    cubic = load_dataset("cubic", 1)
    low, high = cubic.train_inputs.min(), cubic.train_inputs.max()
    outside = cubic.shifted["outside"][:, 0]
    assert list(cubic.shifted) == ["outside"]
    assert ((outside < low) | (outside > high)).all()
    assert {bool(side) for side in outside > 0} == {True, False}
    half = (high - low) / 2
    assert low - half <= outside.min() < low - 0.9 * half
    assert high + 0.9 * half < outside.max() <= high + half
    diabetes = load_dataset("diabetes", 1)
    assert list(diabetes.shifted) == ["noise"]
    noise, train = diabetes.shifted["noise"], diabetes.train_inputs
    assert (noise >= train.min(axis=0)).all()
    assert (noise <= train.max(axis=0)).all()
    # Two of its measures of blood are nearly one, which noise does not know.
    assert np.corrcoef(train.T)[4, 5] > 0.85
    assert abs(np.corrcoef(noise.T)[4, 5]) < 0.5


def test_another_data_set_is_scaled_to_fit(folder):
    settings = DataSettings(source="idx", path=str(folder), shifts=("digits",))
    values = load_dataset("mine", 0, settings).shifted["digits"]
    assert values.shape == (2, 9)
    assert 0 <= values.min() < values.max() <= 1


def test_letters_are_drawn_as_those_of_emnist_lie():
    """In white on black, upright, with a margin of two pixels; each one different, and the same again by its seed."""
    pictures, again, others = (letters.drawn(50, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert pictures.shape == (50, 28, 28)
    assert np.array_equal(pictures, again)
    assert not np.array_equal(pictures, others)
    assert (pictures.min(), pictures[:, [0, 1, -2, -1]].max(), pictures[:, :, [0, 1, -2, -1]].max()) == (0, 0, 0)
    assert (pictures.max(axis=(1, 2)) > 0.6).all()
    # They fill what is left, in height or in width, and about a third of it with ink.
    spans = [np.ptp(np.argwhere(picture > 0.1), axis=0).max() + 1 for picture in pictures]
    assert 22 <= min(spans) <= max(spans) <= 24
    assert 0.08 < pictures.mean() < 0.35
    flat = pictures.reshape(50, -1)
    assert np.corrcoef(flat)[np.triu_indices(50, 1)].max() < 0.95


def test_test_images_are_mixed_with_others_by_their_fraction(tmp_path):
    """The letters of a file, turned as EMNIST has them, and the first test images."""
    images = np.random.default_rng(1).integers(0, 256, (200, 8, 8))
    path = tmp_path / "emnist-letters-test-images-idx3-ubyte"
    path.write_bytes(idx_bytes(images.transpose(0, 2, 1)))
    values = {"source": "digits", "letters": str(path), "shifts": ["letters"], "shift_limit": 30}
    settings = DataSettings.model_validate(values | {"blend": {"fractions": [0.25, 0.5], "limit": 40}})
    assert settings.files() == [str(path)]
    digits = load_dataset("digits", 1, settings)
    own = digits.test_inputs[:40]
    assert {f: mixed.shape for f, mixed in digits.blended.items()} == {0.25: (40, 64), 0.5: (40, 64)}
    others = (digits.blended[0.5] - 0.5 * own) / 0.5
    np.testing.assert_allclose(digits.blended[0.25], 0.75 * own + 0.25 * others, atol=1e-6)
    known = {tuple(image) for image in images.reshape(200, -1)}
    for found in (others, digits.shifted["letters"]):
        assert {tuple(image) for image in np.rint(255 * found).astype(int)} <= known


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (np.zeros((3, 8)), r"holds uint8 of shape \(3, 8\); accepted: images \(n, height, width\) of bytes"),
        (np.zeros((3, 8, 8)), "blend.limit 200: there are 3 of letters"),
    ],
)
def test_a_file_that_holds_no_letters_is_refused(tmp_path, images, message):
    path = tmp_path / "letters"
    path.write_bytes(idx_bytes(images))
    settings = DataSettings.model_validate({"source": "digits", "letters": str(path), "blend": {}})
    with pytest.raises(ValueError, match=message):
        load_dataset("digits", 1, settings)


def test_a_table_is_not_mixed_with_letters():
    settings = DataSettings.model_validate({"source": "breast_cancer", "blend": {}})
    with pytest.raises(ValueError, match="letters need images of one channel"):
        load_dataset("breast_cancer", 1, settings)
