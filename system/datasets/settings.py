"""Where the data of a network come from: the key `data` of a network's configuration."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, NonNegativeInt, PositiveInt, model_validator

from magbayes.data.section import Section

Task = Literal["classification", "regression"]
BuiltIn = Literal["digits", "breast_cancer", "fashion_mnist", "diabetes", "cubic", "gap"]
Source = Literal[BuiltIn, "csv", "npz", "idx", "splits"]
Elsewhere = Literal["digits", "fashion_mnist", "letters"]
Shift = Literal["rotation", "noise", "outside", "gap", Elsewhere]
_FILES = ("csv", "npz", "idx", "splits")
_REGRESSIONS = ("diabetes", "cubic", "gap", "splits")
_OWN_TEST_PART = ("fashion_mnist", "idx", "cubic", "gap")
_SHIFTS: dict[Source, tuple[Shift, ...]] = {
    **dict.fromkeys(("digits", "fashion_mnist", "idx"), ("rotation", "noise")),
    "cubic": ("outside",),
    "gap": ("gap", "outside"),
    **dict.fromkeys(("csv", "splits"), ("outside", "noise")),
    "npz": ("rotation", "outside", "noise"),
}
"""Shifts by source where none are named; of others noise. Of files some: as they have images, or how many features."""


class Blend(Section):
    """Test images mixed with others, (1 - f) image + f other, whose labels stay: a ladder of corruption."""

    source: Elsewhere = Field(default="letters", description="where the other images are from")
    fractions: tuple[Annotated[float, Field(gt=0, lt=1)], ...] = Field(
        default=(0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9), min_length=1, description="f, rising"
    )
    limit: PositiveInt = Field(default=200, description="test images that are mixed at most")

    @model_validator(mode="after")
    def _rising(self) -> Blend:
        if any(one >= other for one, other in pairwise(self.fractions)):
            raise ValueError(f"fractions {', '.join(f'{f:g}' for f in self.fractions)} do not rise")
        return self


SPLIT_DATA, SPLIT_FEATURES, SPLIT_TARGET = "data.txt", "index_features.txt", "index_target.txt"
"""Files of a folder of splits, beside two of each split."""


def split_files(folder: str, number: int) -> list[str]:
    """Return the files of a folder of splits that say what one split is."""
    names = (SPLIT_DATA, SPLIT_FEATURES, SPLIT_TARGET, *(f"index_{part}_{number}.txt" for part in ("train", "test")))
    return [str(Path(folder) / name) for name in names]


class Fold(Section):
    """Which part of the rows is set apart to test on: one of equal ones that a seed makes, or a published split."""

    number: NonNegativeInt = Field(description="which part is tested on, from 0")
    of: int | None = Field(
        default=None, ge=2, description="parts of about equal size; null: those that come with the data, of `splits`"
    )

    @model_validator(mode="after")
    def _exists(self) -> Fold:
        if self.of is not None and self.number >= self.of:
            raise ValueError(f"number {self.number} of {self.of} folds; accepted: 0 to {self.of - 1}")
        return self


class DataSettings(Section):
    """One source of data, and what is taken from it."""

    source: Source = Field(description="a data set that is known by name, or the format of your own")
    path: str | None = Field(
        default=None,
        description=(
            "your own: a CSV file with a header, in UTF-8, separated by commas, semicolons or tabs; an NPZ file with "
            "inputs and targets, or with train_inputs, train_targets, test_inputs and test_targets; a folder of IDX "
            "files named as MNIST's; splits: a folder with data.txt, index_features.txt, index_target.txt, and "
            "index_train_N.txt and index_test_N.txt of each split, as the UCI regressions are handed on. "
            "fashion_mnist: its folder, if it isn't to be looked for"
        ),
    )
    task: Task | None = Field(default=None, description="what to learn from a CSV or NPZ file")
    target: str | None = Field(default=None, description="column of a CSV file to be predicted; null: the last")
    test_fraction: float = Field(
        default=0.25, gt=0, lt=1, description="share of the rows to test on, where none are set apart"
    )
    fold: Fold | None = Field(
        default=None, description="cross-validation, in place of test_fraction: the part to test on; null: none"
    )
    train_limit: PositiveInt | None = Field(default=None, description="inputs to train on at most; null: all")
    test_limit: PositiveInt | None = Field(default=None, description="inputs to test on at most; null: all")
    shift_limit: PositiveInt = Field(default=200, description="inputs of each of the shifts at most")
    shifts: tuple[Shift, ...] | None = Field(
        default=None,
        description=(
            "inputs from elsewhere that a network should be unsure about: images rotated by 90 degrees, uniform noise "
            "in place of each feature, features outside of their range in training, the images of another data set, "
            "letters, or the gap between the training inputs of the data set gap; null: rotation and noise for images, "
            "noise for tables, outside for a single feature, gap where there is one"
        ),
    )
    blend: Blend | None = Field(default=None, description="test images mixed with others, by fraction; null: none")
    letters: str | None = Field(
        default=None,
        description="IDX file of EMNIST's letters (emnist-letters-test-images-idx3-ubyte.gz); null: drawn from fonts",
    )

    def files(self) -> list[str]:
        """Return the files and folders that are named."""
        if self.source == "splits" and self.path is not None and self.fold is not None:
            return split_files(self.path, self.fold.number)
        return [path for path in (self.path, self.letters) if path is not None]

    @property
    def known_task(self) -> Task:
        """What is to be learned."""
        return self.task or ("regression" if self.source in _REGRESSIONS else "classification")

    @property
    def possible_shifts(self) -> tuple[Shift, ...]:
        """Shifts that the data have, or may have, where only a look at them would tell."""
        if self.shifts is not None:
            return self.shifts
        return _SHIFTS.get(self.source, ("noise",))

    @model_validator(mode="after")
    def _consistent(self) -> DataSettings:
        own = self.source in _FILES
        if own and self.path is None:
            raise ValueError(f"source {self.source} needs path, the file or folder of the data")
        if self.path is not None and not own and self.source != "fashion_mnist":
            raise ValueError(f"source {self.source} takes no path; accepted with {', '.join(_FILES)} and fashion_mnist")
        if self.path is not None and not Path(self.path).exists():
            raise ValueError(f"path {self.path} does not exist")
        if (self.source in ("csv", "npz")) != (self.task is not None):
            raise ValueError(f"source {self.source}: task goes with csv and npz, and with them only")
        if self.target is not None and self.source != "csv":
            raise ValueError(f"source {self.source}: target is a column of a CSV file")
        if self.source == "splits" and (self.fold is None or self.fold.of is not None):
            raise ValueError("source splits: fold says which of them, as {number: 0}, without `of`")
        if self.fold is not None and self.source != "splits":
            if self.source in _OWN_TEST_PART:
                raise ValueError(f"source {self.source} has its own test part; fold goes with others")
            if self.fold.of is None:
                raise ValueError(f"source {self.source}: fold needs `of`, the number of parts")
        if "gap" in (self.shifts or ()) and self.source != "gap":
            raise ValueError(f"shifts gap: source {self.source} has no gap; accepted with source gap")
        images = [name for name in self.shifts or () if name not in ("noise", "outside", "gap")]
        if images and self.known_task == "regression":
            raise ValueError(f"shifts {', '.join(images)}: accepted for classification only")
        if self.blend is not None and self.known_task == "regression":
            raise ValueError("blend: accepted for classification only")
        if self.letters is not None and not Path(self.letters).is_file():
            raise ValueError(f"letters {self.letters} is no file; accepted: an IDX file of images")
        return self
