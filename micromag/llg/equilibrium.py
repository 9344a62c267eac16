"""Samples of the Boltzmann distribution of a model, for all its energy terms.

The scheme is that of `magbayes.micromag.llg.hamiltonian`, exact for any step. What makes it fast is set in a warm-up
whose states are thrown away, and fixed after it: how fast each wave turns, and the step.

- Integrated by parts over the spheres, the mean square of a torque is the mean stiffness against the turn that it
  belongs to: <(X E)^2> = <X X E> for a turn X and E in kT. So torques tell the stiffness of each cosine wave, whatever
  the terms are, and its root is what its speed is divided by.
- The step follows the acceptance, by a stochastic approximation (H. Robbins and S. Monro, Ann. Math. Stat. 22, 400
  (1951)).

All waves then have a frequency near 1, and a trajectory takes about a quarter of a turn, after which the new state
of a harmonic wave knows nothing of the old one. Lengths are drawn, so that no wave comes back time after time.

The energies of a state and of its inversion m -> -m differ by the Zeeman terms alone. So every trajectory is followed
by an inversion that is tried with probability 1/2: both sides of a barrier have their share, however high it is.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from scipy.constants import k, mu_0
from scipy.optimize import brentq

from magbayes.data import seeds
from magbayes.data.errors import EngineError
from magbayes.data.keys import random_key
from magbayes.data.shapes import FinalStates, GridNumbers, Means
from magbayes.micromag.llg.coefficients import identity, on_cells, on_grid
from magbayes.micromag.llg.curvature import stiffness
from magbayes.micromag.llg.ensemble import batched, batches_for, least_batch
from magbayes.micromag.llg.fields import conjugate_densities
from magbayes.micromag.llg.folded import in_precision
from magbayes.micromag.llg.hamiltonian import DenseSpeeds, Speeds, WaveSpeeds, accepted, propose
from magbayes.micromag.llg.heun import cross
from magbayes.micromag.llg.lattice import Lattice, lattice
from magbayes.micromag.llg.linear import DENSE_LIMIT, linear, linear_field, total
from magbayes.micromag.llg.model import Model, UnsupportedError
from magbayes.micromag.llg.program import share
from magbayes.micromag.llg.waves import wave_matrix, waves

ACCEPTANCE = 0.8
"""Share of trajectories that the step is set to. Fewer would do for normal variables; with fewer, states of low energy,
from which no trajectory of that step is accepted, keep a replica for long."""

LENGTHS = (0.75 * math.pi / 2, 1.25 * math.pi / 2)
"""Shortest and longest trajectory, in units in which a wave of frequency 1 turns by 1 rad in 1."""

FASTEST = 1.0
"""Largest root mean square of a cell's angular velocity, rad in a time of 1; it counts where nothing holds spins."""

FIRST_STEP = 1.0
"""Step that the warm-up starts with, for one cell. The error of the energy grows with the cells and with the step's
fourth power."""

CHUNK = 10
"""Trajectories in a call of the compiled program."""

STAGES = 3
"""Parts of the warm-up: waves turn by what bounds on the fields say, and then by what the part before has measured."""

WARM_UP = 180
"""Trajectories of the warm-up."""

KEPT = 2
"""Systems whose programs are kept: one that is drawn from again after another. Tracing takes as long as drawing."""

_LATEST: dict[Any, Program] = {}


@dataclass(frozen=True)
class Samples:
    """What a run returns.

    Attributes
    ----------
    mean
        (replicas, samples, 3), weighted mean of the unit vectors.
    moment
        (replicas, samples, 3), the whole magnetic moment, A m^2.
    energies
        (replicas, samples) in J, by the names of `magbayes.micromag.llg.fields.conjugate_densities`.
    final
        (replicas, 3, nz, ny, nx), unit vectors.
    acceptance
        (replicas,), mean probability at which trajectories were accepted.
    step, steps
        Length of a step, and the mean number of steps in a trajectory.
    """

    mean: Means
    moment: Means
    energies: dict[str, np.ndarray]
    final: FinalStates
    acceptance: np.ndarray
    step: float
    steps: float


class _Record(NamedTuple):
    """What one trajectory leaves behind; arrays end with the axis of the replicas."""

    mean: Array
    moment: Array
    energies: Array
    """(parts, replicas), kT."""
    acceptance: Array
    """(replicas,)."""
    stiffness: Array
    """(nz, ny, nx), mean over the replicas of the squared torques of each wave; 0 outside the warm-up."""


