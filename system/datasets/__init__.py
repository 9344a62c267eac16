"""The data sets, scaled for the network and split by a seed: known by name, or your own files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from magbayes.system.datasets import files, idx, splits
from magbayes.system.datasets.builtin import LOADERS, cubic_truth
from magbayes.system.datasets.dataset import Dataset
from magbayes.system.datasets.parts import check_scales
from magbayes.system.datasets.settings import DataSettings, Task
from magbayes.system.datasets.shifts import blended, shifted

__all__ = ["DATASETS", "DataSettings", "Dataset", "Task", "cubic_truth", "load_dataset"]

DATASETS = tuple(LOADERS)


def _source(name: str, settings: DataSettings, seed: int) -> Dataset:
    if settings.source == "idx":
        folder = Path(settings.path or "")
        train, test = idx.read_folder(folder)
        lines = check_scales(folder, train[0], test[0])
        return files.assemble(name, folder, "classification", train, test, (f"{folder}", "IDX", *lines))
    if settings.source == "splits":
        folder = Path(settings.path or "")
        train, test, taken = splits.read(folder, settings.fold.number if settings.fold else 0)
        return files.assemble(name, folder, "regression", train, test, taken)
    if settings.source in ("csv", "npz"):
        return files.load(name, settings, seed)
    return replace(LOADERS[settings.source](settings, seed), name=name)


def load_dataset(name: str, seed: int, settings: DataSettings | None = None) -> Dataset:
    """Return the data set `name`, split (and, for ``cubic``, drawn) by `seed`.

    Parameters
    ----------
    name
        What the data set is called; with `settings` any name will do.
    seed
        Of the split, and of the inputs that are drawn.
    settings
        Where the data are; by default `name` is one of `DATASETS`.

    Raises
    ------
    ValueError
        There is no such data set, and the message lists those that exist; or its files are not as they should be.
    """
    if settings is None:
        if name not in LOADERS:
            raise ValueError(f"no data set {name!r}; there are: {', '.join(DATASETS)}")
        settings = DataSettings.model_validate({"source": name})
    dataset = _source(name, settings, seed)
    train, test = slice(settings.train_limit), slice(settings.test_limit)
    if dataset.task == "classification" and len(np.unique(dataset.train_targets[train])) < 2:
        raise ValueError(
            f"{name}: train_limit {settings.train_limit} leaves one class of {dataset.outputs}; the first rows are "
            "taken, so mix them or raise it"
        )
    lines = [
        f"{key} {limit} leaves {found} of the {dataset.outputs} classes {purpose}: the first rows are taken"
        for key, limit, targets, purpose in (
            ("train_limit", settings.train_limit, dataset.train_targets[train], "to train on"),
            ("test_limit", settings.test_limit, dataset.test_targets[test], "to test on"),
        )
        if dataset.task == "classification" and limit and (found := len(np.unique(targets))) < dataset.outputs
    ]
    dataset = replace(
        dataset,
        taken=(*dataset.taken, *lines),
        train_inputs=dataset.train_inputs[train],
        train_targets=dataset.train_targets[train],
        test_inputs=dataset.test_inputs[test],
        test_targets=dataset.test_targets[test],
    )
    return replace(dataset, shifted=shifted(dataset, settings, seed), blended=blended(dataset, settings, seed))
