"""`path`: the way of least energy between two states of a ubermag system, its saddle and its barriers."""

from __future__ import annotations

import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from numbers import Integral
from typing import Any

import discretisedfield as df
import micromagneticmodel as mm
import numpy as np

from magbayes.data.errors import EngineError
from magbayes.micromag.llg.grid import dot
from magbayes.micromag.llg.minimise import Minimiser
from magbayes.micromag.llg.model import from_grid, translate
from magbayes.micromag.paths import band, saddle
from magbayes.micromag.paths.landscape import Landscape, norm, turned
from magbayes.micromag.paths.states import grid_states

LOOSE, TIGHT, EXACT = 1e-2, 1e-3, 1e-6
"""Largest torque over the field of anisotropy and shape: of the band before an image climbs, of the band, of the
saddle. Energies are off by its square."""

MINIMUM = 1e-7
"""Torque over that field of both ends."""

EQUAL = 1e-2
"""Largest turn in rad between two states that are one."""

FLAT = 1e-4
"""Barrier over the energy of one cell in that field below which there is none."""

SHALLOW = 1e-2
"""Depth over the barrier of a dip of the band that may be a minimum."""

SAME = 0.02
"""Difference of energy over the barrier up to which Newton's method has found the saddle beside the climbing image. On
a flat top the state may be another one; the barrier is not."""

TRIES = 3
"""Times that a band is turned off a state with several downward directions."""


class PathWarning(UserWarning):
    """Something about a path or a rate that a user has to know; the result's `warnings` have it too."""


@dataclass(frozen=True)
class Path:
    """The way of least energy from one minimum to another.

    Attributes
    ----------
    coordinate
        (images,), length of the path up to each image in rad: the root of the sum of the squares of all cells' turns.
    energies
        (images,), J.
    states
        (images, nx, ny, nz, 3), unit vectors; zero outside the material.
    top
        Index of the image that is the saddle.
    barrier, barrier_back
        Energy of the saddle over that of the start, and of the end, J.
    saddle
        The saddle with its curvatures.
    torque
        Largest gradient across the path that is left, as |m x H| in A/m.
    converged
        Whether band and saddle meet their tolerances, and the saddle curves down in one direction alone.
    minima
        Indices of images between the ends that lie in valleys of their own.
    warnings
        What does not hold, in words.
    meta
        iterations, wall_time in s, cells.
    """

    coordinate: np.ndarray
    energies: np.ndarray
    states: np.ndarray
    top: int
    barrier: float
    barrier_back: float
    saddle: saddle.Saddle
    torque: float
    converged: bool
    minima: tuple[int, ...]
    warnings: tuple[str, ...]
    meta: dict[str, Any]
    system: mm.System = field(repr=False)
    landscape: Landscape = field(repr=False)

    def image(self, index: int) -> df.Field:
        """An image as the magnetisation of the system, A/m."""
        return df.Field(
            self.system.m.mesh, nvdim=3, value=self.states[index], norm=self.system.m.norm, valid=self.system.m.valid
        )

    @property
    def saddle_field(self) -> df.Field:
        """The saddle as the magnetisation of the system, A/m."""
        return self.image(self.top)


