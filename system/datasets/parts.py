"""Whether a train and a test part that a user set apart are in one scale, and in one place."""

from __future__ import annotations

from pathlib import Path

import numpy as np

SAME_SCALE = 4.0
"""Parts whose inputs differ by more than this factor have not been scaled alike."""

_SAME_PLACE = 4.0
# Spreads of the train part by which half of the features may be off in the mean: what is measured is above 0, and has
# a mean of some spreads, which are gone where one part was centred.
_NOTED_PLACE = 1.0
# Spreads from which it is said.
_NEGATIVE = 0.1
# Share of the largest value that images reach below 0 where they were centred, and not where a filter rang.
_SPREAD_ROWS = 8
# Test inputs from which their spread is known.


def largest(values: np.ndarray) -> float:
    """Return the largest magnitude, of integers too, whose least number has none."""
    return max(-float(values.min()), float(values.max()))


def check_scales(path: Path, train: np.ndarray, test: np.ndarray) -> list[str]:
    """Refuse parts that were set apart and scaled in two ways, such as images of 0..255 and of 0..1.

    Returns
    -------
    A line if the parts lie apart, and may yet have been meant to.

    Raises
    ------
    ValueError
        Their inputs, (n, features) or images, differ by more than a factor of 4; or those of one part alone were
        centred.
    """
    return _check_images(path, train, test) if train.ndim > 2 else _check_features(path, train, test)


def _check_images(path: Path, train: np.ndarray, test: np.ndarray) -> list[str]:
    sizes = [largest(part) for part in (train, test)]
    _check_sizes(path, "images reach", sizes)
    lows = [float(part.min()) for part in (train, test)]
    below = [low < -_NEGATIVE * size for low, size in zip(lows, sizes, strict=True)]
    if below[0] != below[1] and max(lows) >= 0:
        raise ValueError(
            f"{path}: train images begin at {lows[0]:.3g} and test images at {lows[1]:.3g}; expected both parts in one "
            "scale"
        )
    return []


def _check_features(path: Path, train: np.ndarray, test: np.ndarray) -> list[str]:
    if len(test) < _SPREAD_ROWS:
        return []
    parts = [part.astype(float) for part in (train, test)]
    spreads = np.stack([part.std(axis=0) for part in parts])
    varying = (spreads > 0).all(axis=0)
    if not varying.any():
        return []
    ratio = float(np.exp(np.median(np.log(spreads[1, varying] / spreads[0, varying]))))
    middle = float(np.median(spreads[0, varying]))
    _check_sizes(path, "features vary by", [middle, ratio * middle])
    apart = np.abs(parts[1].mean(axis=0) - parts[0].mean(axis=0))[varying] / spreads[0, varying]
    shift = float(np.median(apart))
    if shift > _SAME_PLACE:
        raise ValueError(
            f"{path}: half of the test features lie {shift:.3g} stds or more from those to train on, in the mean; "
            "expected both parts in one scale"
        )
    return [f"half of the test features lie {shift:.3g} stds or more from those to train on"] * (shift > _NOTED_PLACE)


def _check_sizes(path: Path, what: str, sizes: list[float]) -> None:
    if min(sizes) * SAME_SCALE < max(sizes):
        raise ValueError(
            f"{path}: train {what} {sizes[0]:.3g} and test {what} {sizes[1]:.3g}; expected both parts in one scale"
        )
