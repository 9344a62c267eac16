"""A number with the interval that its data support."""

from typing import NamedTuple

import numpy as np


class Estimate(NamedTuple):
    """Point estimate and the ends of its 95 % interval, arrays of one shape."""

    value: np.ndarray
    low: np.ndarray
    high: np.ndarray
