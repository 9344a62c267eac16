"""Hundreds of damaged files of a user's own: each is read for what it says, or refused in one line that names it."""

import csv
import errno
import gzip
import io
import os
import re
import resource
import struct
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from magbayes.data import memory
from magbayes.data.access import FileAccessError
from magbayes.system.datasets import DataSettings, idx, load_dataset
from magbayes.system.datasets.files import read_npz
from magbayes.system.datasets.table import read_csv
from magbayes.system.network.imported import read_posterior
from magbayes.system.network.settings import NetworkSettings

LONGEST, LARGEST = 10.0, 300e6
"""Seconds and bytes that no file of a few kilobytes may take."""
SEEDS = 8
SAME, REFUSED, EITHER = "read as the good file", "refused", "read as the good file, or refused"


@dataclass(frozen=True)
class Case:
    """A damaged file, and what must become of it."""

    raw: bytes
    expected: str | tuple
    """One of the words above, or arrays that must be read if anything is; none where nobody can tell."""


def check(path, read, good, expected):
    """The file is read to the right answer or refused in one line that names it, soon and in little memory."""
    start, before = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        found = read(path)
    except ValueError as error:
        line = str(error)
        assert str(path.parent) in line
        assert line.isprintable()
        assert len(line) < 1000
        refused = True
    else:
        refused = False
    assert time.monotonic() - start < LONGEST
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < LARGEST / 1024
    if refused:
        assert expected != SAME, line
        return
    assert expected != REFUSED, found
    right = good if isinstance(expected, str) else expected
    for mine, theirs in zip(found, right, strict=bool(right)):
        np.testing.assert_array_equal(mine, theirs)


# Tables: eighths, so that any precision holds them.
def table(random):
    features = random.integers(-80, 80, (24, 3)) / 8
    classes = np.array(["ant", "NA", "cat"])[np.arange(24) % 3]
    return features, classes


HEADER = ["mass", "length", "age", "kind"]


def rows_of(features, classes):
    return [[f"{value:.3f}" for value in row] + [kind] for row, kind in zip(features, classes, strict=True)]


def text_of(header, rows, separator=",", end="\n"):
    return end.join(separator.join(row) for row in [header, *rows]) + end


