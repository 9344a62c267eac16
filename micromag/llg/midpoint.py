"""Implicit midpoint scheme for the Landau-Lifshitz-Gilbert equation, one set of cells without neighbours after another.

In a field that is constant over a step the implicit midpoint rule for Gilbert's form,

    m' - m = -gamma0 dt (m + m') / 2 x H + damping m x m',

is linear in m' and has a closed solution: the Cayley rotation about b = gamma0 dt H / 2 + damping m. Exchange and DMI
couple nearest neighbours only, so cells are coloured like a checkerboard and one colour is rotated at a time, in the
field of the others as they are then. The rotation keeps length and, without damping, energy, at any step; so the fast
spin waves that force small steps upon an explicit scheme keep their temperature, and slow modes keep frequency and
damping: for them Cayley rotations by 2 arctan(h / 2), one colour in turn with the other, add up to the right motion at
any h. (Alternating the order of the colours would not do: it turns the last one twice in a row.)

What is left (anisotropy, demagnetising field, spin torques) is weak. It is evaluated once a step, at the midpoint of a
prediction made with the last step's value.

Converges to the Stratonovich solution. Weak order 1; strong order 1/2, as turns by noise about different axes do not
commute. Without noise order 2 for a single cell; with neighbours order 1, though conjugate to a scheme of order 2 (half
a turn of the first colour, undone at the end), so that frequencies and averages have no error of first order.

M. d'Aquino, C. Serpico and G. Miano, J. Comput. Phys. 209, 730 (2005) for the midpoint rule; J. H. Mentink et al.,
J. Phys.: Condens. Matter 22, 176001 (2010) for the semi-implicit treatment of a thermal field; M. Krech, A. Bunker and
D. P. Landau, Comput. Phys. Commun. 111, 1 (1998) for the splitting into sublattices.

Unchecked assumption: the noise is constant over a step.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import jax.numpy as jnp
from jax import Array

from magbayes.data.shapes import OfCells, Vectors
from magbayes.micromag.llg import limits
from magbayes.micromag.llg.model import Model

STRONG = 1.5
"""Largest omega dt of the fastest spin wave that was validated.

Nothing becomes unstable above it. Exchange is exact in equilibrium at any step, but a local anisotropy k (in kT) of a
cell in an exchange field x (in kT) acts as if it were greater by some k / x times (omega dt)^2 / (16 + (omega dt)^2).
That is 0.4 % here; where anisotropy and demagnetisation nearly cancel, as in a stochastic MTJ, it is more of what is
left: its sigma is then 0.6 % too small.
"""

WEAK = 0.4
"""Largest omega dt of all that is not exchange or DMI."""

HEATING = 0.25
"""Largest (omega dt)^3 / (8 damping) of all that is not exchange or DMI: it is predicted and corrected once, so it
heats as an explicit scheme does, some ten times less than Heun's (`tests/physics/test_order.py`)."""


def largest_step(model: Model, duration: float = 0.0) -> float:
    """Largest validated time step in s of a run of `duration` s, which matters where something varies in time."""
    return limits.largest_step(model, duration, STRONG, min(WEAK, limits.largest_turn(model, HEATING)))


def rotate(m: Vectors, b: Vectors) -> Vectors:
    """Solution m' of m' + m' x b = m - m x b, for vectors along the first axis: a rotation by 2 arctan |b|."""
    # Component by component: XLA's reductions and products along the first axis are slow on a CPU.
    (mx, my, mz), (bx, by, bz) = m, b
    square = bx * bx + by * by + bz * bz
    along = 2 * (bx * mx + by * my + bz * mz)
    keep, scale = 1 - square, 1 / (1 + square)
    return jnp.stack(
        [
            (keep * mx + along * bx - 2 * (my * bz - mz * by)) * scale,
            (keep * my + along * by - 2 * (mz * bx - mx * bz)) * scale,
            (keep * mz + along * bz - 2 * (mx * by - my * bx)) * scale,
        ]
    )


def step(
    m: Vectors,
    last: Vectors,
    pairs: Sequence[tuple[slice, Callable[[Array], Array]]],
    rest: Callable[[Array], Array],
    noise: Vectors,
    half_turn: OfCells,
    damping: OfCells,
) -> tuple[Vectors, Vectors]:
    """Advance unit vectors by one time step.

    Parameters
    ----------
    m
        (3, cells, replicas).
    last
        What this function returned beside m for the last step; `rest(m)` for the first one. A/m.
    pairs
        For each colour of cells its place along the second axis, and the field in A/m that the other cells exert
        on it, from m.
    rest
        All other deterministic fields of m, A/m.
    noise
        Thermal field of the step, and whatever else does not depend on m, A/m.
    half_turn
        gamma0 dt / 2 of each cell in m/A, (cells, 1).
    damping
        (cells, 1).

    Returns
    -------
    tuple
        The new m, whose lengths carry the rounding of the step, and the field `rest` at the midpoint.
    """

    def sweep(field: Array) -> Array:
        moved = m
        for place, neighbours in pairs:
            own = moved[:, place]
            b = half_turn[place] * (neighbours(moved) + field[:, place]) + damping[place] * own
            moved = jnp.concatenate([moved[:, : place.start], rotate(own, b), moved[:, place.stop :]], axis=1)
        return moved

    middle = rest(0.5 * (m + sweep(last + noise)))
    return sweep(middle + noise), middle
