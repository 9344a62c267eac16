"""States of the stochastic MTJ from the equilibrium sampler: chains that agree, and as many states as are wanted."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from magbayes.data.convergence import WORST_CONVERGENCE, convergence, with_squares
from magbayes.data.seeds import derive
from magbayes.micromag.engines import Equilibrium, sample
from magbayes.micromag.raw import along_reference

if TYPE_CHECKING:
    import micromagneticmodel as mm

FEWEST_DRAWS = 20
"""Draws of a chain below which its halves tell nothing."""

MOST_STAGES = 6
"""Times that chains which disagree are drawn on: by then they are some 60 times as long."""


@dataclass(frozen=True)
class Drawn:
    """Chains that were drawn in stages, one after another.

    Attributes
    ----------
    stages
        Those that count; what was drawn before chains agreed is a longer warm-up.
    drawn
        Number of all stages.
    """

    stages: tuple[Equilibrium, ...]
    drawn: int

    @property
    def last(self) -> Equilibrium:
        """The last stage, whose final states are those of the chains."""
        return self.stages[-1]

    @property
    def magnetisation(self) -> np.ndarray:
        """Mean unit vectors, (chains, draws, 3)."""
        return np.concatenate([stage.magnetisation for stage in self.stages], axis=1)

    def energies(self, term: str) -> np.ndarray:
        """Energies (chains, draws) of a term, J."""
        return np.concatenate([stage.energies[term] for stage in self.stages], axis=1)

    @property
    def meta(self) -> dict[str, Any]:
        """What a file's provenance says of the run."""
        acceptance = float(self.last.meta["acceptance"].mean())
        return self.last.meta | {"acceptance": acceptance, "stages": self.drawn}


def relative_error(variances: np.ndarray) -> float:
    """Standard error of a width over the width, from mean squares of independent replicas (replicas,).

    The width is a root, so that its relative error is half of the variance's.
    """
    from scipy.stats import sem  # slow, and a configuration is checked without it

    return float(sem(variances) / (2 * variances.mean()))


def variances_of(magnetisation: np.ndarray, in_plane_symmetric: bool) -> np.ndarray:
    """Mean squares (replicas,) of m along the reference layer, from m (replicas, samples, 3)."""
    read = along_reference(magnetisation, in_plane_symmetric).astype(np.float64)
    means: np.ndarray = (read**2).mean(axis=(1, 2))
    return means


def settled(magnetisation: np.ndarray, in_plane_symmetric: bool) -> bool:
    """Whether chains (chains, draws, 3) agree on m·p and on its square."""
    read = along_reference(magnetisation, in_plane_symmetric).astype(np.float64)
    return convergence(with_squares(read)) <= WORST_CONVERGENCE


def draw(
    system: mm.System,
    *,
    replicas: int,
    draws: int,
    in_plane_symmetric: bool,
    seed: int,
    wanted: Callable[[np.ndarray], int] = lambda magnetisation: 0,
) -> Drawn:
    """Draw until the chains agree, and then until there are as many states as are wanted.

    Chains that still disagree after `MOST_STAGES` are handed on as they are: `convergence` of the fit says so.

    Parameters
    ----------
    system
        What is drawn from.
    replicas, draws
        Number of chains, and of states that each draws at least.
    in_plane_symmetric
        Whether m_x and m_y have one distribution.
    seed
        Of the chains.
    wanted
        How many chains of their length would do, told from m (chains, draws, 3).
    """
    stages: list[Equilibrium] = []
    start, more, kept = None, draws, 0
    while more > 0:
        stage = sample(
            system, replicas=replicas, samples=more, seed=derive(seed, "equilibrium", len(stages)), start=start
        )
        start, stages = stage.final, [*stages, stage]
        drawn = Drawn(tuple(stages[kept:]), len(stages))
        if len(stages) < MOST_STAGES and not settled(drawn.magnetisation, in_plane_symmetric):
            kept, more = len(stages), 2 * more
            continue
        done = drawn.magnetisation.shape[1]
        more = math.ceil(done * wanted(drawn.magnetisation) / replicas) - done
        more = max(more, FEWEST_DRAWS) if more > 0 else 0
    return drawn
