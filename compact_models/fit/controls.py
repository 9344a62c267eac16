"""Control variates: what equilibrium is known to show at instants takes most of the chance out of averages.

A read is wide where m is near the plane or far from the axis, and how often it is there is known from the states that
were drawn far better than from a hundred trajectories. So the mean square y of a trajectory's averages is regressed on
the means x of functions of m over the same windows, and their known means X replace what the trajectories happen to
show: mean(y) - beta (mean(x) - X) (S. S. Lavenberg and P. D. Welch, Manag. Sci. 27, 322 (1981)). The coefficients may
be anything, so that an error of them, or of the functions, is none of the width; nor is one of the trajectories' own
distribution, which the time step narrows.

The functions are powers of q, the square of m along the reference layer, and q times the variance function of a spin
that turns at the rate of its m_z and decays: of averages that is what a passage through the plane leaves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from magbayes.compact_models import precession
from magbayes.compact_models.fit.averages import Averages
from magbayes.compact_models.fit.reweighting import Pool
from magbayes.micromag.raw import along_reference

if TYPE_CHECKING:
    from magbayes.compact_models.fit.marginal import Marginal

PASSAGE = 3e-9
"""Decay time in s of a spin in the plane. From 1 to 10 ns none is better than the others."""

FUNCTIONS = 4
"""Number of the functions."""

NORMALS = np.linspace(0.0, 1.2, 1201)
"""Sizes of m_z at which that of a passage is tabulated: m over Ms is a little above 1 at most."""

TRAJECTORIES = 20
"""Trajectories for each function: with fewer the coefficients follow chance."""


@dataclass(frozen=True)
class Equilibrium:
    """Means over equilibrium of functions of m, at one gate voltage.

    Attributes
    ----------
    pool
        States of all gates.
    weights
        (n,), those of the states at this gate.
    magnetisation
        (n, 3), m over Ms of the states.
    times
        (resamples, chains), how often each chain counts in a resample.
    """

    pool: Pool
    weights: np.ndarray
    magnetisation: np.ndarray
    times: np.ndarray

    def mean(self, values: np.ndarray) -> np.ndarray:
        """Means of values (n, m), and then those of the resamples: (1 + resamples, m)."""
        mean, parts = self.pool.mean(self.weights, values)
        return np.concatenate([mean[None], mean + (self.times - 1) @ parts])


class Controls:
    """The controls of averages over any time, at m over Ms (..., 3): what no time changes is computed once."""

    def __init__(self, m: np.ndarray, in_plane_symmetric: bool) -> None:
        self._q = (along_reference(m, in_plane_symmetric) ** 2).mean(axis=-1)
        place = np.minimum(np.abs(m[..., 2]) / NORMALS[1], len(NORMALS) - 1)
        self._below = np.minimum(place.astype(int), len(NORMALS) - 2)
        self._beyond = place - self._below

    @property
    def powers(self) -> np.ndarray:
        """Those of q (..., 3), which are the same for all times."""
        return np.stack([self._q, self._q**2, self._q**4], axis=-1)

    def of_passages(self, time: float, memory: precession.Memory) -> np.ndarray:
        """The one (..., 1) that depends on the time of the average, s."""
        decay = np.full(len(NORMALS), PASSAGE)
        table = precession.variance_function(time, decay, memory.angular_frequency * NORMALS, 0.0)
        left = table[self._below] + self._beyond * np.diff(table)[self._below]
        return np.asarray(self._q * left)[..., None]


def ordered(powers: np.ndarray, of_passages: np.ndarray, count: int) -> np.ndarray:
    """The first controls (..., count), or what belongs to each, of the powers (..., 3) and the other one (..., 1)."""
    return np.concatenate([powers[..., :1], of_passages, powers[..., 1:]], axis=-1)[..., :count]


def window_means(values: np.ndarray, length: int) -> np.ndarray:
    """Mean (replicas, ...) of values (replicas, samples, ...) over all windows of `length` samples, and over these."""
    samples = values.shape[1]
    after = np.arange(samples)
    # In how many windows a sample is.
    count = np.minimum(np.minimum(after + 1, samples - after), min(length, samples - length + 1))
    mean: np.ndarray = np.tensordot(values, count / count.sum(), axes=(1, 0))
    return mean


def regressed(square: np.ndarray, controls: np.ndarray, exact: np.ndarray, weights: np.ndarray) -> float:
    """Mean of squares (replicas,) at which controls (replicas, m) have their `exact` means (m,).

    `weights` (replicas,) are shares of the replicas, whose errors grow with them. At least a thousandth is left of the
    mean without controls: a variance is above 0.
    """
    share = weights / weights.sum()
    design = np.column_stack([np.ones(len(square)), controls - exact])
    scale = np.sqrt(share**2 @ design**2)
    scale[scale == 0] = 1.0
    solved = np.linalg.lstsq(share[:, None] * design / scale, share * square, rcond=1e-6)[0] / scale
    plain = float(share @ square)
    return max(plain - float(share @ (design[:, 1:] @ solved[1:])), 1e-3 * plain)


def mean_squares(
    reads: Averages, m: np.ndarray, rows: np.ndarray, memory: precession.Memory, marginal: Marginal, symmetric: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Mean squares of m·p averaged over each time (times,), and those of resamples (resamples, times).

    Parameters
    ----------
    reads
        Averages of the trajectories.
    m
        (replicas, samples, 3), their m over Ms.
    rows
        (resamples, replicas), the trajectories of each resample.
    memory
        For the rate at which m turns.
    marginal
        Of instants. Without states that were drawn, or with few trajectories, mean squares are those of the
        trajectories alone, scaled to its width.
    symmetric
        Whether m_x and m_y have one distribution.
    """
    whole = np.arange(len(m))
    first = np.append(marginal.sigma, marginal.resampled_sigma) ** 2
    count = min(FUNCTIONS, len(m) // TRAJECTORIES)
    if marginal.equilibrium is None or not count:
        plain = np.stack([reads.weights[row] @ reads.square[row] for row in (whole, *rows)])
        scaled = plain / plain[:, :1] * first[:, None]
        return scaled[0], scaled[1:]
    equilibrium = marginal.equilibrium
    of_states = Controls(equilibrium.magnetisation, symmetric)
    of_records = Controls(m.astype(np.float64), symmetric)
    known, powers = equilibrium.mean(of_states.powers), of_records.powers
    columns = [first]
    for time, square in zip(reads.time[1:], reads.square.T[1:], strict=True):
        passages = equilibrium.mean(of_states.of_passages(float(time), memory))
        exact = ordered(known, passages, count)
        controls = ordered(powers, of_records.of_passages(float(time), memory), count)
        shown = window_means(controls, round(time / reads.time[1]))
        columns.append(
            np.array(
                [
                    regressed(square[row], shown[row], means, reads.weights[row])
                    for row, means in zip((whole, *rows), exact, strict=True)
                ]
            )
        )
    squares = np.stack(columns, axis=1)
    return squares[0], squares[1:]
