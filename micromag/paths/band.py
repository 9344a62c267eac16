"""A band of states between two minima that relaxes to the path of least energy: geodesic nudged elastic band.

P. F. Bessarab, V. M. Uzdin and H. Jonsson, Comput. Phys. Commun. 196, 335 (2015): forces across the path are those of
the energy, forces along it those of springs between neighbours, both tangent to the spheres; tangents are those of
G. Henkelman and H. Jonsson, J. Chem. Phys. 113, 9978 (2000), and one image climbs: G. Henkelman, B. P. Uberuaga and
H. Jonsson, J. Chem. Phys. 113, 9901 (2000).

The band moves as a mass does under these forces, with the fast inertial relaxation of E. Bitzek et al., Phys. Rev.
Lett. 97, 170201 (2006). Masses are the stiffness of each cosine wave of the mesh, so that all waves take similar
times whatever the cell size; where forces vanish does not depend on masses. S. Makri, C. Ortner and J. R. Kermode,
J. Chem. Phys. 150, 094109 (2019) for the same with atoms.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from magbayes.data.seeds import generator
from magbayes.micromag.llg.grid import dot
from magbayes.micromag.paths.landscape import Landscape, norm, turn_between, turned

SPRING = 0.25
"""Stiffness of springs over that of what holds a spin beside its neighbours: as stiff as the softest waves."""

FURTHEST = 0.15
"""Largest turn in rad of a cell in a step."""

NUDGE = 0.03
"""Turn in rad by which the first band is moved aside, so that no symmetry holds it on a ridge."""

OPPOSITE = 0.02
"""Angle in rad from the opposite direction below which a great circle says nothing of the way."""


@dataclass(frozen=True)
class Band:
    """States along a path.

    Attributes
    ----------
    states
        (images, 3, nz, ny, nx), unit vectors; the first and the last are minima.
    energies
        (images,), J.
    torque
        Largest gradient across the path, and of the climbing image in all directions, as |m x H| in A/m.
    climbing
        Which image has climbed; None for none.
    iterations
        Steps that were made.
    """

    states: np.ndarray
    energies: np.ndarray
    torque: float
    climbing: int | None
    iterations: int


def lengths_along(states: np.ndarray) -> np.ndarray:
    """Length (images,) of a path up to each of its states, rad."""
    return np.concatenate([[0.0], np.cumsum(norm(turn_between(states[:-1], states[1:])))])


def resampled(states: np.ndarray, count: int) -> np.ndarray:
    """`count` states in equal distances along the great circles between given ones."""
    along = lengths_along(states)
    places = np.linspace(0.0, along[-1], count)
    before = np.clip(np.searchsorted(along, places, side="right") - 1, 0, len(states) - 2)
    share = (places - along[before]) / np.maximum(along[before + 1] - along[before], np.finfo(float).tiny)
    turns = turn_between(states[before], states[before + 1])
    return turned(states[before], _of(share) * turns)


def joined(states: np.ndarray, seed: int) -> np.ndarray:
    """States with one more between each two: cells go along great circles, and all about one axis if they reverse."""
    rng = generator(seed, "axis")
    middles = [_middle(start, end, rng) for start, end in pairwise(states)]
    return np.stack([state for pair in zip(states, middles, strict=False) for state in pair] + [states[-1]])


def _middle(start: np.ndarray, end: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    opposite = np.sqrt(dot(start + end, start + end)) < OPPOSITE
    axis = rng.normal(size=3).reshape(3, 1, 1, 1)
    side = np.cross(axis, start, axis=0)  # a turn about that axis, or as near to it as the cell's start allows
    side /= np.maximum(np.sqrt(dot(side, side)), np.finfo(float).tiny)
    half = np.where(opposite, np.pi / 2 * side, turn_between(start, end) / 2)
    return turned(start, half * start.any(axis=0))


def nudged(landscape: Landscape, states: np.ndarray, seed: int) -> np.ndarray:
    """States turned aside, the middle ones most and the ends not at all."""
    rng = generator(seed, "nudge")
    shape = states.shape[1:]
    waves = landscape.smooth(rng.normal(size=shape), 0.5)
    turn = rng.normal(size=(3, 1, 1, 1)) + waves / np.abs(waves).max()
    height = NUDGE * np.sin(np.linspace(0, np.pi, len(states)))
    return turned(states, _of(height) * landscape.across(states, turn))


def _forces(
    landscape: Landscape, states: np.ndarray, climbing: int | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Energies (images,), forces of the energy and of the springs (images - 2, 3, nz, ny, nx)."""
    energies, gradients = landscape(states)
    ahead = turn_between(states[1:-1], states[2:])
    behind = -turn_between(states[1:-1], states[:-2])
    up, down = energies[2:] - energies[1:-1], energies[1:-1] - energies[:-2]
    high, low = np.maximum(np.abs(up), np.abs(down)), np.minimum(np.abs(up), np.abs(down))
    rising = energies[2:] > energies[:-2]
    # Uphill along a slope; at a top or in a valley both sides, the steeper one more.
    forward = np.where((up > 0) & (down > 0), 1.0, np.where((up <= 0) & (down <= 0), 0.0, np.where(rising, high, low)))
    backward = np.where((up > 0) & (down > 0), 0.0, np.where((up <= 0) & (down <= 0), 1.0, np.where(rising, low, high)))
    tangent = _of(forward) * ahead + _of(backward) * behind
    tangent = tangent / _of(np.maximum(norm(tangent), np.finfo(float).tiny))
    force = -gradients[1:-1]
    along = (force * tangent).sum(axis=(1, 2, 3, 4))
    factor = np.ones(len(force))
    spring = SPRING * landscape.mean_weight * landscape.scale * (norm(ahead) - norm(behind))
    if climbing is not None:
        factor[climbing - 1], spring[climbing - 1] = 2.0, 0.0
    return energies, force - _of(factor * along) * tangent, _of(spring) * tangent