def plainly(raw):
    """What a table says that anyone can read, a rectangle of numbers and words; nothing for any other."""
    try:
        lines = [line.split(",") for line in raw.decode("utf-8").splitlines()]
    except UnicodeDecodeError:
        return ()
    number = re.compile(r" *[+-]?\d+\.\d* *")
    header, rows = lines[0], lines[1:]
    words = {cell.strip() for row in rows for cell in row[-1:]}
    plain = (
        len({len(line) for line in lines}) == 1
        and not any(set(cell) - set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") for cell in header)
        and all(number.fullmatch(cell) for row in rows for cell in row[:-1])
        and all(word.isalpha() for word in words)
    )
    if not plain:
        return ()
    return np.array([row[:-1] for row in rows], float), np.array([row[-1].strip() for row in rows])


def replaced(rows, random, value, columns=3):
    rows = [list(row) for row in rows]
    rows[random.integers(len(rows))][random.integers(columns)] = value
    return rows


def csv_cases(random):
    features, classes = table(random)
    rows = rows_of(features, classes)
    good = text_of(HEADER, rows)
    raw = good.encode()
    cut = raw[: random.integers(1, len(raw) - 1)]
    yield "truncated", Case(cut, plainly(cut) or EITHER)
    flipped = bytearray(raw)
    for place in random.integers(0, len(raw), random.integers(1, 5)):
        flipped[place] ^= 1 << random.integers(8)
    yield "bits", Case(bytes(flipped), plainly(bytes(flipped)))
    for name, separator in (("semicolons", ";"), ("tabs", "\t")):
        yield name, Case(text_of(HEADER, rows, separator).encode(), SAME)
    comma = [[cell.replace(".", ",") for cell in row] for row in rows]
    yield "decimal commas", Case(text_of(HEADER, comma, ";").encode(), REFUSED)
    yield "decimal commas among commas", Case(text_of(HEADER, comma).encode(), REFUSED)
    yield "no header", Case(text_of(rows[0], rows[1:]).encode(), REFUSED)
    for name, labels in (
        ("index", [str(i) for i in range(24)]),
        ("shuffled index", [str(i) for i in random.permutation(100)[:24]]),
        ("row names", [f"sample {i}" for i in range(24)]),
    ):
        indexed = [[label, *row] for label, row in zip(labels, rows, strict=True)]
        for first in ("", "Unnamed: 0"):
            yield name, Case(text_of([first, *HEADER], indexed).encode(), SAME)
    for name, labels in (("nameless feature", features[:, 0]), ("nameless classes", np.arange(24) % 3)):
        nameless = [[str(label), *row] for label, row in zip(labels, rows, strict=True)]
        yield name, Case(text_of(["", *HEADER], nameless).encode(), REFUSED)
    long = [list(row) for row in rows]
    long[random.integers(24)].insert(random.integers(4), "1.5")
    yield "a cell too many", Case(text_of(HEADER, long).encode(), REFUSED)
    short = [list(row) for row in rows]
    del short[random.integers(24)][random.integers(4)]
    yield "a cell too few", Case(text_of(HEADER, short).encode(), REFUSED)
    yield "a cell too many in every row", Case(text_of(HEADER, [["7", *row] for row in rows]).encode(), REFUSED)
    yield "trailing separators", Case(text_of(HEADER, [[*row, ""] for row in rows]).encode(), REFUSED)
    for encoding, expected in (
        ("utf-8-sig", SAME),
        ("utf-16", REFUSED),
        ("utf-32", REFUSED),
    ):
        yield encoding, Case(good.encode(encoding), expected)
    yield "Latin-1", Case(good.replace("cat", "chaît").encode("latin-1"), REFUSED)
    missing = random.choice(["", "nan", "NaN", "inf", "-inf", "NA", "null", "1e999"])
    yield "not finite", Case(text_of(HEADER, replaced(rows, random, missing)).encode(), REFUSED)
    junk = random.choice(["1_000", "0x10", '"1,5"', "1 000", "--", "1e", "True", "12%", "€5", "=1+1", "1.2.3", "`id`"])
    yield "no number", Case(text_of(HEADER, replaced(rows, random, junk)).encode(), REFUSED)
    emptied = [list(row) for row in rows]
    emptied[random.integers(24)][3] = ""
    yield "a class is missing", Case(text_of(HEADER, emptied).encode(), REFUSED)
    for end in ("\r\n", "\r"):
        yield "ends of lines", Case(text_of(HEADER, rows, end=end).encode(), SAME)
    lines = good.splitlines()
    lines.insert(random.integers(1, 25), "  ")
    yield "a blank line", Case("\n".join(lines).encode(), SAME)
    quoted = io.StringIO()
    csv.writer(quoted, quoting=csv.QUOTE_ALL).writerows([HEADER, *rows])
    yield "quotes", Case(quoted.getvalue().encode(), SAME)
    yield "blanks", Case(text_of(HEADER, rows, " , ").encode(), SAME)
    yield "an open quote", Case(text_of(HEADER, replaced(rows, random, '"1.5')).encode(), REFUSED)
    yield "a name twice", Case(text_of(["mass", "mass", "age", "kind"], rows).encode(), REFUSED)
    yield "a name is missing", Case(text_of(["mass", "", "age", "kind"], rows).encode(), REFUSED)
    yield "a zero byte", Case(raw[:40] + b"\0" + raw[40:], REFUSED)
    yield "no text", Case(random.bytes(random.integers(0, 400)), REFUSED)
    yield "one row", Case(text_of(HEADER, rows[:1]).encode(), REFUSED)


def npz_bytes(compressed=False, **arrays):
    file = io.BytesIO()
    (np.savez_compressed if compressed else np.savez)(file, **arrays)
    return file.getvalue()


def zip_bytes(**members):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, raw in members.items():
            archive.writestr(f"{name}.npy", raw)
    return file.getvalue()


def npy_bytes(header, data=b""):
    text = header.encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + data


def npy_of(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def common_damage(random, good):
    """Damage to an NPZ file of any contents."""
    yield "truncated", Case(good[: random.integers(0, len(good) - 1)], REFUSED)
    for _ in range(4):
        flipped = bytearray(good)
        flipped[random.integers(len(good))] ^= 1 << random.integers(8)
        yield "a bit", Case(bytes(flipped), EITHER)
    several = bytearray(good)
    for place in random.integers(0, len(good), 8):
        several[place] ^= random.integers(1, 256)
    yield "bytes", Case(bytes(several), EITHER)
    # The names of the archive's own fields are those of its specification, APPNOTE 6.3.
    encrypted = bytearray(good)
    for start, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        for match in re.finditer(re.escape(start), good):
            encrypted[match.start() + offset] |= 1
    yield "encrypted", Case(bytes(encrypted), REFUSED)
    sizes = bytearray(good)
    for match in re.finditer(rb"PK\x01\x02", good):
        struct.pack_into("<I", sizes, match.start() + 24, int(random.integers(2**31, 2**32 - 1)))
    yield "declared sizes", Case(bytes(sizes), REFUSED)
    yield "no archive", Case(random.bytes(random.integers(0, 300)), REFUSED)


def objects():
    return np.array([{}] * 24, object)


def npz_cases(random):
    features, classes = table(random)
    labels = np.unique(classes, return_inverse=True)[1]
    good = npz_bytes(bool(random.integers(2)), inputs=features, targets=labels)
    yield from common_damage(random, good)
    for dtype in ("f4", "f2", ">f8", ">f4", "f8"):
        yield f"inputs in {dtype}", Case(npz_bytes(inputs=features.astype(dtype), targets=labels), SAME)
    for dtype in ("u1", "i2", ">i4", "f8"):
        yield f"classes in {dtype}", Case(npz_bytes(inputs=features, targets=labels.astype(dtype)), SAME)
    yield "by columns", Case(npz_bytes(inputs=np.asfortranarray(features), targets=labels), SAME)
    for dtype in ("c16", "S8", "M8[s]", "V8"):
        yield f"inputs in {dtype}", Case(npz_bytes(inputs=np.zeros((24, 3), dtype), targets=labels), REFUSED)
    yield "objects", Case(npz_bytes(inputs=features, targets=objects()), REFUSED)
    spoilt = features.copy()
    spoilt[random.integers(24), random.integers(3)] = random.choice([np.nan, np.inf, -np.inf])
    yield "not finite", Case(npz_bytes(inputs=spoilt, targets=labels), REFUSED)
    yield "too few targets", Case(npz_bytes(inputs=features, targets=labels[:-1]), REFUSED)
    yield "one hot", Case(npz_bytes(inputs=features, targets=np.eye(3)[labels]), REFUSED)
    yield "transposed", Case(npz_bytes(inputs=features.T, targets=labels), REFUSED)
    yield "no rows", Case(npz_bytes(inputs=features[:0], targets=labels[:0]), REFUSED)
    yield "no targets", Case(npz_bytes(inputs=features), REFUSED)
    yield "other names", Case(npz_bytes(x=features, y=labels), REFUSED)
    yield "one array", Case(npy_of(features), REFUSED)
    shape = random.choice(
        ["(10**12, 3)", "(1000000000000, 3)", "(-1, 3)", "(24, -3)", "(24, 3, 99999999)", "(24.0, 3)", "24"]
    )
    numbers, targets = features.tobytes(), npy_of(labels)
    header = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}}}"
    yield (
        "a hostile shape",
        Case(zip_bytes(inputs=npy_bytes(header, numbers), targets=targets), REFUSED),
    )
    kind = random.choice(["|O", "<U999999999", "<f4", "<f16", "<x8", "<c8", ">S0", "<M8[s]", "("])
    header = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': (24, 3)}}"
    yield (
        "a hostile type",
        Case(zip_bytes(inputs=npy_bytes(header, numbers), targets=targets), REFUSED),
    )
    code = random.choice(["__import__('os').abort()", "[" * 90, "{'descr': '<f8'}", "'\\x00'", "1e999"])
    yield "a hostile header", Case(zip_bytes(inputs=npy_bytes(code), targets=targets), REFUSED)


