"""The cell as simulators of analog in-memory computing see it: a conductance that is written once and read with noise.

The domain-wall MTJ is the conductance, written by pulses with verification. The stochastic MTJ beside it is the read
noise, and the jitter of the wall adds a little: the two cells of a signed weight are subtracted, so that the mean of
either stochastic MTJ cancels. Reads are taken as independent, far more than a decay time apart.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from magbayes.compact_models.reads import Reads
from magbayes.compact_models.store import CompactModels
from magbayes.data.keys import random_key

FAR_APART = 1.0
"""Interval of reads that remember nothing, s."""


class Cell:
    """Cells under gate and read voltages in V, whose reads average over an integration time in s.

    Raises
    ------
    ValueError
        Voltages beyond the characterised range or a time beyond the record, here; conductances beyond the levels, in
        `check`.
    """

    def __init__(
        self,
        models: CompactModels,
        gate_voltage: ArrayLike,
        read_voltage: ArrayLike = 0.0,
        integration_time: float = 0.0,
    ) -> None:
        self._dwmtj = models.dwmtj
        self._jitter = models.dwmtj.jitter(integration_time)
        self._reads = models.smtj.at(gate_voltage, FAR_APART, integration_time, read_voltage=read_voltage)

    @property
    def range(self) -> tuple[float, float]:
        """Conductances of the first and the last level, S."""
        mean = self._dwmtj.levels.mean
        return float(mean[0]), float(mean[-1])

    def check(self, lowest: float, highest: float) -> None:
        """Refuse conductances in S that are to be written and that no level is near to."""
        first, last = self.range
        slack = 1e-6 * last  # rounding of the other simulator's units
        if not first - slack <= lowest < highest <= last + slack:
            raise ValueError(
                f"conductances from {lowest:.6g} to {highest:.6g} S are not those of the levels; "
                f"accepted: {first:.6g} to {last:.6g} S"
            )

    def write(self, target: ArrayLike, seed: int) -> np.ndarray:
        """Conductances in S after writing the level nearest to each target in S, failures included.

        Targets beyond the levels count as the end: simulators try a device on 0 S, or round.
        """
        return self._dwmtj.program(random_key(seed, "program"), np.clip(target, *self.range)).conductance

    def noise(self, scores: ArrayLike) -> np.ndarray:
        """Deviations in S of reads from the mean, by standard normal scores: the measured marginal.

        The voltages and `scores` broadcast against each other.
        """
        mean = self._reads.mean
        shape = np.broadcast_shapes(np.shape(scores), mean.shape)
        return np.asarray(_deviation(self._reads, jnp.broadcast_to(jnp.asarray(scores, mean.dtype), shape)))

    def read(self, held: np.ndarray, scores: np.ndarray, wall_scores: np.ndarray) -> np.ndarray:
        """Conductances in S of reads of cells that hold `held` in S: with the noise of both devices of each.

        `scores` and `wall_scores` are standard normal numbers of the shape of `held`, for either device.
        """
        read: np.ndarray = held + self.noise(scores) + self._jitter[self._dwmtj.nearest_level(held)] * wall_scores
        return read


@jax.jit
def _deviation(reads: Reads, scores: jax.Array) -> jax.Array:
    return reads.of_score(scores) - reads.mean