class _State(NamedTuple):
    m: Array
    field: Array
    """Reduced field (3, cells, replicas) without that of the Zeeman terms."""
    energies: Array
    """(parts, cells, replicas), kT."""


Program = Callable[..., Any]


def require_equilibrium(model: Model) -> None:
    """Refuse a model that has no Boltzmann distribution.

    Raises
    ------
    UnsupportedError
        It has a torque, a field that varies in time, or no temperature.
    """
    for torque in model.torques:
        raise UnsupportedError(
            f"the torque {torque.name!r} has no energy, so that there is no equilibrium to be sampled; simulate "
            "trajectories, or leave it out"
        )
    for term in model.zeeman:
        if term.profile is not None:
            raise UnsupportedError(
                f"the term {term.name!r} varies in time, so that there is no equilibrium to be sampled; simulate "
                "trajectories, or give a field that is constant"
            )
    if not model.temperature > 0:
        raise UnsupportedError(f"T = {model.temperature:g} K has no fluctuations to be sampled; minimise the energy")


def _force(model: Model, cells: Lattice, replicas: int) -> Callable[[Array], Array]:
    """Reduced field, mu0 Ms V H / kT, of all terms but Zeeman on states (3, cells, replicas)."""
    parts, others = linear(model, cells, model.terms, replicas)
    on_whole = total(others, model) if others else None
    unit = cells.pick(mu_0 * model.saturation * model.cell_volume / (k * model.temperature))[:, None]
    places, index = cells.places, cells.cells

    def force(m: Array) -> Array:
        field = linear_field(in_precision(parts, m.dtype), m)
        if on_whole is not None:
            grid = on_grid(m, jnp.asarray(places), model.shape)
            field = field + on_cells(on_whole(grid), jnp.asarray(index))
        return jnp.asarray(unit, m.dtype) * field

    return force


def _energies(model: Model, cells: Lattice) -> Callable[[Array], Array]:
    """Energy (parts, cells, replicas) in kT of every part and cell."""
    densities = list(conjugate_densities(model).values())
    # An array and no number, so that the program of another temperature or size is the same.
    unit = np.array([model.cell_volume / (k * model.temperature)])

    def energies(m: Array) -> Array:
        grid = on_grid(m, jnp.asarray(cells.places), model.shape)
        parts = jnp.stack([density(grid) for density in densities], axis=1)
        return jnp.asarray(unit, m.dtype) * on_cells(parts, jnp.asarray(cells.cells))

    return energies


def _program(model: Model, cells: Lattice, weights: np.ndarray, dense: bool, examples: tuple[Any, ...]) -> Program:
    """Program of `_compile`; of the last systems that were sampled it is there already, whatever drew them."""
    arrays = tuple((np.shape(leaf), np.asarray(leaf).dtype.str) for leaf in jax.tree.leaves(examples))
    key = identity((model, weights, dense, arrays))
    if key not in _LATEST:
        while len(_LATEST) >= KEPT:
            del _LATEST[next(iter(_LATEST))]
        _LATEST[key] = _compile(model, cells, weights, dense, examples)
    return _LATEST[key]