def idx_bytes(array, kind=0x08):
    dtype = {0x08: "u1", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}[kind]
    return (
        bytes([0, 0, kind, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.astype(dtype).tobytes()
    )


def idx_cases(random):
    """Damage to the train images, of 0..255, beside three files that are good."""
    images = random.integers(0, 256, (8, 3, 3))
    good = idx_bytes(images)
    packed = gzip.compress(good)
    yield "gzipped", Case(packed, (images,))
    yield "plain", Case(good, (images,))
    for kind in (0x0C, 0x0D, 0x0E):
        yield f"type {kind}", Case(idx_bytes(images, kind), (images,))
    yield "truncated", Case(good[: random.integers(0, len(good) - 1)], REFUSED)
    yield "gzip, truncated", Case(packed[: random.integers(2, len(packed) - 1)], REFUSED)
    yield "more behind", Case(good + random.bytes(random.integers(1, 9)), REFUSED)
    for _ in range(4):
        flipped = bytearray(packed)
        flipped[random.integers(2, len(packed))] ^= 1 << random.integers(8)
        yield "gzip, a bit", Case(bytes(flipped), EITHER)
    for _ in range(3):
        sizes = bytearray(good)
        sizes[random.integers(4, 16)] ^= 1 << random.integers(8)
        yield "another size", Case(bytes(sizes), REFUSED)
    hostile = good[:4] + struct.pack(">3I", *random.integers(2**20, 2**32 - 1, 3)) + good[16:]
    yield "hostile sizes", Case(hostile, REFUSED)
    yield "gzip, hostile sizes", Case(gzip.compress(hostile), REFUSED)
    yield "many dimensions", Case(b"\0\0\x08\xff" + good[4:], REFUSED)
    yield "no such type", Case(b"\0\0\x07\x03" + good[4:], REFUSED)
    broken = images.astype(float)
    broken[random.integers(8), 1, 1] = random.choice([np.nan, np.inf])
    yield "not finite", Case(idx_bytes(broken, 0x0D), REFUSED)
    yield "labels in place of images", Case(idx_bytes(np.arange(8) % 2), REFUSED)
    yield "an image too few", Case(idx_bytes(images[1:]), REFUSED)
    yield "no images", Case(idx_bytes(images[:0]), REFUSED)
    yield "other images to test on", Case(idx_bytes(np.zeros((8, 4, 4))), REFUSED)
    yield "another scale to test on", Case(idx_bytes(images / 255, 0x0D), REFUSED)
    yield "not IDX", Case(random.bytes(random.integers(0, 99)), REFUSED)


SHAPES = [(2, 4), (5, 1)]


def posterior_arrays(random):
    values = {"noise_std": np.array(0.125), "input_mean": np.array(0.0), "input_scale": np.array(1.0)}
    values |= {"target_mean": np.array(0.0), "target_scale": np.array(1.0)}
    for index, shape in enumerate(SHAPES):
        values |= {
            f"mean{index}": random.integers(-40, 40, shape) / 8,
            f"std{index}": random.integers(1, 40, shape) / 8,
        }
    return values


def posterior_cases(random):
    arrays = posterior_arrays(random)
    yield from common_damage(random, npz_bytes(**arrays))
    for dtype in ("f4", "f2", ">f8"):
        yield f"in {dtype}", Case(npz_bytes(**{name: array.astype(dtype) for name, array in arrays.items()}), SAME)
    yield "by columns", Case(npz_bytes(**{name: array.copy(order="F") for name, array in arrays.items()}), SAME)
    yield "further arrays", Case(npz_bytes(**arrays, comment=np.array("mine")), SAME)
    name = random.choice(list(arrays))
    yield (
        "an array is missing",
        Case(npz_bytes(**{key: array for key, array in arrays.items() if key != name}), REFUSED),
    )
    for what, value in (
        ("not finite", np.full(arrays[name].shape, random.choice([np.nan, np.inf]))),
        ("complex", arrays[name] + 1j),
        ("objects", arrays[name].astype(object)),
        ("text", arrays[name].astype("U8")),
        ("another shape", np.ones((*arrays[name].shape, 2))),
        ("turned", np.ones(arrays[name].shape[::-1] or (3,))),
    ):
        yield what, Case(npz_bytes(**arrays | {name: value}), REFUSED)
    for name in ("std0", "std1", "noise_std", "input_scale", "target_scale"):
        yield "negative", Case(npz_bytes(**arrays | {name: -arrays[name]}), REFUSED)
        yield "zero", Case(npz_bytes(**arrays | {name: 0 * arrays[name]}), REFUSED)
    yield "a layer too many", Case(npz_bytes(**arrays, mean2=np.ones((2, 1)), std2=np.ones((2, 1))), REFUSED)
    yield "too large", Case(npz_bytes(**arrays | {"mean0": np.full(SHAPES[0], 1e39)}), REFUSED)


def read_table(path):
    """What the file says, if a data set can be made of it."""
    load_dataset("mine", 1, DataSettings(source="csv", path=str(path), task="classification"))
    return read_csv(path, None, "classification")[0]


def read_archive(path):
    load_dataset("mine", 1, DataSettings(source="npz", path=str(path), task="classification"))
    return read_npz(path)[0]


def read_images(path):
    load_dataset("mine", 1, DataSettings(source="idx", path=str(path.parent)))
    return (idx.read_folder(path.parent)[0][0],)


@pytest.fixture(scope="module")
def read_weights():
    cubic = load_dataset("cubic", 1)

    def read(path):
        layers = read_posterior(path, cubic, NetworkSettings(hidden=(4,))).layers
        return [array for layer in layers for array in (layer.mean, layer.std)]

    return read


@pytest.mark.parametrize("seed", range(SEEDS))
def test_damaged_tables(tmp_path, seed):
    path = tmp_path / "mine.csv"
    for kind, case in csv_cases(np.random.default_rng(seed)):
        path.write_bytes(case.raw)
        print(kind)
        check(path, read_table, table(np.random.default_rng(seed)), case.expected)


@pytest.mark.parametrize("seed", range(SEEDS))
def test_damaged_archives(tmp_path, seed):
    features, classes = table(np.random.default_rng(seed))
    path = tmp_path / "mine.npz"
    for kind, case in npz_cases(np.random.default_rng(seed)):
        path.write_bytes(case.raw)
        print(kind)
        check(path, read_archive, (features, np.unique(classes, return_inverse=True)[1]), case.expected)


@pytest.mark.parametrize("seed", range(SEEDS))
def test_damaged_images(tmp_path, seed):
    path = tmp_path / idx.PARTS[0]
    test_images = np.random.default_rng(99).integers(0, 256, (4, 3, 3))
    others = (np.arange(8) % 2, test_images, np.arange(4) % 2)
    for name, array in zip(idx.PARTS[1:], others, strict=True):
        (tmp_path / name).write_bytes(idx_bytes(array))
    good = (np.random.default_rng(seed).integers(0, 256, (8, 3, 3)),)
    for kind, case in idx_cases(np.random.default_rng(seed)):
        packed = case.raw[:2] == b"\x1f\x8b"
        place = path.with_name(f"{path.name}.gz") if packed else path
        place.write_bytes(case.raw)
        print(kind)
        check(place, read_images, good, case.expected)
        place.unlink()


@pytest.mark.parametrize("seed", range(SEEDS))
def test_damaged_posteriors(tmp_path, seed, read_weights):
    path = tmp_path / "mine.npz"
    path.write_bytes(npz_bytes(**posterior_arrays(np.random.default_rng(seed))))
    good = read_weights(path)
    for kind, case in posterior_cases(np.random.default_rng(seed)):
        path.write_bytes(case.raw)
        print(kind)
        check(path, read_weights, good, case.expected)


def test_they_are_hundreds_and_a_reader_that_believes_everything_fails(tmp_path):
    kinds = [list(cases(np.random.default_rng(0))) for cases in (csv_cases, npz_cases, idx_cases, posterior_cases)]
    assert SEEDS * sum(map(len, kinds)) >= 700
    believing = lambda path: table(np.random.default_rng(0))  # noqa: E731
    wrong = 0
    for _, case in kinds[0]:
        try:
            check(Path(tmp_path / "any"), believing, table(np.random.default_rng(0)), case.expected)
        except AssertionError:
            wrong += 1
    assert wrong > 15


def test_what_does_not_fit_into_memory_is_refused_before_it_is_read(tmp_path, monkeypatch):
    features, _ = table(np.random.default_rng(0))
    np.savez(tmp_path / "mine.npz", inputs=features, targets=np.arange(24) % 3)
    (tmp_path / "mine.csv").write_text("a,b\n" + "1,2\n" * 99)
    (tmp_path / "mine").write_bytes(idx_bytes(np.zeros((8, 9, 9))))
    readers = {"mine.npz": read_archive, "mine.csv": read_table, "mine": idx.read}
    monkeypatch.setattr(memory.psutil, "virtual_memory", lambda: type("", (), {"available": 99})())
    for name, read in readers.items():
        with pytest.raises(memory.MemoryShortageError, match=f"{name}: needs .* and 9.9e-08 GB may"):
            read(tmp_path / name)


@pytest.mark.parametrize("number", [errno.EMFILE, errno.EACCES, errno.EIO, errno.ESTALE])
def test_a_file_that_cannot_be_read_now_is_not_called_wrong(tmp_path, monkeypatch, number):
    """A point of a study would be given up for what the next hour mends."""
    np.savez(tmp_path / "mine.npz", inputs=np.zeros((8, 2)), targets=np.arange(8) % 2)
    (tmp_path / "mine.csv").write_text("a,b\n1,2\n")
    (tmp_path / "mine").write_bytes(idx_bytes(np.zeros((8, 3, 3))))

    def refuse(*_, **__):
        raise OSError(number, os.strerror(number))

    for name, read in {"mine.npz": read_archive, "mine.csv": read_table, "mine": idx.read}.items():
        with monkeypatch.context() as patch:
            patch.setattr(Path, "open", refuse)
            patch.setattr(Path, "read_bytes", refuse)
            with pytest.raises(FileAccessError, match=rf"{name}: cannot be opened or read now \("):
                read(tmp_path / name)
    # Half of an archive is read.
    with monkeypatch.context() as patch:
        patch.setattr(zipfile.ZipFile, "open", refuse)
        with pytest.raises(FileAccessError):
            read_archive(tmp_path / "mine.npz")
        patch.setattr(zipfile.ZipFile, "open", lambda *_: (_ for _ in ()).throw(OSError(errno.EINVAL, "a bad address")))
        with pytest.raises(ValueError, match="not an NPZ file"):
            read_archive(tmp_path / "mine.npz")
