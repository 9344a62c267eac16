"""Run an ensemble of replicas as one XLA program."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from types import ModuleType
from typing import Any, Literal

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.sharding import Mesh
from jax.sharding import PartitionSpec as P

from magbayes.data import seeds
from magbayes.data.errors import EngineError
from magbayes.data.memory import free_memory, require_memory
from magbayes.data.shapes import FinalStates, GridNumbers, GridVectors, Means
from magbayes.micromag.llg import heun, midpoint, noise
from magbayes.micromag.llg.coefficients import (
    Coefficients,
    GridField,
    coefficients,
    neighbour_field,
    other_field,
)
from magbayes.micromag.llg.folded import foldable
from magbayes.micromag.llg.grid import Grid
from magbayes.micromag.llg.lattice import lattice
from magbayes.micromag.llg.model import Model, UnsupportedError
from magbayes.micromag.llg.torques import Slonczewski

MOST_STEPS = 2**31 - 1
"""Time steps of a run: their number is an integer of 32 bits in the compiled program, and gives the noise."""

Scheme = Literal["midpoint", "heun"]

SCHEMES: dict[str, ModuleType] = {"midpoint": midpoint, "heun": heun}

BATCH_NUMBERS = {"cpu": 34_000, "gpu": 2**25}
"""Components of magnetisation in a batch of replicas: on a CPU what a core's cache holds with all intermediates, on a
GPU what keeps it busy."""

ALIGNMENT = 16
"""Replicas that fill a cache line. Batches of half as many and more are multiples of it: those that are none take twice
the time a replica, so that replicas that nobody asked for cost less."""

LEAST_BATCH = 4
"""Replicas in a batch of a large mesh: fewer leave vector units idle. If the demagnetising field is folded they are
`ALIGNMENT`, whatever the cache holds."""

WORKING_STATES = 30
"""States of a batch that are in memory at once: by XLA's own account 6 with dense matrices, 12 for a film and 21 for a
block with its padded Fourier transforms; the transforms' scratch, which it does not count, is 8 more."""

SHARE = 0.5
"""Part of the free memory that a run may use: other jobs run beside it, and its result is worked on afterwards."""

RESULT_STATES = 3
"""Copies of all final states: as the program returns them, in the order of the replicas, and on the grid."""


class TimeStepError(ValueError):
    """The time step is not positive, or too large for the mesh; then the message names the largest step allowed."""


@dataclass(frozen=True)
class Trajectory:
    """What a run returns: `mean` (replicas, samples, 3) and `final` (replicas, 3, nz, ny, nx)."""

    mean: Means
    final: FinalStates
    time_step: float


def time_step_for(
    model: Model, interval: float, requested: float | None = None, scheme: str = "midpoint", samples: int = 1
) -> tuple[float, int]:
    """Time step in s, and the number of steps in `interval`, of a run of `samples` intervals.

    Without `requested`, the largest validated step that divides the interval.

    Raises
    ------
    TimeStepError
        `requested` is not positive or above the largest validated step, or the run has more than `MOST_STEPS` of them.
    ValueError
        No scheme has this name.
    """
    if scheme not in SCHEMES:
        raise ValueError(f"scheme {scheme!r} is not known; there are: {', '.join(SCHEMES)}")
    if requested is not None and not 0 < requested < math.inf:
        raise TimeStepError(f"time step {requested!r} s: must be a positive number")
    largest = SCHEMES[scheme].largest_step(model, samples * interval)
    if requested is not None and requested > largest * (1 + 1e-9):
        raise TimeStepError(
            f"time step {requested:.4g} s is too large for this mesh and material: short spin waves would have the "
            f"wrong temperature; the largest step allowed is {largest:.4g} s"
        )
    step = requested or largest
    if not step > 0 or samples * interval / step > MOST_STEPS:
        raise TimeStepError(
            f"{samples * interval:.4g} s are too many steps of {step:.4g} s; accepted: up to {MOST_STEPS}. Look for a "
            "duration, a field, a damping or a temperature that is too large"
        )
    steps = max(1, math.ceil(interval / step * (1 - 1e-9)))
    return interval / steps, steps


def memory(cells: int, replicas: int, samples: int, batch: int) -> int:
    """Bytes that an ensemble of `replicas` of `cells` magnetic cells needs, run in batches, in single precision."""
    state, means = 3 * cells * 4, 3 * samples * 4
    return batch * state * WORKING_STATES + replicas * (state + means) * RESULT_STATES