def _compile(model: Model, cells: Lattice, weights: np.ndarray, dense: bool, examples: tuple[Any, ...]) -> Program:
    """Program of `CHUNK` trajectories for batches of replicas."""
    force, energies = _force(model, cells, examples[1].shape[-1]), _energies(model, cells)
    frame = waves(cells)
    free = cells.pick(np.where(model.fixed, 0.0, 1.0))[:, None]
    applied = cells.pick(model.applied * mu_0 * model.saturation * model.cell_volume / (k * model.temperature))
    moments = cells.pick(model.saturation * model.cell_volume)[:, None]
    weights = cells.pick(weights)[:, None]
    odd = np.array([name in {z.name for z in model.zeeman} for name in conjugate_densities(model)])

    def invert(state: _State, key: Array) -> _State:
        coin, level = jax.random.uniform(key, (2, state.m.shape[-1]), state.m.dtype)
        change = -2 * jnp.sum(jnp.where(odd[:, None, None], state.energies, 0), axis=(0, 1))
        sign = jnp.where((coin < 0.5) & (jnp.log(level) < -change), -1, 1).astype(state.m.dtype)
        return _State(
            sign * state.m, sign * state.field, jnp.where(odd[:, None, None], sign * state.energies, state.energies)
        )

    def program(words: Array, start: Array, speeds: Any, steps: Array, counts: Array, flags: Array) -> Any:
        dtype = start.dtype
        zeeman = jnp.asarray(applied, dtype)[..., None]
        mobile = jnp.asarray(free, dtype)
        motion: Speeds = DenseSpeeds(*speeds) if dense else WaveSpeeds(frame, speeds, mobile)
        inverted, measured = flags

        def total(m: Array) -> Array:
            return force(m) + zeeman

        def trajectory(state: _State, inputs: tuple[Array, Array, Array]) -> tuple[_State, _Record]:
            key, step, count = inputs
            keys = jax.random.split(key, 3)
            momentum = jax.random.normal(keys[0], motion.shape(state.m), dtype)
            m, field, gain = propose(state.m, state.field + zeeman, momentum, motion, total, step, count)
            m = m * sum(component**2 for component in m) ** -0.5  # rounding adds up
            parts = energies(m)
            # By cells: the difference of two sums would carry the rounding of the whole energy.
            change = jnp.sum(parts - state.energies, axis=(0, 1))
            kinetic = motion.replicas(gain * (momentum + 0.5 * gain))
            passed, probability = accepted(change, kinetic, keys[1])
            new = _State(m, field - zeeman, parts)
            state = jax.tree.map(lambda a, b: jnp.where(passed, a, b), new, state)
            state = jax.lax.cond(inverted, lambda: invert(state, keys[2]), lambda: state)

            def squares() -> Array:
                torques = mobile * cross(state.m, state.field + zeeman)
                return jnp.mean(jnp.sum(frame.of(torques) ** 2, axis=1), axis=0)

            return state, _Record(
                jnp.sum(state.m * jnp.asarray(weights, dtype), axis=1),
                jnp.sum(state.m * jnp.asarray(moments, dtype), axis=1),
                jnp.sum(state.energies, axis=1),
                probability,
                jax.lax.cond(measured, squares, lambda: jnp.zeros(frame.shape, dtype)),
            )

        def batch(inputs: tuple[Array, Array]) -> tuple[Array, _Record]:
            number, m = inputs
            key = jax.random.fold_in(jax.random.wrap_key_data(words), number)
            state = _State(m, force(m), energies(m))
            state, records = jax.lax.scan(trajectory, state, (jax.random.split(key, CHUNK), steps, counts))
            return state.m, records

        return jax.lax.map(batch, (jnp.arange(start.shape[0]), start))

    # By default some GPUs multiply with ten bits, which energies of hundreds of kT cannot stand.
    with jax.default_matmul_precision("highest"):
        return share(program, *examples)


def _speeds(model: Model, cells: Lattice, stiffness: np.ndarray, matrix: np.ndarray | None, dtype: Any) -> Any:
    """What turns each wave by one over the root of its stiffness (nz, ny, nx) in kT."""

    # A constant that is added to all where spins would turn too fast: free ones, or far from a state of low energy.
    def excess(logarithm: float) -> float:
        return float((1 / (stiffness + math.exp(logarithm))).mean() - FASTEST**2)

    offset = math.exp(brentq(excess, -30.0, 30.0)) if (1 / stiffness).mean() > FASTEST**2 else 0.0
    speeds = (stiffness + offset) ** -0.5
    if matrix is None:
        return speeds.astype(dtype)
    free = cells.pick(np.where(model.fixed, 0.0, 1.0))
    values, vectors = np.linalg.eigh(free[:, None] * ((matrix * speeds.ravel() ** 2) @ matrix.T) * free)
    values = np.maximum(values, 0.0)
    root = (vectors * np.sqrt(values)) @ vectors.T
    return root.astype(dtype), (root @ root).astype(dtype)


