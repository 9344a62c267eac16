"""What a chip's circuits do to a regression, as training inputs show it, is taken off its outputs."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np


class Correction(NamedTuple):
    """What is done to a chip's outputs before they are predictions.

    Attributes
    ----------
    variance
        What circuits add to the variance of the outputs of one input, in squares of scaled targets.
    noise_std
        Of the targets, to be added to the outputs, in units of the posterior's.
    """

    variance: float
    noise_std: float

    def of(self, outputs: np.ndarray) -> np.ndarray:
        """Return outputs (samples, inputs, outputs) about the same means, less the variance that circuits add.

        What varies less than that does not vary. One sample is left as it is.
        """
        if not self.variance or len(outputs) == 1:
            return outputs
        mean = outputs.mean(axis=0)
        shown = outputs.var(axis=0, ddof=1)
        kept = np.sqrt(np.maximum(shown - self.variance, 0) / np.where(shown > 0, shown, 1))
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
    return Correction(max(shown - meant, 0.0), math.sqrt(own**2 + off / unit**2))
