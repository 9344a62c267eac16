"""Rates of thermal escape over a saddle: harmonic transition-state theory, and Langer's theory for damped precession.

In coordinates x of the tangent plane at the saddle, with the Hessian H there, the Landau-Lifshitz-Gilbert equation is

    dx/dt = -D H x,    D_i = gamma0 / ((1 + alpha^2) mu0 Ms V) (alpha - J),    J = turn by 90 degrees about m,

whose one growing solution has the rate lambda. For damping from intermediate to high, J. S. Langer, Ann. Phys. 54, 258
(1969):

    k = lambda / (2 pi) sqrt(det H_min / |det H_saddle|) exp(-barrier / kT)

H.-B. Braun, J. Appl. Phys. 76, 6310 (1994) and W. T. Coffey et al., Phys. Rev. B 58, 3249 (1998) for spins.
Transition-state theory takes the flux of the undamped precession through the plane across the unstable mode, without
returns: P. F. Bessarab, V. M. Uzdin and H. Jonsson, Phys. Rev. B 85, 184409 (2012). Both agree for small damping and
two coordinates. Neither bounds the other: damping takes spins over the barrier as well as precession does.

A direction in which the energy is flat by symmetry has no square root of its curvature but its length over
sqrt(2 pi kT): here the turn of all spins about an axis. Other flat directions are refused.

`magbayes.micromag.paths.underdamped` says where damping is too low for that, and by how much.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass

import numpy as np
from scipy.constants import k as boltzmann
from scipy.optimize import brentq

from magbayes.micromag.llg.model import UnsupportedError, to_grid
from magbayes.micromag.paths.landscape import Landscape
from magbayes.micromag.paths.modes import Modes
from magbayes.micromag.paths.path import Path, PathWarning
from magbayes.micromag.paths.underdamped import depopulation, energy_loss

TURNED = 0.5
"""Thermal turn in rad of a cell by one mode above which the energy is not that of a harmonic mode."""

LOWEST = 0.95
"""Depopulation factor below which a rate is said to be too large."""


@dataclass(frozen=True)
class Rate:
    """Rate of escape from one end of a path over its saddle.

    Attributes
    ----------
    langer
        For intermediate to high damping, 1/s.
    transition_state
        Harmonic transition-state theory, 1/s, whatever the damping; 0 where precession leads over no barrier, as
        around an axis of symmetry.
    temperature
        K.
    barrier
        J.
    growth
        Rate lambda at which the unstable mode of the saddle grows, 1/s.
    determinants
        Root of the ratio of determinants, symmetric directions included; 1.
    zero_modes
        Flat directions of the minimum and of the saddle.
    turn
        Largest root mean square turn in rad of a cell by one harmonic mode, at the minimum and at the saddle.
    energy_loss
        Energy in kT that damping takes from the saddle until the system comes back to it, or a lower bound once that is
        above 10; infinite where it never does.
    depopulation
        Factor of Mel'nikov and Meshkov; 1 where that loss is large.
    warnings
        What does not hold, in words.
    """

    langer: float
    transition_state: float
    temperature: float
    barrier: float
    growth: float
    determinants: float
    zero_modes: tuple[int, int]
    turn: tuple[float, float]
    energy_loss: float
    depopulation: float
    warnings: tuple[str, ...]

    @property
    def prefactor(self) -> float:
        """Langer's rate without its exponential, 1/s."""
        return self.growth / (2 * math.pi) * self.determinants

    @property
    def value(self) -> float:
        """Langer's rate times the depopulation factor, 1/s."""
        return self.langer * self.depopulation


