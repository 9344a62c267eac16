"""Factors in time of applied fields and currents: their values, their means over steps, and where they change.

A function of the user's is held constant around each multiple of its ``dt``, as oommfc writes it for OOMMF. So all its
values in a run are known beforehand: they bound the fields, and no step of an integrator can pass over a pulse.
"""

from __future__ import annotations

import math
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.ndimage import maximum_filter1d

MOST_NUMBERS = 10_000_000
"""Numbers that a function may give in a run; they are all computed beforehand, in some seconds and 80 MB."""

MOST_SAMPLES = 1_000_000
"""Samples of a run of a script, which cost a call each; a shorter feature of it may be missed, and a warning says so.
Those of a wave cost nothing: there are as many as it has to have, up to `MOST_NUMBERS`."""

SCRIPT_RESOLUTION = 1e-13
"""Features in time in s that are looked for in a script without ``dt``: ubermag's advice for ``dt``."""

PER_PERIOD = 32
"""Samples of a period of a wave."""

VARIATION = 0.4
"""How far a factor, relative to its largest, may vary in a step of a stochastic scheme beside one switch: the mean over
the step counts, and a turn of a field by this angle is what the schemes allow of a precession."""

SEEN = 0.25
"""Share of the change of a factor within a step that four straight lines through it may miss. The stages of a
Runge-Kutta step are at least as dense, so that its error estimate sees such a change."""

NEGLIGIBLE = 1e-3
"""Angle over the tolerance of a Runge-Kutta integration up to which a change is not looked for."""

DEVIATION = 10.0
"""Largest angle over that tolerance by which m may be off for half of ``dt`` where small steps of a held function are
joined by straight lines. Such deviations do not add up, as the integrals are the same."""

_CHUNK = 100_000

Strength = Callable[[np.ndarray], np.ndarray]
"""From factors (times, n) to how strong they are (times,): a field in A/m or a frequency in rad/s."""


class FunctionError(ValueError):
    """A function of time cannot be used; the message names the term and, where there is one, the time."""


@dataclass(frozen=True, eq=False)
class Course:
    """A profile as a Runge-Kutta scheme follows it: smooth, as far as its steps see, between the ends of segments.

    Attributes
    ----------
    ends
        (segments,), times in s at which a step has to end, in order.
    value
        Factors (n,) at a time in s that is not the end of a segment.
    """

    ends: np.ndarray
    value: Callable[[float], np.ndarray]


