"""What the compiled program of an ensemble needs of a model, and the fields it makes of that.

States have the shape (3, cells, replicas), fields likewise and in A/m; see `magbayes.micromag.llg.lattice`.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array

from magbayes.micromag.llg.fields import effective_field
from magbayes.micromag.llg.folded import in_precision
from magbayes.micromag.llg.grid import Term
from magbayes.micromag.llg.heun import cross
from magbayes.micromag.llg.lattice import Lattice, couplings
from magbayes.micromag.llg.linear import Linear, linear, linear_field
from magbayes.micromag.llg.model import Model
from magbayes.micromag.llg.torques import Slonczewski, efficiency


class Coefficients(NamedTuple):
    """Arrays, so that models of one shape share a program; those of cells are (cells, 1) or (3, cells, 1)."""

    couplings: tuple[tuple[Array, Array], ...]
    """Columns and entries of `lattice.couplings`, by colour."""
    linear: Linear
    """All other linear terms that need no grid."""
    cells: Array
    """Place on the grid of each cell of the list."""
    places: Array
    """Place on the list of each cell of the grid."""
    applied: Array
    half_turn: Array
    """gamma0 dt / 2, m/A."""
    rate: Array
    """gamma0 / (1 + damping^2), m/(A s)."""
    damping: Array
    thermal: Array
    """Standard deviation of the thermal field, A/m."""
    torques: tuple[tuple[Array, ...], ...]
    """beta, mp, P, Lambda, eps_prime of the Slonczewski torques."""
    readout: Array
    """(cells, 1), weights of the sampled mean."""


def identity(value: Any) -> Any:
    """Something equal and hashable for equal terms, arrays included."""
    if isinstance(value, np.ndarray):
        return value.shape, value.tobytes()
    if is_dataclass(value):
        return type(value), *(identity(getattr(value, field.name)) for field in fields(value))
    return tuple(identity(item) for item in value) if isinstance(value, tuple) else value


class GridField:
    """Field on the grid of `terms`, and of torques and driven fields that `Coefficients` has no arrays for.

    It is a constant of the compiled program, and equal to that of another model of the same material.
    """

    def __init__(self, model: Model, terms: tuple[Term, ...]) -> None:
        torques = tuple(torque for torque in model.torques if not isinstance(torque, Slonczewski))
        driven = tuple(z for z in model.zeeman if z.profile is not None)
        own = [index for index, torque in enumerate(model.torques) if torque in torques]
        every = model.factors(np.zeros(1)).shape[1]
        self.factors = np.array([*own, *range(len(model.torques), every)], int)
        """Which of the factors of `Model.factors` belong to this."""
        self.needed = bool(terms or torques or driven)
        """Whether there is anything."""
        self.shape = model.shape
        # What varies in time does so by the factors; the functions of time would only tell equal materials apart.
        timeless = (*(replace(t, profile=None) for t in torques), *(replace(z, profile=None) for z in driven))
        self.identity = identity((model.cell, model.periodic, model.saturation, terms, timeless))
        self._field = effective_field(replace(model, terms=terms, torques=torques, zeeman=driven))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, GridField) and self.identity == other.identity

    def __hash__(self) -> int:
        return hash(self.identity)

    def __call__(self, grid: Array, factors: Array) -> Array:
        """Field of m (replicas, 3, nz, ny, nx) for the factors of `Model.factors`."""
        return self._field(grid, factors[self.factors])


def coefficients(
    model: Model, lattice: Lattice, readout: np.ndarray, time_step: float, replicas: int
) -> tuple[Coefficients, GridField | None]:
    """Arrays of a model, for a `readout` (nz, ny, nx) and batches of `replicas`; and the field of what is left."""
    dtype = jnp.result_type(float)

    def pick(grid: np.ndarray) -> Array:
        return jnp.asarray(lattice.pick(grid), dtype)[..., None]

    parts, others = linear(model, lattice, [term for term in model.terms if not term.pairs], replicas)
    grid_field = GridField(model, others)
    rate = np.where(model.fixed, 0.0, model.gamma0)
    damping = np.where(model.fixed, 0.0, model.damping)
    arrays = Coefficients(
        couplings=tuple(
            (jnp.asarray(columns), jnp.asarray(entries, dtype)) for columns, entries in couplings(model, lattice)
        ),
        linear=in_precision(parts, dtype),
        cells=jnp.asarray(lattice.cells),
        places=jnp.asarray(lattice.places),
        applied=pick(model.applied),
        half_turn=pick(0.5 * time_step * rate),
        rate=pick(rate / (1 + damping**2)),
        damping=pick(damping),
        thermal=pick(model.thermal_field(time_step)),
        torques=tuple(
            (pick(t.beta), pick(t.mp), pick(t.P), pick(t.Lambda), pick(t.eps_prime))
            for t in model.torques
            if isinstance(t, Slonczewski)
        ),
        readout=pick(readout),
    )
    return arrays, grid_field if grid_field.needed else None


def on_grid(m: Array, places: Array, shape: tuple[int, int, int]) -> Array:
    """Grid (replicas, 3, nz, ny, nx) of a state of the list; 0 outside the material."""
    replicas = m.shape[-1]
    box = m.at[:, places].get(mode="fill", fill_value=0)
    return box.reshape(-1, replicas).T.reshape(replicas, -1, *shape)


def on_cells(grid: Array, cells: Array) -> Array:
    """Values (n, cells, replicas) of the list from a grid (replicas, n, nz, ny, nx)."""
    replicas, components = grid.shape[:2]
    return grid.reshape(replicas, -1).T.reshape(components, -1, replicas)[:, cells]


def neighbour_field(coupling: tuple[Array, Array], m: Array) -> Array:
    """Field that the cells of the state m exert on their neighbours of one colour, by one of the couplings."""
    columns, entries = coupling
    # As a product, so that XLA keeps the result: a sum it would compute anew for every component that uses it.
    neighbours = m.reshape(-1, m.shape[-1])[columns]
    return jnp.einsum("ik,ikr->ir", entries, neighbours).reshape(3, -1, m.shape[-1])


def other_field(c: Coefficients, grid_field: GridField | None, currents: Array, m: Array, factors: Array) -> Array:
    """Deterministic field of the state m, but for the couplings of neighbours and the static applied field.

    `currents` and `factors` are the factors in time of the Slonczewski torques and of all that varies.
    """
    total = linear_field(c.linear, m)
    if grid_field is not None:
        total = total + on_cells(grid_field(on_grid(m, c.places, grid_field.shape), factors), c.cells)
    for current, (beta, mp, P, Lambda, eps_prime) in zip(currents, c.torques, strict=True):
        alignment = m[0] * mp[0] + m[1] * mp[1] + m[2] * mp[2]
        epsilon = efficiency(alignment, P, Lambda)
        total = total + current * beta * (epsilon * cross(m, mp) + eps_prime * mp)
    return total
