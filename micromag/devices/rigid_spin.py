"""One rigid spin in the current of a junction: its stationary distribution, and its averages over a time.

The current is polarised along x. It adds ``a m x p``, p = x, to the field of the spin, which is no gradient of an
energy: there is no Boltzmann distribution, and what the spin does follows from Fokker and Planck's equation (W. F.
Brown, Phys. Rev. 130, 1677 (1963); with a torque: D. M. Apalkov and P. B. Visscher, arXiv:cond-mat/0405305). With
X = m x grad, the generators of rotations, and a field h in units of kT over the moment,

    dm/dt = w x m,    w = D (h + alpha m x h) / alpha,    L = D X.X + w.X,

where L moves averages forward in time and D is the rate of rotational diffusion. In spherical harmonics X is a matrix
of angular momentum, and a product with a component of m couples neighbours alone, so that L is sparse. What follows
has no other error than that of the last harmonic.

Unchecked assumptions: one rigid spin; a torque that does not depend on the angle but for ``m x (m x p)``. Spins of a
free layer that fluctuate beside each other feel less of the torque than their sum would.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from scipy.constants import k, mu_0, physical_constants
from scipy.optimize import brentq, minimize_scalar
from scipy.sparse import csc_array, csr_array, diags_array, eye_array
from scipy.sparse.linalg import expm_multiply, spsolve
from scipy.special import ive

GYROMAGNETIC_RATIO = mu_0 * physical_constants["electron gyromag. ratio"][0]
"""gamma_0 of a free electron, m/(A s)."""

DEGREES = (16, 24, 36, 54, 80)
"""Degrees of the last harmonic, which are tried in turn."""

LEFT_OUT = 1e-4
"""Largest share of a distribution that may be in the last harmonics, beyond which it is cut."""

HEIGHTS = 4001
"""Values of m_z over which a width is integrated."""

CHAIN = 5
"""Products with components of m in a rate of rotation: three in the field, one with m, and a spare one."""

STEEPEST = 1000.0
"""Energy in kT up to which the barrier of a width is looked for: widths of 0.022 and more."""


class AngleError(ValueError):
    """A distribution on the sphere is too narrow to be resolved."""


class RigidSpin(NamedTuple):
    """One spin in contact with a bath, of the energy ``tilt (1 - m_z^2) + quartic (1 - m_z^2)^2 + sideways m_y^2``.

    Attributes
    ----------
    tilt, quartic, sideways
        kT.
    damping
        Gilbert's.
    moment
        mu_0 Ms V over kT: torques as fields in A/m times this are in kT, m/A.
    """

    tilt: float
    quartic: float
    sideways: float
    damping: float
    moment: float

    @property
    def diffusion(self) -> float:
        """Rate of rotational diffusion, 1/s."""
        return GYROMAGNETIC_RATIO * self.damping / (1 + self.damping**2) / self.moment


class Driven(NamedTuple):
    """A spin under a torque.

    Attributes
    ----------
    mean, sigma
        Of m_x.
    read
        Std of averages of m_x over the time that was asked for.
    """

    mean: float
    sigma: float
    read: float


def shape(tilt: float, quartic: float, sideways: float) -> tuple[float, float]:
    """Return std and excess kurtosis of m_x of a spin without a torque, of energies in kT."""
    z = np.linspace(0, 1, HEIGHTS)
    square = 1 - z**2
    # Over the angle around z the Boltzmann factor gives Bessel functions.
    c = sideways * square / 2
    exponent = -tilt * square - quartic * square**2 - c + np.abs(c)
    weight = np.exp(exponent - exponent.max())
    second = square * (ive(0, c) + ive(1, c)) / 2
    fourth = square**2 * (3 * ive(0, c) + 4 * ive(1, c) + ive(2, c)) / 8
    total, two, four = (np.trapezoid(weight * part, z) for part in (ive(0, c), second, fourth))
    return math.sqrt(two / total), four * total / two**2 - 3


@lru_cache(maxsize=64)
def spin_like(
    sigma: float, kurtosis: float, *, sideways: float, damping: float, moment: float, temperature: float
) -> RigidSpin:
    """Return the spin with a std and an excess kurtosis of m_x, or the nearest to both that there is.

    Parameters
    ----------
    sigma, kurtosis
        Without a torque.
    sideways
        Energy of m along y over that along x, J.
    damping
        Gilbert's.
    moment
        Ms V, A m^2.
    temperature
        K.
    """
    thermal = k * temperature
    aside = sideways / thermal

    def tilt_of(quartic: float) -> float:
        ends = -STEEPEST - quartic, STEEPEST + abs(quartic)
        widest, narrowest = (shape(end, quartic, aside)[0] for end in ends)
        if not narrowest < sigma < widest:
            return ends[0] if sigma >= widest else ends[1]
        return float(brentq(lambda tilt: shape(tilt, quartic, aside)[0] - sigma, *ends, xtol=1e-9))

    def off(quartic: float) -> float:
        return (shape(tilt_of(quartic), quartic, aside)[1] - kurtosis) ** 2

    # A wall and a well at the equator: beyond these the shape hardly changes.
    best = minimize_scalar(off, bounds=(-1 / sigma**2, 10 / sigma**2), method="bounded")
    quartic = float(best.x)
    return RigidSpin(tilt_of(quartic), quartic, aside, damping, mu_0 * moment / thermal)


@lru_cache(maxsize=len(DEGREES))
def _operators(last: int) -> tuple[list[csr_array], list[csr_array]]:
    """Matrices of m and of m x grad in spherical harmonics up to a degree, in the order (0, 0), (1, -1), (1, 0)."""
    degree = np.concatenate([np.full(2 * n + 1, n) for n in range(last + 1)])
    order = np.concatenate([np.arange(-n, n + 1) for n in range(last + 1)])
    count, place = len(degree), np.arange((last + 1) ** 2)

    def matrix(step: int, turn: int, values: np.ndarray) -> csr_array:
        """Elements from (degree, order) to (degree + step, order + turn)."""
        to, at = degree + step, order + turn
        good = (to >= np.abs(at)) & (to <= last)
        rows = (to * to + to + at)[good]
        return csr_array((values[good].astype(complex), (rows, place[good])), shape=(count, count))

    def root(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
        return np.sqrt(np.maximum(numerator, 0) / np.abs(denominator))

    n, o = degree, order
    up, down = (2 * n + 1) * (2 * n + 3), (2 * n - 1) * (2 * n + 1)
    z = matrix(1, 0, root((n + 1) ** 2 - o**2, up)) + matrix(-1, 0, root(n**2 - o**2, down))
    plus = matrix(1, 1, -root((n + o + 1) * (n + o + 2), up)) + matrix(-1, 1, root((n - o) * (n - o - 1), down))
    minus = plus.conj().T.tocsr()
    raised = matrix(0, 1, root((n - o) * (n + o + 1), np.ones(count)))
    lowered = raised.conj().T.tocsr()
    m = [(plus + minus) / 2, (plus - minus) / 2j, z]
    momentum = [(raised + lowered) / 2, (raised - lowered) / 2j, diags_array(o.astype(complex)).tocsr()]
    return m, [1j * part for part in momentum]


def _cross(a: list[csr_array], b: list[csr_array]) -> list[csr_array]:
    return [a[i] @ b[j] - a[j] @ b[i] for i, j in ((1, 2), (2, 0), (0, 1))]


def _generator(spin: RigidSpin, torque: float, last: int) -> csr_array:
    """L over D, of harmonics up to degree `last`; torque in kT."""
    # A product with m couples neighbours: so many of them act in turn, and none must be cut on the way.
    m, turn = _operators(last + CHAIN)
    nothing = csr_array(m[0].shape, dtype=complex)
    one = eye_array(m[0].shape[0], dtype=complex, format="csr")
    polarised = _cross(m, [one, nothing, nothing])
    stiffness = 2 * (spin.tilt * one + 2 * spin.quartic * (one - m[2] @ m[2]))
    anisotropy = [nothing, -2 * spin.sideways * m[1], stiffness @ m[2]]
    field = [a + torque * t for a, t in zip(anisotropy, polarised, strict=True)]
    rate = [f / spin.damping + c for f, c in zip(field, _cross(m, field), strict=True)]
    whole = sum((r @ x + x @ x for r, x in zip(rate, turn, strict=True)), start=nothing)
    count = (last + 1) ** 2
    return csr_array(whole.tocsr()[:count, :count])


@lru_cache(maxsize=256)
def driven(spin: RigidSpin, torque: float, time: float) -> Driven:
    """Return what a spin does under a torque.

    Parameters
    ----------
    spin
        In equilibrium with its bath.
    torque
        a of the field ``a m x p``, A/m.
    time
        Over which it is averaged, s.

    Raises
    ------
    AngleError
        The distribution is narrower than the harmonics can say.
    """
    strength = torque * spin.moment
    for last in DEGREES:
        generator = _generator(spin, strength, last)
        # The distribution is what L's adjoint takes to 0; its first harmonic is a constant.
        adjoint = csc_array(generator.conj().T)
        state = np.concatenate([[1.0], spsolve(adjoint[1:, 1:], -adjoint[1:, [0]].toarray().ravel())])
        if np.abs(state[last**2 :]).max() < LEFT_OUT * np.abs(state).max():
            break
    else:
        raise AngleError(f"a torque of {torque:g} A/m holds the spin in too small an angle; accepted: less")
    x = _operators(last + CHAIN)[0][0][: len(state), : len(state)]
    observed = x[:, [0]].toarray().ravel()
    mean = np.vdot(state, observed).real
    # Deviations from the mean have no part along the constants, so that these can be left out.
    deviation = (x.conj().T @ state - mean * state)[1:]
    rates, start = csc_array(generator[1:, 1:]), observed[1:]
    variance = np.vdot(deviation, start).real
    span = time * spin.diffusion
    # The integral of (time - t) exp(L t) over the read, without a step in time.
    grown = expm_multiply(rates * span, start) - start - span * (rates @ start)
    averaged = 2 * np.vdot(deviation, spsolve(rates, spsolve(rates, grown))).real / span**2
    return Driven(float(mean), math.sqrt(variance), math.sqrt(averaged))