class Profile(ABC):
    """Factors of a term in time."""

    _samples: tuple[float, np.ndarray, np.ndarray] | None = None

    @abstractmethod
    def __call__(self, times: np.ndarray) -> np.ndarray:
        """Factors (times, n) at times (times,) in s."""

    @abstractmethod
    def means(self, step: float, count: int) -> np.ndarray:
        """Means of the factors over `count` steps of `step` s from time 0, (count, n)."""

    @abstractmethod
    def course(self, duration: float, strength: Strength, tolerance: float) -> Course:
        """The profile from 0 to `duration` s for a Runge-Kutta scheme.

        Parameters
        ----------
        duration
            s.
        strength
            Frequencies in rad/s at which factors turn a spin.
        tolerance
            Error of a step of the scheme, rad.

        Raises
        ------
        FunctionError
            The function gives no finite number at some time.
        """

    def samples(self, duration: float) -> tuple[np.ndarray, np.ndarray]:
        """Times (k,) in s that cover a run of `duration` s evenly, and the factors (k, n) at them.

        Raises
        ------
        FunctionError
            The function gives no finite number at one of them.
        """
        # The same run may be told as steps or as samples, which round differently.
        if self._samples is None or abs(self._samples[0] - duration) > 1e-9 * duration:
            self._samples = (duration, *self._sampled(duration))
        return self._samples[1:]

    @abstractmethod
    def _sampled(self, duration: float) -> tuple[np.ndarray, np.ndarray]:
        """What `samples` returns, computed."""

    def resolving_step(self, duration: float, step: float) -> float:
        """`step` in s or a half, a quarter, ... of it that resolves the profile, or the distance of its samples.

        In no step does the factor vary by more than `VARIATION` of its largest, one switch not counted.
        """
        times, factors = self.samples(duration)
        sizes, changes = np.linalg.norm(factors, axis=1), np.linalg.norm(np.diff(factors, axis=0), axis=1)
        if not changes.any():
            return step
        distance, allowed = times[1] - times[0], VARIATION * sizes.max()
        total = np.concatenate([[0.0], np.cumsum(changes)])
        begin = step = min(step, duration)
        while step > distance:
            window = min(math.ceil(step / distance), len(changes))
            # The largest of the changes i to i + window - 1.
            switch = maximum_filter1d(changes, window, origin=-(window // 2))[: len(changes) - window + 1]
            # The sums leave rounding of the total.
            if (total[window:] - total[:-window] - switch).max() <= allowed + 1e-12 * total[-1]:
                return step
            step /= 2
        return min(begin, distance)


class Function:
    """A function of a user's, which gives one number or a list of nine, checked.

    Parameters
    ----------
    term
        Name of the term in the ubermag system.
    function
        Of a time in s.
    matrix
        Whether the rows of a 3 x 3 matrix, one after the other, are accepted in place of a number.

    Raises
    ------
    FunctionError
        What it gives at time 0 is not accepted.
    """

    def __init__(self, term: str, function: Callable[[float], Any], matrix: bool = False) -> None:
        self._term, self._function, self._matrix = term, function, matrix
        self._shape: tuple[int, ...] = (9,) if matrix and np.shape(self._value(0.0)) == (9,) else ()
        self.count = math.prod(self._shape)
        self(np.zeros(1))

    def _value(self, time: float) -> Any:
        try:
            return self._function(time)
        except Exception as error:
            reason = " ".join(f"{type(error).__name__}: {error}".split())
            raise FunctionError(f"func of the term {self._term!r} fails at t = {time:g} s: {reason}") from error

    def __call__(self, times: np.ndarray) -> np.ndarray:
        """Factors (times, n), n = 1 or 9, at times (times,) in s."""
        chunks = [self._values(times[start : start + _CHUNK].tolist()) for start in range(0, len(times), _CHUNK)]
        return np.concatenate([np.zeros((0, self.count)), *chunks])

    def _values(self, times: list[float]) -> np.ndarray:
        values = [self._value(time) for time in times]
        if not _numbers(values, (len(times), *self._shape)):
            time, value = next(pair for pair in zip(times, values, strict=True) if not _numbers(pair[1], self._shape))
            accepted = "one number" + (" or a list of nine, the rows of a matrix" if self._matrix else "")
            raise FunctionError(
                f"func of the term {self._term!r} gives {_described(value)} at t = {time:g} s; accepted: {accepted}"
                + (", the same at all times" if self._matrix else "")
            )
        factors = np.array(values, dtype=np.float64).reshape(len(times), self.count)
        finite = np.isfinite(factors).all(axis=1)
        if not finite.all():
            first = int(np.argmin(finite))
            raise FunctionError(
                f"func of the term {self._term!r} gives {_described(values[first])} at t = {times[first]:g} s; "
                "accepted: finite numbers"
            )
        return factors


def _numbers(values: Any, shape: tuple[int, ...]) -> bool:
    try:
        array = np.asarray(values)
    except ValueError:  # lists of different lengths
        return False
    return array.shape == shape and array.dtype.kind in "biuf"


def _described(value: Any) -> str:
    shape = np.shape(value) if _numbers(value, np.shape(value)) else None
    return f"{math.prod(shape)} numbers of shape {shape}" if shape and len(shape) > 1 else " ".join(repr(value).split())


class Held(Profile):
    """A function that is held constant around each multiple of `interval` s, as oommfc has OOMMF hold it."""

    def __init__(self, term: str, function: Callable[[float], Any], interval: float, matrix: bool = False) -> None:
        self._term, self._interval, self._function = term, interval, Function(term, function, matrix)

    def __call__(self, times: np.ndarray) -> np.ndarray:
        """Factors (times, n) at times (times,) in s."""
        return self._function(self._interval * np.floor(times / self._interval + 0.5))

    def _sampled(self, duration: float) -> tuple[np.ndarray, np.ndarray]:
        count, most = math.floor(duration / self._interval + 0.5) + 1, MOST_NUMBERS // self._function.count
        if count > most:
            raise FunctionError(
                f"dt {self._interval:g} s of the term {self._term!r} asks for {count:.3g} values of func in "
                f"{duration:g} s; accepted: {most:.3g} at most, a dt of {duration / most:.2g} s or more"
            )
        times = self._interval * np.arange(count)
        return times, self._function(times)

    def means(self, step: float, count: int) -> np.ndarray:
        """Means of the factors over `count` steps of `step` s from time 0, (count, n); exact."""
        _, values = self.samples(step * count)
        borders = self._interval * (np.arange(len(values) + 1) - 0.5)
        borders[0] = 0.0
        integrals = np.cumsum(values * np.diff(borders)[:, None], axis=0)
        edges = step * np.arange(count + 1)
        columns = [np.interp(edges, borders, np.concatenate([[0.0], column])) for column in integrals.T]
        return np.diff(columns, axis=1).T / step

    def course(self, duration: float, strength: Strength, tolerance: float) -> Course:
        """Held where it jumps, and straight lines between the multiples where its steps are small."""
        times, values = self.samples(duration)
        turns = strength(np.diff(values, axis=0)) * self._interval / 8
        jumps = np.flatnonzero(turns > DEVIATION * tolerance)
        switches = times[jumps] + 0.5 * self._interval
        ends: list[float] = []
        for first, last in zip([0, *(jumps + 1)], [*jumps, len(times) - 1], strict=True):
            if last > first:
                ends += _segments(times[first : last + 1], values[first : last + 1], strength, NEGLIGIBLE * tolerance)
        sides = np.stack([values[jumps], values[jumps + 1]], axis=1).reshape(-1, values.shape[1])
        places = np.repeat(jumps + 1, 2)
        knots = np.insert(times, places, np.repeat(switches, 2))
        heights = np.insert(values, places, sides, axis=0)

        def value(time: float) -> np.ndarray:
            right = min(max(int(np.searchsorted(knots, time, side="right")), 1), len(knots) - 1)
            if not right:  # one value for the whole run
                return heights[0]
            share = (time - knots[right - 1]) / (knots[right] - knots[right - 1])
            return heights[right - 1] + min(max(share, 0.0), 1.0) * (heights[right] - heights[right - 1])

        return Course(np.unique([*ends, *switches]), value)


class CoarseFunctionWarning(UserWarning):
    """A function of time is looked at less closely than ubermag advises; the message says how closely."""


class Smooth(Profile):
    """A function that is evaluated at the very time.

    Parameters
    ----------
    term
        Name of the term in the ubermag system.
    function
        From times (times,) in s to factors (times, n).
    resolution
        Distance in s of samples that resolve it.
    wave
        Whether nothing is resolved by fewer samples, as they would show another wave. Otherwise `MOST_SAMPLES` have to
        do, with a `CoarseFunctionWarning`.
    """

    def __init__(
        self, term: str, function: Callable[[np.ndarray], np.ndarray], resolution: float, wave: bool = False
    ) -> None:
        self._term, self._function, self._resolution, self._wave = term, function, resolution, wave

    def __call__(self, times: np.ndarray) -> np.ndarray:
        """Factors (times, n) at times (times,) in s."""
        return self._function(times)

    def _sampled(self, duration: float) -> tuple[np.ndarray, np.ndarray]:
        wanted, most = duration / self._resolution, MOST_NUMBERS if self._wave else MOST_SAMPLES
        if self._wave and wanted > most:
            raise FunctionError(
                f"the wave of the term {self._term!r} has {wanted / PER_PERIOD:.3g} periods in {duration:g} s; "
                f"accepted: {most // PER_PERIOD} at most"
            )
        if wanted > most:
            warnings.warn(
                f"the script of the term {self._term!r} is looked at every {duration / most:.2g} s, as the run is "
                f"{duration:g} s long: what is shorter may be missed; give it as func with dt, or run in parts",
                CoarseFunctionWarning,
                stacklevel=2,
            )
        count = math.ceil(min(max(wanted, PER_PERIOD), most))
        times = np.linspace(0.0, duration, count + 1)
        return times, self._function(times)

    def means(self, step: float, count: int) -> np.ndarray:
        """Means of the factors over `count` steps of `step` s from time 0, (count, n), by Gauss's rule of order 4."""
        most = MOST_NUMBERS if self._wave else MOST_SAMPLES
        parts = math.ceil(step / max(self._resolution, step * count / most) * (1 - 1e-9))
        nodes = np.add.outer(np.arange(parts) + 0.5, np.array([-0.5, 0.5]) / math.sqrt(3)).ravel() / parts
        values = (self._function(step * (np.arange(count) + node)) for node in nodes)
        return sum(values, np.zeros((count, 1))) / len(nodes)

    def course(self, duration: float, strength: Strength, tolerance: float) -> Course:
        """The function itself, in segments that resolve it."""
        times, values = self.samples(duration)
        ends = _segments(times, values, strength, NEGLIGIBLE * tolerance)
        return Course(np.array(ends), lambda time: self._function(np.array([time]))[0])


def wave(term: str, shape: str, frequency: float, start: float) -> Smooth:
    """Ubermag's ``"sin"`` or ``"sinc"`` of 2 pi f (t - t0), f in Hz and t0 in s, of the term of this name."""
    function = {"sin": lambda x: np.sin(np.pi * x), "sinc": np.sinc}[shape]
    resolution = 1 / (PER_PERIOD * frequency)
    return Smooth(term, lambda times: function(2 * frequency * (times - start))[:, None], resolution, wave=True)


@dataclass(frozen=True)
class Script:
    """A function of time without ``dt``, given as ``func`` of a term: it holds at the very time."""

    function: Callable[[float], Any]

    def __call__(self, time: float) -> Any:
        """What the script gives at a time in s."""
        return self.function(time)


def profile(term: str, function: Callable[[float], Any], interval: float, matrix: bool = False) -> Profile:
    """The profile of a term's ``func`` and ``dt``; see `Function` for `matrix`."""
    if isinstance(function, Script):
        return Smooth(term, Function(term, function, matrix), SCRIPT_RESOLUTION)
    return Held(term, function, interval, matrix)


def _segments(times: np.ndarray, values: np.ndarray, strength: Strength, negligible: float) -> list[float]:
    """Ends in s of halves, quarters, ... of a stretch of time in which a few stages of a step see all changes."""
    ends, open_ = [], [(0, len(times) - 1)]
    while open_:
        first, last = open_.pop()
        if _seen(times[first : last + 1], values[first : last + 1], strength, negligible):
            ends.append(float(times[last]))
        else:
            middle = (first + last) // 2
            open_ += [(middle, last), (first, middle)]
    return ends


def _seen(times: np.ndarray, values: np.ndarray, strength: Strength, negligible: float) -> bool:
    if len(times) <= 5:
        return True
    change = strength(values - values[0]).max()
    if change * (times[-1] - times[0]) <= negligible:
        return True
    nodes = np.linspace(0, len(times) - 1, 5).round().astype(int)
    lines = np.stack([np.interp(times, times[nodes], column[nodes]) for column in values.T], axis=1)
    return bool(strength(values - lines).max() <= SEEN * change)


def largest(profile: Profile, strength: Strength, duration: float) -> float:
    """Largest strength of a profile from 0 to `duration` s."""
    return float(strength(profile.samples(duration)[1]).max())