def room() -> int:
    """Bytes that are free: of the device that runs ensembles if it says so, or of the machine."""
    statistics = jax.local_devices()[0].memory_stats() or {}
    return statistics["bytes_limit"] - statistics["bytes_in_use"] if "bytes_limit" in statistics else free_memory()


def least_batch(grid: Grid) -> int:
    """Replicas in a batch of a large mesh: a full cache line where its field is folded, `LEAST_BATCH` elsewhere."""
    return ALIGNMENT if foldable(grid, ALIGNMENT) else LEAST_BATCH


def fastest_batch(cells: int, least: int = LEAST_BATCH) -> int:
    """Replicas in a batch of systems of so many cells that run fastest, and `least` of them."""
    size = max(least, BATCH_NUMBERS.get(jax.default_backend(), 2**25) // (3 * cells))
    return size - size % ALIGNMENT if size > ALIGNMENT else aligned(size)


def aligned(size: int) -> int:
    """Replicas in a batch in which at least `size` run, see `ALIGNMENT`."""
    return size if size < ALIGNMENT // 2 else -(-size // ALIGNMENT) * ALIGNMENT


def batches_for(cells: int, replicas: int, samples: int, least: int = LEAST_BATCH) -> tuple[int, int]:
    """Number of batches and replicas in each, such that a batch fits into the cache and the whole into memory.

    Batches have `least` replicas, see `least_batch`, if there are as many and they fit into memory.

    Raises
    ------
    MemoryShortageError
        Not even single replicas fit.
    """
    largest, free, length = fastest_batch(cells, least), room(), length_for(samples, LEAST_SAMPLES)
    while largest > 1 and memory(cells, replicas, length, largest) > SHARE * free:
        largest //= 2
    require_memory(
        f"{replicas} replicas of {cells} cells with {samples} samples",
        memory(cells, replicas, length, largest),
        free,
        SHARE,
        "ask for fewer replicas at a time",
    )
    batches = math.ceil(replicas / largest)
    return batches, min(largest, aligned(math.ceil(replicas / batches)))


STATIC = ("colours", "grid_field", "noisy", "scheme")
"""Arguments of the program that are compiled in."""

LEAST_SAMPLES, LEAST_STEPS = 32, 4096
"""Samples, and time steps in which something varies, for which a program has room at least."""


def length_for(count: int, least: int) -> int:
    """Samples, or steps, for which a program of `count` of them has room: `least`, or a quarter more at most.

    So runs of similar lengths share a program. What it makes room for and does not run costs memory and no time.
    """
    unit = 2 ** max(0, count.bit_length() - 3)
    return max(least, -(-count // unit) * unit)


@partial(jax.jit, static_argnames=STATIC)
def _run(
    c: Coefficients,
    start: Array,
    seed: Array,
    replicas: Array,
    currents: Array,
    factors: Array,
    time_step: Array,
    counts: Array,
    rows: Array,
    *,
    colours: tuple[tuple[int, int], ...],
    grid_field: GridField | None,
    noisy: bool,
    scheme: Scheme,
) -> tuple[Array, Array]:
    """Sampled means (batches, length, 3, replicas) and final states (batches, 3, cells, replicas).

    `start` is (batches, 3, cells, replicas); `replicas` (batches, replicas) are their numbers, `currents` and `factors`
    (steps or more, n) those of each time step, a single row where n is 0.
    `counts` are the samples, and the time steps in each. Neither is compiled in: runs of other lengths, and at other
    temperatures, whose steps are others, are one program. `rows` (length, 0) has as many rows as the means, of which
    those beyond the samples are 0.
    """
    pairs = [(slice(*ends), partial(neighbour_field, part)) for ends, part in zip(colours, c.couplings, strict=True)]
    samples, steps = counts

    def sample(numbers: Array, index: Array | int, run: tuple[Array, Array, Array]) -> tuple[Array, Array, Array]:
        def advance(i: int | Array, state: tuple[Array, Array]) -> tuple[Array, Array]:
            m, last = state
            time = index * steps + i
            rest = partial(other_field, c, grid_field, currents[time], factors=factors[time])
            external = jnp.broadcast_to(c.applied, m.shape)
            if noisy:
                kicks = noise.increments(seed, time, numbers, m.shape[1], m.dtype)
                external = external + c.thermal * kicks
            if scheme == "midpoint":
                return midpoint.step(m, last, pairs, rest, external, c.half_turn, c.damping)

            def field(m: Array) -> Array:
                return rest(m) + jnp.concatenate([neighbours(m) for _, neighbours in pairs], axis=1)

            return heun.step(m, field, external, time_step, c.rate, c.damping), last

        m, last, means = run
        m, last = jax.lax.fori_loop(0, steps, advance, (m, last))
        m = m * sum(component**2 for component in m) ** -0.5  # the midpoint scheme lets rounding add up
        return m, last, means.at[index].set(jnp.sum(m * c.readout, axis=1))

    def batch(batch: tuple[Array, Array]) -> tuple[Array, Array]:
        numbers, begin = batch
        last = other_field(c, grid_field, currents[0], begin, factors[0])
        means = jnp.zeros((len(rows), 3, len(numbers)), begin.dtype)
        m, _, means = jax.lax.fori_loop(0, samples, partial(sample, numbers), (begin, last, means))
        return means, m

    return jax.lax.map(batch, (replicas, start))


def devices_for(batches: int) -> tuple[jax.Device, ...]:
    """Devices that whole batches are dealt to: that of `jax.default_device`, or as many as shorten the run."""
    chosen = jax.config.jax_default_device  # type: ignore[attr-defined]
    every = jax.local_devices() if chosen is None else [chosen]
    rounds = math.ceil(batches / len(every))
    return tuple(every[: math.ceil(batches / rounds)])


@cache
def _dealt(devices: tuple[jax.Device, ...]) -> Callable[..., tuple[Array, Array]]:
    """`_run`, whose batches are dealt to some devices; their number must be a multiple of the devices'.

    Every device runs the program of whole batches, so that a replica has the same bits as on one device.
    """
    mesh = Mesh(np.array(devices), ("batches",))

    @partial(jax.jit, static_argnames=STATIC)
    def run(
        c: Coefficients, start: Array, seed: Array, replicas: Array, *rest: Array, **static: Any
    ) -> tuple[Array, Array]:
        def some(start: Array, replicas: Array, c: Coefficients, seed: Array, *rest: Array) -> tuple[Array, Array]:
            return _run(c, start, seed, replicas, *rest, **static)

        specs = (P("batches"), P("batches"), *[P()] * (2 + len(rest)))
        part = jax.shard_map(some, mesh=mesh, in_specs=specs, out_specs=P("batches"), check_vma=False)
        return part(start, replicas, c, seed, *rest)

    return run


def batched(states: np.ndarray, batches: int, size: int) -> np.ndarray:
    """States (batches, 3, cells, size) of the list from those (replicas, 3, cells) of no more replicas than that.

    A last batch that is not full repeats the first states.
    """
    filled = np.resize(states, (batches * size, *states.shape[1:]))
    return np.moveaxis(filled.reshape(batches, size, *states.shape[1:]), 1, -1)


def _lengthened(factors: np.ndarray) -> np.ndarray:
    """Factors in time (steps, n) with rows behind them, up to `length_for`; a single one where n is 0."""
    beyond = length_for(len(factors), LEAST_STEPS) - len(factors)
    return np.pad(factors, ((0, beyond), (0, 0))) if factors.shape[1] else factors[:1]


class Integrator:
    """The program of an ensemble, made once for any number of runs of one length, from any states."""

    def __init__(
        self,
        model: Model,
        *,
        replicas: int,
        samples: int,
        interval: float,
        readout: GridNumbers | None = None,
        time_step: float | None = None,
        scheme: Scheme = "midpoint",
    ) -> None:
        """Arguments and errors are those of `run`."""
        if not model.precession:
            raise UnsupportedError("ensembles need a Precession term in the system's dynamics")
        self.time_step, steps = time_step_for(model, interval, time_step, scheme, samples)
        self._cells = lattice(model)
        self._batches, self._size = batches_for(len(self._cells.cells), replicas, samples, least_batch(model))
        weights = model.mask.astype(float) if readout is None else np.where(model.mask, readout, 0.0)
        self._coefficients, grid_field = coefficients(
            model, self._cells, weights / weights.sum(), self.time_step, self._size
        )
        self._dtype = self._coefficients.readout.dtype
        factors = model.mean_factors(self.time_step, samples * steps)
        slonczewski = [index for index, torque in enumerate(model.torques) if isinstance(torque, Slonczewski)]
        self._arguments = [
            *(jnp.asarray(_lengthened(values), self._dtype) for values in (factors[:, slonczewski], factors)),
            jnp.asarray(self.time_step, self._dtype),
            jnp.asarray([samples, steps], jnp.int32),
            jnp.zeros((length_for(samples, LEAST_SAMPLES), 0)),
        ]
        self._options = {
            "colours": self._cells.colours,
            "grid_field": grid_field,
            "noisy": model.temperature > 0,
            "scheme": scheme,
        }
        self._replicas, self._samples, self._interval = replicas, samples, interval

    def __call__(self, initial: GridVectors | FinalStates, seed: int) -> Trajectory:
        """Integrate from states; `initial` and `seed` are those of `run`."""
        count, size, devices = len(self._cells.cells), self._size, devices_for(self._batches)
        # The last batch may run a few replicas too many, and the last devices a batch; they are cut off, so that all
        # have one shape.
        batches = math.ceil(self._batches / len(devices)) * len(devices)
        program = _run if len(devices) == 1 else _dealt(devices)
        states = self._cells.pick(initial)
        # One start is repeated, so that it takes the program that states of replicas do.
        start = batched(states if states.ndim == 3 else states[None], batches, size)
        # By default some GPUs multiply with ten bits: dense fields would be off by 5e-4 of themselves.
        with jax.default_matmul_precision("highest"):
            means, finals = program(
                self._coefficients,
                jnp.asarray(start, self._dtype),
                jax.random.key(seed),
                jnp.arange(batches * size).reshape(batches, size),
                *self._arguments,
                **self._options,
            )
        means = np.moveaxis(np.asarray(means)[:, : self._samples], -1, 1)
        mean = means.reshape(batches * size, self._samples, 3)[: self._replicas]
        final = np.moveaxis(np.asarray(finals), -1, 1).reshape(batches * size, 3, count)[: self._replicas]
        check_finite(mean, final, self._interval)
        return Trajectory(mean, self._cells.spread(final), self.time_step)


def run(
    model: Model,
    initial: GridVectors | FinalStates,
    *,
    replicas: int,
    samples: int,
    interval: float,
    seed: int,
    readout: GridNumbers | None = None,
    time_step: float | None = None,
    scheme: Scheme = "midpoint",
) -> Trajectory:
    """Integrate `replicas` copies of a system, each with its own noise.

    Parameters
    ----------
    model
        The system.
    initial
        Unit vectors, the start of every replica: (3, nz, ny, nx), or (replicas, 3, nz, ny, nx) for one of each.
    replicas, samples, interval
        Number of replicas; number of samples in time and their distance in s.
    seed
        Seed of the noise, from 0 to `magbayes.data.seeds.JAX_LARGEST`.
    readout
        Weights (nz, ny, nx) of the mean that is sampled; the magnetic cells alike if left out.
    time_step
        Step in s; the largest validated one if left out.
    scheme
        ``"midpoint"`` or ``"heun"``: the modules of these names.

    Raises
    ------
    TimeStepError
        The time step is not positive or too large for the mesh, or there would be too many of them.
    MemoryShortageError
        The ensemble does not fit into memory.
    UnsupportedError
        There is no precession.
    EngineError
        A state is not finite.
    ValueError
        No scheme has this name, or the seed is out of its range.
    """
    seed = seeds.checked(seed)
    integrator = Integrator(
        model,
        replicas=replicas,
        samples=samples,
        interval=interval,
        readout=readout,
        time_step=time_step,
        scheme=scheme,
    )
    return integrator(initial, seed)


def check_finite(mean: np.ndarray, final: np.ndarray, interval: float) -> None:
    """Refuse means (replicas, samples, 3) and final states (replicas, ...) that are not finite.

    Raises
    ------
    EngineError
        The message names the first sample, its time from the `interval` in s, and a replica.
    """
    whole = np.column_stack([np.isfinite(mean).all(axis=-1), np.isfinite(final).reshape(len(final), -1).all(axis=-1)])
    if whole.all():
        return
    sample = int((~whole).any(axis=0).argmax())
    replica = int((~whole[:, sample]).argmax())
    # The last column is the final state, at the time of the last sample.
    time = min(sample + 1, mean.shape[1]) * interval
    raise EngineError(
        f"replica {replica} is not finite at {time:.4g} s: a value of the system, or of one of its functions of time, "
        "is too large"
    )