def _of(values: np.ndarray) -> np.ndarray:
    """Numbers (images,) as factors of the vectors of their images."""
    return values[:, None, None, None, None]


def relax(
    landscape: Landscape, states: np.ndarray, *, torque: float, iterations: int, climbing: int | None = None
) -> Band:
    """Relax a band until its gradient across the path is below `torque` in A/m, or for so many `iterations`.

    Parameters
    ----------
    landscape
        The energy.
    states
        (images, 3, nz, ny, nx), unit vectors. The first and the last stay.
    torque, iterations
        When to end.
    climbing
        The image that goes up along the path.
    """
    states = states.copy()
    inner = slice(1, -1)
    momentum = np.zeros_like(states[inner])
    step, mixing, downhill = 0.3, 0.1, 0
    iteration = 0
    while True:
        energies, force, spring = _forces(landscape, states, climbing)
        rest = landscape.torque(force)
        if rest <= torque or iteration >= iterations:
            return Band(states, energies, rest, climbing, iteration)
        iteration += 1
        total = force + spring
        velocity = landscape.across(states[inner], landscape.smooth(momentum))
        pushed = landscape.across(states[inner], landscape.smooth(total))
        if float((total * velocity).sum()) > 0:
            downhill += 1
            speed = np.sqrt((momentum * velocity).sum() / (total * pushed).sum())
            momentum = (1 - mixing) * momentum + mixing * speed * total
            if downhill > 5:
                step, mixing = min(1.1 * step, 1.0), 0.99 * mixing
        elif momentum.any():
            momentum, step, mixing, downhill = np.zeros_like(momentum), 0.5 * step, 0.1, 0
        momentum = momentum + step * total
        turn = step * landscape.across(states[inner], landscape.smooth(momentum))
        furthest = float(np.sqrt(dot(turn, turn).max()))
        if furthest > FURTHEST:
            turn, momentum = turn * (FURTHEST / furthest), momentum * (FURTHEST / furthest)
        states[inner] = turned(states[inner], turn)
        momentum = landscape.across(states[inner], momentum)