def path(
    system: mm.System,
    start: Any,
    end: Any,
    *,
    images: int = 15,
    initial: Sequence[Any] | None = None,
    iterations: int = 2000,
    seed: int = 0,
    fixed_subregions: Sequence[str] | None = None,
) -> Path:
    """Find the path of least energy between two states of a system, and the saddle on it.

    Both states are relaxed first, straight downhill. The band is that of `magbayes.micromag.paths.band`, the saddle is
    refined by `magbayes.micromag.paths.saddle`. Temperature and dynamics play no part.

    Parameters
    ----------
    system
        Any system without torques and without fields that vary in time; it is not changed.
    start, end
        Magnetisation on both sides of a barrier: fields on the system's mesh, such as ``system.m``, or whatever
        `discretisedfield.Field` takes as ``value``: a vector, an array (nx, ny, nz, 3), a function of a point. Lengths
        do not count.
    images
        States of the band, both ends included; at least 5.
    initial
        States between, such as a wall at places on its way, in their order. Cells go along great circles from one to
        the next. Without any, from start to end.
    iterations
        Steps of the band after which it is taken as it is, with a `PathWarning`.
    seed
        Seed of the small turns that move the first band off a ridge on which symmetry would hold it.
    fixed_subregions
        Names of subregions of the mesh whose spins are held.

    Raises
    ------
    ValueError
        An argument is out of its range, both ends relax to one state, or no barrier lies between them.
    NotImplementedError
        The system has a term without an energy or one that varies in time, or one that the engine does not know.
    EngineError
        An end does not relax.
    """
    begin = time.perf_counter()
    if not isinstance(images, Integral) or images < 5:
        raise ValueError(f"images {images!r} must be an integer of at least 5, both ends included")
    if not isinstance(iterations, Integral) or iterations < 1:
        raise ValueError(f"iterations {iterations!r} must be an integer of at least 1")
    landscape = Landscape(translate(system, fixed_subregions=fixed_subregions))
    notes: list[str] = []
    first, last = grid_states(system, {"start": start, "end": end})
    between = grid_states(system, {f"initial[{i}]": state for i, state in enumerate(initial or ())})
    ends = [_relaxed(landscape, state, name) for name, state in (("start", first), ("end", last))]
    _check_ends(first, last, *ends, notes)
    guess = band.joined(np.stack([ends[0], *between, ends[1]]), seed)
    states = band.nudged(landscape, band.resampled(guess, images), seed)
    relaxed, summit = _climb(landscape, states, iterations)
    energies, states = relaxed.energies.copy(), relaxed.states.copy()
    states[relaxed.climbing], energies[relaxed.climbing] = summit.m, summit.energy
    top = int(relaxed.climbing or 0)
    barrier = summit.energy - float(energies[0])
    tight = relaxed.torque <= TIGHT * landscape.scale * (1 + 1e-9)
    if not tight:
        notes.append(
            f"the band is not converged: {relaxed.torque:.3g} A/m across the path after {iterations} iterations, aimed "
            f"at {TIGHT * landscape.scale:.3g} A/m; ask for more iterations, or give states between as initial"
        )
    exact = summit.torque <= 10 * EXACT * landscape.scale
    if not exact:
        notes.append(f"the saddle is not converged: |m x H| is {summit.torque:.3g} A/m; take more images")
    if summit.descents != 1:
        notes.append(
            f"the highest state curves down in {summit.descents} directions and is no saddle between two minima; give "
            "other states between as initial"
        )
    minima = _valleys(landscape, states, energies, barrier)
    if minima:
        notes.append(
            f"images {list(minima)} lie in valleys of their own: the barrier is that of the highest saddle; the way "
            "from valley to valley is one path each"
        )
    for note in notes:
        warnings.warn(note, PathWarning, stacklevel=2)
    return Path(
        coordinate=band.lengths_along(states),
        energies=energies,
        states=from_grid(states),
        top=top,
        barrier=barrier,
        barrier_back=summit.energy - float(energies[-1]),
        saddle=summit,
        torque=relaxed.torque,
        converged=tight and exact and summit.descents == 1,
        minima=minima,
        warnings=tuple(notes),
        meta={
            "iterations": relaxed.iterations,
            "wall_time": time.perf_counter() - begin,
            "cells": len(landscape.cells),
        },
        system=system,
        landscape=landscape,
    )


def _relaxed(landscape: Landscape, state: np.ndarray, name: str) -> np.ndarray:
    minimiser = Minimiser(landscape.model)
    down = minimiser.slide(state, torque=0.1 * landscape.scale)
    minimum = minimiser(down, tolerance=MINIMUM * landscape.scale)
    if not minimum.converged and minimum.torque > TIGHT * landscape.scale:
        raise EngineError(f"{name} does not relax: |m x H| is {minimum.torque:.3g} A/m at the end")
    return minimum.m


