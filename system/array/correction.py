"""What a chip's circuits do to a regression, as training inputs show it, is taken off its outputs."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np


class Correction(NamedTuple):
    """What is done to a chip's outputs before they are predictions.

    Attributes
    ----------
    noise_std
        Of the targets, to be added to the outputs, in units of the posterior's.
    variance
        What circuits add to the variance of the outputs of one input, in squares of scaled targets.
    share
        What is left of the variance without that, on average over inputs.
    """

    noise_std: float
    variance: float = 0.0
    share: float = 1.0

    def of(self, outputs: np.ndarray) -> np.ndarray:
        """Return outputs (samples, inputs, outputs) about the same means, less the variance that circuits add.

        Each input keeps `share` of its own at least, so that those which vary more still do. One sample is left as it
        is.
        """
        if not self.variance or len(outputs) == 1:
            return outputs
        mean = outputs.mean(axis=0)
        shown = outputs.var(axis=0, ddof=1)
        kept = np.sqrt(np.maximum(1 - self.variance / np.maximum(shown, self.variance), self.share))
        corrected: np.ndarray = mean + kept * (outputs - mean)
        return corrected


def measured_correction(chip: np.ndarray, software: np.ndarray, own: float, unit: float = 1.0) -> Correction:
    """Return the correction by what a chip and its posterior in software put out for the same inputs.

    Variance beyond that of the posterior, on average over the inputs, is the circuits'. Unknown errors of a chip's
    means act as noise: the square of their distance, beyond that of as many draws of the posterior, is added to the
    noise of the targets. A chip that varies too little keeps what it has.

    Parameters
    ----------
    chip, software : (samples, inputs)
        Outputs; two samples or more.
    own
        Noise of the targets by the posterior.
    unit
        Root mean square over the inputs of what that is multiplied by.
    """
    shown, meant = (float(outputs.var(axis=0, ddof=1).mean()) for outputs in (chip, software))
    distance = float(np.mean((chip.mean(axis=0) - software.mean(axis=0)) ** 2))
    off = max(distance - meant * (1 / len(chip) + 1 / len(software)), 0.0)
    added = max(shown - meant, 0.0)
    return Correction(math.sqrt(own**2 + off / unit**2), added, 1 - added / shown if added else 1.0)