class _Chains:
    """Replicas and the numbers that their proposals depend on."""

    def __init__(self, model: Model, initial: np.ndarray, samples: int, seed: int, weights: np.ndarray) -> None:
        self.model, self.cells = model, lattice(model)
        count = len(self.cells.cells)
        self.dtype = np.dtype(jnp.result_type(float))
        self.replicas = len(initial)
        batches, size = batches_for(count, self.replicas, samples, least_batch(model))
        self.m = batched(self.cells.pick(initial), batches, size).astype(self.dtype)
        self.matrix = wave_matrix(self.cells) if count <= DENSE_LIMIT else None
        unit = mu_0 * model.saturation[model.mask].mean() * model.cell_volume / (k * model.temperature)
        self.speeds = self._of(unit * stiffness(model))
        self.step = FIRST_STEP * count**-0.25
        self.random = seeds.generator(seed, "lengths")
        self.key = random_key(seed, "trajectories")
        self.number = 0
        examples = self._arguments(inverted=False, measured=False)
        self.program = _program(model, self.cells, weights, self.matrix is not None, examples)

    def _of(self, stiffness: np.ndarray) -> Any:
        return _speeds(self.model, self.cells, np.maximum(stiffness, 1e-12), self.matrix, self.dtype)

    def _arguments(self, inverted: bool, measured: bool) -> tuple[Any, ...]:
        lengths = self.random.uniform(*LENGTHS, CHUNK)
        counts = np.ceil(lengths / self.step)
        words = np.asarray(jax.random.key_data(jax.random.fold_in(self.key, self.number)))
        return (
            words,
            self.m,
            self.speeds,
            (lengths / counts).astype(self.dtype),
            counts.astype(np.int32),
            np.array([inverted, measured]),
        )

    def advance(self, inverted: bool, measured: bool = False) -> tuple[_Record, float]:
        """Run `CHUNK` trajectories: their records (batches, CHUNK, ..., replicas), and the mean number of steps."""
        arguments = self._arguments(inverted, measured)
        self.m, records = self.program(*arguments)
        self.number += 1
        return records, float(arguments[4].mean())

    def warm_up(self, trajectories: int, inverted: bool) -> None:
        """Find speeds and step."""
        chunks = max(2, round(trajectories / CHUNK / STAGES))
        for stage in range(STAGES):
            squares, steps = [], []
            for chunk in range(chunks):
                late = 2 * chunk >= chunks
                records, _ = self.advance(inverted, measured=late)
                self.step *= math.exp((float(records.acceptance.mean()) - ACCEPTANCE) * 2 / (1 + chunk) ** 0.6)
                if late:
                    squares.append(records.stiffness.mean(axis=(0, 1)))
                    steps.append(math.log(self.step))
            if stage < STAGES - 1:
                # Two of three components turn a spin.
                self.speeds = self._of(np.stack(squares).mean(axis=0, dtype=np.float64) / 2)
            else:
                self.step = math.exp(np.mean(steps))

    def flat(self, values: np.ndarray) -> np.ndarray:
        """(replicas, ...) of values (batches, ..., replicas)."""
        moved = np.moveaxis(values, -1, 1)
        return moved.reshape(-1, *moved.shape[2:])[: self.replicas]


def run(
    model: Model,
    initial: np.ndarray,
    *,
    samples: int,
    seed: int,
    interval: int = 1,
    warm_up: int = WARM_UP,
    inversions: bool = True,
    readout: GridNumbers | None = None,
) -> Samples:
    """Draw samples of the equilibrium of a system in several replicas.

    Parameters
    ----------
    model
        The system; its dynamics do not count.
    initial
        Unit vectors (replicas, 3, nz, ny, nx), the starts.
    samples, interval
        Samples of a replica, and trajectories from one to the next.
    seed
        Seed of all that is random.
    warm_up
        Trajectories that are thrown away, in which speeds and step are found.
    inversions
        Whether m -> -m is tried after each trajectory; without it a replica stays on its side of a high barrier.
    readout
        Weights (nz, ny, nx) of the mean that is sampled; the magnetic cells alike if left out.

    Raises
    ------
    UnsupportedError
        The system has no equilibrium.
    MemoryLimitError
        The replicas do not fit into memory.
    EngineError
        An energy is not finite.
    """
    require_equilibrium(model)
    weights = model.mask.astype(float) if readout is None else np.where(model.mask, readout, 0.0)
    chains = _Chains(model, initial, samples, seed, weights / weights.sum())
    chains.warm_up(warm_up, inversions)
    wanted = samples * interval
    chunks = math.ceil(wanted / CHUNK)
    records, steps = zip(*(chains.advance(inversions) for _ in range(chunks)), strict=True)
    # What is beyond a whole number of calls comes before the samples, so that the last sample is the last state.
    beyond = chunks * CHUNK - wanted
    kept = slice(beyond + interval - 1, None, interval)

    def series(name: str) -> np.ndarray:
        return np.concatenate([chains.flat(getattr(record, name)) for record in records], axis=1)

    energies = k * model.temperature * series("energies").astype(np.float64)[:, kept]
    if not np.isfinite(energies).all():
        raise EngineError("an energy is not finite: a value of the system is too large")
    names = list(conjugate_densities(model))
    return Samples(
        mean=series("mean")[:, kept].astype(np.float64),
        moment=series("moment")[:, kept].astype(np.float64),
        energies={name: energies[..., index] for index, name in enumerate(names)},
        final=chains.cells.spread(chains.flat(chains.m)),
        acceptance=series("acceptance")[:, beyond:].mean(axis=1),
        step=chains.step,
        steps=float(np.mean(steps)),
    )
