"""The noise of a regression's targets that a chip's outputs leave room for."""

from __future__ import annotations

import math

import numpy as np
from scipy.optimize import minimize_scalar

# Least noise, in units of the std of the outputs over the fifth root of their number: below it draws are no density.
# B. W. Silverman, Density Estimation (1986), eq. 3.28.
_KERNEL = 1.06
# To what share of the posterior's own a noise is searched: the divergence is flat there.
_RESOLUTION = 1e-3


def nearest_noise(chip: np.ndarray, software: np.ndarray, own: float) -> float:
    """Return the std of the noise with which a chip predicts most nearly what its posterior does.

    Predictive distributions are taken as Gaussians: variances v_n of the chip's outputs at input n and w_n of those in
    software, a difference d_n of their means. The Kullback-Leibler divergence of the chip's, whose noise is s, from
    the posterior's, whose noise is `own`, is smallest where

        mean of log(v_n + s^2) + (w_n + own^2 + d_n^2) / (v_n + s^2)

    is. Silverman's rule gives the least s, since draws alone are no density, and `own` with what the means are off by
    the largest: fluctuations that a chip lacks are not made up for.

    Parameters
    ----------
    chip, software : (samples, inputs)
        Outputs; two samples or more.
    own
        Of the posterior, in their unit.
    """
    samples = len(chip)
    variance, meant = (outputs.var(axis=0, ddof=1) for outputs in (chip, software))
    # Means of the posterior are those of few draws; the chip's are what its predictions have.
    off = (chip.mean(axis=0) - software.mean(axis=0)) ** 2 - meant / samples
    square = own**2 + meant + off

    def divergence(std: float) -> float:
        predicted = variance + std**2
        return float(np.mean(np.log(predicted) + square / predicted))

    least = min(own, _KERNEL * samples**-0.2 * math.sqrt(variance.mean()))
    most = math.sqrt(own**2 + max(float(np.mean(off - variance / samples)), 0.0))
    bounded = {"bounds": (least, most), "method": "bounded", "options": {"xatol": _RESOLUTION * own}}
    return float(minimize_scalar(divergence, **bounded).x)
