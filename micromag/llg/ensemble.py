"""Run an ensemble of replicas as one XLA program."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from micromag.llg import heun, noise
from micromag.llg.fields import linear_terms
from micromag.llg.model import Model

DENSE_LIMIT = 256
"""Cells up to which one dense matrix for all linear terms beats stencils and Fourier transforms on a CPU."""

BATCH_NUMBERS = {"cpu": 20_000, "gpu": 2**25}
"""Components of magnetisation in a batch of replicas: on a CPU what a core's cache holds with all intermediates
(8 replicas of the track take 98 us a replica and step, 48 take 170), on a GPU what keeps it busy."""


class TimeStepError(ValueError):
    """The time step is too large for the mesh; the message names the largest step allowed."""


class _Coefficients(NamedTuple):
    """What the compiled program needs of a model, as arrays, so that models of one shape share a program."""

    matrices: tuple[Array, ...]
    """All linear terms: one matrix; two where in-plane and out-of-plane components do not mix; none on a grid."""
    applied: Array
    rate: Array
    damping: Array
    thermal: Array
    torques: tuple[tuple[Array, Array, Array, Array, Array], ...]
    readout: Array


@dataclass(frozen=True)
class Trajectory:
    """What a run returns: `mean` (replicas, samples, 3) and `final` (replicas, 3, nz, ny, nx)."""

    mean: np.ndarray
    final: np.ndarray
    time_step: float


def time_step_for(model: Model, interval: float, requested: float | None = None) -> tuple[float, int]:
    """Time step in s, and the number of steps in `interval`.

    Without `requested`, the largest validated step that divides the interval.

    Raises
    ------
    TimeStepError
        `requested` is above the largest validated step.
    """
    largest = heun.largest_step(model.fastest_precession, model.fastest_diffusion, model.damping[model.mask].min())
    if requested is not None and requested > largest * (1 + 1e-9):
        raise TimeStepError(
            f"time step {requested:.4g} s is too large for this mesh and material: it would heat short spin waves; "
            f"the largest step allowed is {largest:.4g} s"
        )
    steps = max(1, math.ceil(interval / (requested or largest) * (1 - 1e-9)))
    return interval / steps, steps


def _linear_matrix(model: Model) -> np.ndarray:
    """All linear terms as one matrix over the magnetic cells, (3, cells, 3, cells), from the fields themselves."""
    cells = np.flatnonzero(model.mask)
    size = model.mask.size
    matrix = np.zeros((3, len(cells), 3, len(cells)))
    with jax.enable_x64(True):
        terms = list(linear_terms(model).values())
        total = jax.jit(lambda m: sum((term(m) for term in terms), start=jnp.zeros_like(m)))
        for component in range(3):
            basis = np.zeros((len(cells), 3, size))
            basis[np.arange(len(cells)), component, cells] = 1.0
            response = np.asarray(total(jnp.asarray(basis.reshape(-1, 3, *model.shape))))
            matrix[component] = response.reshape(-1, 3, size)[:, :, cells]
    return matrix


def _coefficients(model: Model, cells: np.ndarray, dense: bool, readout: np.ndarray, time_step: float) -> _Coefficients:
    def pick(grid: np.ndarray) -> Array:
        return jnp.asarray(grid.reshape(*grid.shape[:-3], -1)[..., cells], jnp.result_type(float))

    matrices: tuple[np.ndarray, ...] = ()
    if dense:
        matrix, count = _linear_matrix(model), len(cells)
        if not matrix[:2, :, 2].any() and not matrix[2, :, :2].any():  # one layer without DMI
            matrices = (matrix[:2, :, :2].reshape(2 * count, -1), matrix[2, :, 2])
        else:
            matrices = (matrix.reshape(3 * count, -1),)
    damping = model.damping
    return _Coefficients(
        matrices=tuple(jnp.asarray(matrix, jnp.result_type(float)) for matrix in matrices),
        applied=pick(model.applied),
        rate=pick(model.gamma0 / (1 + damping**2)),
        damping=pick(damping),
        thermal=pick(model.thermal_field(time_step)),
        torques=tuple(
            (
                pick(t.beta),
                pick(t.polarisation),
                pick(t.spin_polarisation),
                pick(t.asymmetry),
                pick(t.secondary),
            )
            for t in model.torques
        ),
        readout=pick(readout),
    )


class _GridField:
    """Linear terms by stencils and Fourier transforms.

    Part of the compiled program, so it is equal to another of the same material: one compilation serves both.
    """

    def __init__(self, model: Model) -> None:
        self.shape = model.shape
        self.terms = list(linear_terms(model).values())
        scalars = (model.shape, model.cell, model.exchange, model.dmi, model.demag)
        arrays = (model.saturation, *(array for pair in model.anisotropies for array in pair))
        self.identity = (scalars, *(array.tobytes() for array in arrays))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _GridField) and self.identity == other.identity

    def __hash__(self) -> int:
        return hash(self.identity)

    def __call__(self, m: Array) -> Array:
        grid = m.reshape(m.shape[0], 3, *self.shape)
        return sum((term(grid) for term in self.terms), start=jnp.zeros_like(grid)).reshape(m.shape)


def _field(c: _Coefficients, grid_field: _GridField | None, m: Array, currents: Array) -> Array:
    """Deterministic field of unit vectors m (replicas, 3, cells), A/m."""
    replicas, _, cells = m.shape
    if grid_field is not None:
        total = grid_field(m)
    elif len(c.matrices) == 1:
        total = (m.reshape(replicas, -1) @ c.matrices[0]).reshape(m.shape)
    else:
        inplane, axial = c.matrices
        plane = (m[:, :2].reshape(replicas, -1) @ inplane).reshape(replicas, 2, cells)
        total = jnp.concatenate([plane, (m[:, 2] @ axial)[:, None]], axis=1)
    total = total + c.applied
    for factor, (beta, direction, polarisation, asymmetry, secondary) in zip(currents, c.torques, strict=True):
        square = asymmetry**2
        alignment = jnp.sum(m * direction, axis=1)
        epsilon = polarisation * square / ((square + 1) + (square - 1) * alignment)
        torque = epsilon[:, None] * heun.cross(m, jnp.broadcast_to(direction, m.shape)) + secondary * direction
        total = total + factor * beta * torque
    return total


@partial(jax.jit, static_argnames=("grid_field", "steps", "noisy"))
def _run(
    c: _Coefficients,
    start: Array,
    keys: Array,
    currents: Array,
    time_step: Array,
    *,
    grid_field: _GridField | None,
    steps: int,
    noisy: bool,
) -> tuple[Array, Array]:
    """Sampled means (batches, samples, replicas, 3) and final states (batches, replicas, 3, cells).

    `start` is (3, cells), `keys` is (batches, replicas), `currents` is (samples, steps, torques).
    """

    def sample(keys: Array, m: Array, inputs: tuple[Array, Array]) -> tuple[Array, Array]:
        index, factors = inputs

        def advance(i: int, m: Array) -> Array:
            field = partial(_field, c, grid_field, currents=factors[i])
            thermal = (
                c.thermal * noise.increments(keys, index * steps + i, m.shape[-1], m.dtype)
                if noisy
                else jnp.zeros_like(m)
            )
            return heun.step(m, field, thermal, time_step, c.rate, c.damping)

        m = jax.lax.fori_loop(0, steps, advance, m)
        return m, jnp.sum(m * c.readout, axis=-1)

    def batch(keys: Array) -> tuple[Array, Array]:
        m = jnp.broadcast_to(start, (len(keys), *start.shape))
        final, means = jax.lax.scan(partial(sample, keys), m, (jnp.arange(currents.shape[0]), currents))
        return means, final

    return jax.lax.map(batch, keys)


def run(
    model: Model,
    initial: np.ndarray,
    *,
    replicas: int,
    samples: int,
    interval: float,
    seed: int,
    readout: np.ndarray | None = None,
    time_step: float | None = None,
) -> Trajectory:
    """Integrate `replicas` copies of a system, each with its own noise.

    Parameters
    ----------
    model
        The system.
    initial
        Unit vectors (3, nz, ny, nx), the start of every replica.
    replicas, samples, interval
        Number of replicas; number of samples in time and their distance in s.
    seed
        Seed of the noise.
    readout
        Weights (nz, ny, nx) of the mean that is sampled; the magnetic cells alike if left out.
    time_step
        Step in s; the largest validated one if left out.

    Raises
    ------
    TimeStepError
        The time step is too large for the mesh.
    """
    step, steps = time_step_for(model, interval, time_step)
    dense = int(model.mask.sum()) <= DENSE_LIMIT
    cells = np.flatnonzero(model.mask) if dense else np.arange(model.mask.size)
    weights = model.mask.astype(float) if readout is None else np.where(model.mask, readout, 0.0)
    weights = weights / weights.sum()
    coefficients = _coefficients(model, cells, dense, weights, step)
    times = step * np.arange(samples * steps)
    profiles = [torque.profile(times) for torque in model.torques]
    dtype = coefficients.readout.dtype
    currents = jnp.asarray(np.stack(profiles, axis=-1) if profiles else np.zeros((len(times), 0)), dtype)
    currents = currents.reshape(samples, steps, -1)
    start = jnp.asarray((initial * model.mask).reshape(3, -1)[:, cells], dtype)
    largest = max(4, BATCH_NUMBERS.get(jax.default_backend(), 2**25) // (3 * len(cells)))
    batches = math.ceil(replicas / largest)
    size = math.ceil(replicas / batches)
    # The last batch may run a few replicas too many; they are cut off, so that every batch has one shape.
    keys = noise.replica_keys(seed, batches * size).reshape(batches, size)
    means, finals = _run(
        coefficients,
        start,
        keys,
        currents,
        jnp.asarray(step, dtype),
        grid_field=None if dense else _GridField(model),
        steps=steps,
        noisy=model.temperature > 0,
    )
    mean = np.asarray(means).swapaxes(1, 2).reshape(batches * size, samples, 3)[:replicas]
    final = np.zeros((replicas, 3, model.mask.size), dtype=np.float32)
    final[:, :, cells] = np.asarray(finals).reshape(batches * size, 3, -1)[:replicas]
    return Trajectory(mean, final.reshape(replicas, 3, *model.shape), step)