def rate(path: Path, *, temperature: float | None = None, backward: bool = False, depopulated: bool = True) -> Rate:
    """Rate at which heat takes a system from the start of a path over its saddle.

    The Hessian is a dense matrix of twice as many rows as there are cells: 1000 cells take some seconds.

    Parameters
    ----------
    path
        What `magbayes.micromag.path` returned; its system needs a `Precession` term, and `Damping` if it has any.
    temperature
        K; the system's if left out.
    backward
        From the end of the path.
    depopulated
        Whether the depopulation factor is computed, which takes a trajectory from the saddle into the valley. Without
        it the factor is 1 and the rate an upper bound.

    Raises
    ------
    ValueError
        The temperature is not above 0, the saddle has no or several downward directions, or a flat direction is none
        that a symmetry of all spins explains.
    NotImplementedError
        There is no precession.
    MemoryShortageError
        The Hessian does not fit into memory.
    """
    landscape, model = path.landscape, path.landscape.model
    kelvin = model.temperature if temperature is None else float(temperature)
    if not 0 < kelvin < math.inf:
        raise ValueError(f"temperature {kelvin:g} K must be above 0 K; give one, or set system.T")
    if not model.precession:
        raise UnsupportedError("rates need a Precession term in the system's dynamics")
    if path.saddle.descents != 1:
        raise ValueError(
            f"the path's highest state curves down in {path.saddle.descents} directions; a rate needs a saddle with one"
        )
    thermal = boltzmann * kelvin
    notes = list(path.warnings)
    end = -1 if backward else 0
    barrier = path.barrier_back if backward else path.barrier
    minimum = to_grid(path.states[end])
    well = Modes(
        landscape, minimum, thermal, "the start of the path" if end == 0 else "the end of the path", descents=0
    )
    top = Modes(landscape, path.saddle.m, thermal, "the saddle", descents=1)
    determinants = math.exp(well.logarithm - top.logarithm)
    damping = model.damping.ravel()[landscape.cells]
    growth = _growth(top.matrix, _mobility(landscape, damping), path.saddle.curvature)
    undamped = _mobility(landscape, np.zeros_like(damping))
    boltzmann_factor = math.exp(-barrier / thermal)
    loss = energy_loss(path, thermal, growth, minimum) if depopulated and top.flat == 0 else math.inf
    factor = depopulation(loss)
    if factor < LOWEST:
        notes.append(
            f"damping takes {loss:.2g} kT between two visits to the barrier: underdamped, so that Langer's rate is too "
            f"large by about {1 / factor:.3g} (Rate.depopulation)"
        )
    if barrier < 5 * thermal:
        notes.append(f"the barrier is {barrier / thermal:.2g} kT: rates by harmonic theory want 5 kT or more")
    for name, turn in (("minimum", well.turn), ("saddle", top.turn)):
        if turn > TURNED:
            notes.append(
                f"at the {name} one mode turns a cell by {turn:.2g} rad: it is hardly harmonic, and the determinants "
                "may be off"
            )
    for note in notes[len(path.warnings) :]:
        warnings.warn(note, PathWarning, stacklevel=2)
    return Rate(
        langer=growth / (2 * math.pi) * determinants * boltzmann_factor,
        transition_state=_flux(top, undamped) / (2 * math.pi) * determinants * boltzmann_factor,
        temperature=kelvin,
        barrier=barrier,
        growth=growth,
        determinants=determinants,
        zero_modes=(well.flat, top.flat),
        turn=(well.turn, top.turn),
        energy_loss=loss,
        depopulation=factor,
        warnings=tuple(notes),
    )


def _mobility(landscape: Landscape, damping: np.ndarray) -> np.ndarray:
    """D in rad^2/(J s), (2 cells, 2 cells), in the frame of `Hessian.frame`."""
    model = landscape.model
    gamma0 = np.broadcast_to(model.gamma0, model.shape).ravel()[landscape.cells]
    rate = gamma0 / ((1 + damping**2) * landscape.weight.ravel()[landscape.cells])
    straight, across = np.diag(rate * damping), np.diag(rate)
    return np.block([[straight, across], [-across, straight]])  # J takes the first unit vector to the second


def _growth(matrix: np.ndarray, mobility: np.ndarray, curvature: float) -> float:
    """The one positive root lambda of det(lambda + D H), 1/s: below it the determinant is negative, above positive."""
    product = mobility @ matrix
    size = np.eye(len(product))
    guess = abs(curvature) * float(np.abs(mobility).max())

    def sign_and_size(growth: float) -> tuple[float, float]:
        sign, logarithm = np.linalg.slogdet(growth * size + product)
        return float(sign), float(logarithm)

    low = high = guess
    while sign_and_size(high)[0] < 0:
        high *= 4
    while sign_and_size(low)[0] > 0:
        low /= 4
        if low < 1e-12 * guess:
            raise ValueError("the saddle has no growing mode: its cells do not move, as where gamma0 is 0")
    reference = sign_and_size(low)[1]

    def determinant(logarithm: float) -> float:
        sign, size = sign_and_size(math.exp(logarithm))
        return sign * math.exp(min(size - reference, 700.0))

    return math.exp(brentq(determinant, math.log(low), math.log(high), xtol=1e-12, rtol=1e-12))


def _flux(top: Modes, undamped: np.ndarray) -> float:
    """Rate in 1/s that stands in transition-state theory where Langer has lambda.

    Across the plane q = 0 of the unstable mode the velocity is sum a_i q_i of the other modes; its mean is
    sqrt(kT sum a_i^2 / h_i / (2 pi)). The plane has one direction fewer than the minimum, and the root of |h| of the
    unstable mode is not in its partition function.
    """
    velocity = -(undamped @ top.matrix).T @ top.mode  # a in the frame
    return math.sqrt(top.stable_inverse(velocity) * abs(top.lowest))