def _angle(a: np.ndarray, b: np.ndarray) -> float:
    """Largest angle of a cell between two states, rad."""
    chord = np.sqrt(dot(a - b, a - b).max())
    return float(2 * np.arcsin(min(chord / 2, 1.0)))


def _check_ends(first: np.ndarray, last: np.ndarray, start: np.ndarray, end: np.ndarray, notes: list[str]) -> None:
    if _angle(start, end) < EQUAL:
        given = _angle(first, last)
        why = (
            "they are given as one state; give states on both sides of a barrier"
            if given < EQUAL
            else f"they are {given:.3g} rad apart as given, so that one of them lies in no valley of its own; give two "
            "metastable states, or hold them by anisotropy, field or shape"
        )
        raise ValueError(f"start and end relax to the same state, within {_angle(start, end):.1g} rad: {why}")
    apart = float(norm(end - start))
    for name, state, relaxed in (("start", first, start), ("end", last, end)):
        moved = float(norm(relaxed - state))
        if moved > 0.5 * apart:
            notes.append(
                f"{name} has relaxed by {moved / apart:.2g} of the distance between both ends: what was given may be "
                "no metastable state; look at the first and the last image"
            )


def _climb(landscape: Landscape, states: np.ndarray, iterations: int) -> tuple[band.Band, saddle.Saddle]:
    """Relax a band, let its highest image climb, and refine that; again where it has come to lie on a ridge."""
    spent = 0
    for attempt in range(TRIES):
        rough = band.relax(landscape, states, torque=LOOSE * landscape.scale, iterations=iterations - spent)
        top = _highest(landscape, rough.energies)
        spent += rough.iterations
        fine = band.relax(
            landscape, rough.states, torque=TIGHT * landscape.scale, iterations=max(0, iterations - spent), climbing=top
        )
        spent += fine.iterations
        state, _ = saddle.refine(landscape, fine.states[top], torque=EXACT * landscape.scale)
        summit = saddle.look(landscape, state)
        height = fine.energies[top] - fine.energies[[0, -1]].min()
        if abs(summit.energy - fine.energies[top]) > SAME * height:  # Newton's method has gone to another one
            summit = saddle.look(landscape, fine.states[top])
        if summit.descents <= 1 or attempt == TRIES - 1:
            break
        # The second downward direction leads off the ridge, and takes the neighbours along.
        height = (
            0.2
            * np.exp(-(((np.arange(len(states)) - top) / 2.0) ** 2))
            * (np.arange(len(states)) % (len(states) - 1) > 0)
        )
        largest = np.sqrt(dot(summit.second, summit.second).max())
        states = turned(
            fine.states,
            height[:, None, None, None, None] * landscape.across(fine.states, summit.second[None] / largest),
        )
    return band.Band(fine.states, fine.energies, fine.torque, top, spent), summit


def _highest(landscape: Landscape, energies: np.ndarray) -> int:
    top = int(energies[1:-1].argmax()) + 1
    height = energies[top] - energies[[0, -1]].max()
    if height < FLAT * landscape.mean_weight * landscape.scale:
        raise ValueError(
            f"no barrier lies between start and end: of {len(energies)} images the highest is {height:.2g} J above the "
            "higher end; take more images, or states that a barrier separates"
        )
    return top


def _valleys(landscape: Landscape, states: np.ndarray, energies: np.ndarray, barrier: float) -> tuple[int, ...]:
    """Images at dips of the energy that relax to neither end."""
    found = []
    for image in range(1, len(states) - 1):
        lower = energies[image] < energies[[image - 1, image + 1]].min()
        depth = min(energies[:image].max(), energies[image + 1 :].max()) - energies[image]
        if lower and depth > SHALLOW * barrier:
            minimum = _relaxed(landscape, states[image], f"image {image}")
            if min(_angle(minimum, states[0]), _angle(minimum, states[-1])) > EQUAL:
                found.append(image)
    return tuple(found)
