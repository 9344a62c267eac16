"""Energy minima: at one field, along a sequence of fields, and the one straight downhill."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from numbers import Integral
from typing import Any, ClassVar

import micromagneticmodel as mm
import numpy as np
import ubermagutil.typesystem as ts
from scipy.constants import mu_0

from magbayes.micromag.calculator.driver import Driver, Row, check_number, directions
from magbayes.micromag.calculator.evolver import check_minimiser
from magbayes.micromag.calculator.observer import Observer, flux_columns
from magbayes.micromag.llg.minimise import Minimiser, Minimum
from magbayes.micromag.llg.model import Model

STOPPING_TORQUE = 1e-2
"""Default of stopping_mxHxm, A/m."""

BELOW = 0.01
"""Torque that the search aims at, over stopping_mxHxm: in the last steps each digit is cheap."""

STEEPEST = 0.1
"""Torque |m x H| over the largest Ms down to which `RelaxDriver` goes straight down."""


class NotConvergedWarning(UserWarning):
    """A minimisation ended above its tolerance; the message says by how much."""


class MinDriver(Driver):
    """Drive a system to a minimum of its energy; temperature and dynamics play no part.

    A state without torque that is no minimum, such as one with the field against m, is left along its softest
    direction.

    Further arguments of `drive` are ``output_step``, whether to keep every accepted state, and ``leave_saddles``; if
    that is False a state without torque will do, as it does for OOMMF.

    Parameters
    ----------
    stopping_mxHxm : float
        Largest |m x H| of a cell at the minimum, A/m; 0.01 by default. The search goes on to a hundredth of it.
    total_iteration_limit : int
        Accepted states after which the search is given up, with a `NotConvergedWarning`; 100 000 by default.
    evolver : CGEvolver
        Taken for the sake of scripts for oommfc: how OOMMF searches does not change the minimum.
    """

    _allowed_attributes: ClassVar[list[str]] = ["evolver", "stopping_mxHxm", "total_iteration_limit"]
    _options: ClassVar[dict[str, Any]] = {**Driver._options, "output_step": False, "leave_saddles": True}
    _x = "iteration"

    def _check_arguments(self, system: mm.System, arguments: dict[str, Any]) -> None:
        check_number("stopping_mxHxm", getattr(self, "stopping_mxHxm", STOPPING_TORQUE), "A/m")
        for term in system.energy:
            ways = [getattr(term, key, ts.Descriptor()) for key in ("func", "wave", "tcl_strings")]
            if not all(isinstance(way, ts.Descriptor) for way in ways):
                raise RuntimeError(f"the term {term.name!r} depends on time: it needs TimeDriver")

    def _states(self, system: mm.System, model: Model, **arguments: Any) -> Iterator[tuple[np.ndarray, Row]]:
        observer, minimiser = Observer(model), Minimiser(model)
        kept: list[Minimum] = []
        on_step = kept.append if arguments["output_step"] else None
        start = self._entry(minimiser, model, directions(system))
        end = self._minimum(minimiser, start, on_step=on_step, leave_saddles=arguments["leave_saddles"])
        for state in kept or [end]:
            yield state.m, {**observer.row(state.m), **_columns(state), "iteration": state.iterations, "stage": 0}

    def _entry(self, minimiser: Minimiser, model: Model, start: np.ndarray) -> np.ndarray:
        """Where the minimiser is to begin."""
        return start

    def _minimum(self, minimiser: Minimiser, start: np.ndarray, **options: Any) -> Minimum:
        if hasattr(self, "evolver"):
            check_minimiser(self.evolver)
        tolerance = getattr(self, "stopping_mxHxm", STOPPING_TORQUE)
        limit = getattr(self, "total_iteration_limit", 100_000)
        minimum = minimiser(start, tolerance=BELOW * tolerance, iterations=limit, **options)
        if not minimum.converged and minimum.torque > tolerance:
            warnings.warn(
                f"not converged: |m x H| is {minimum.torque:.3g} A/m after {minimum.iterations} iterations, "
                f"stopping_mxHxm is {tolerance:g} A/m",
                NotConvergedWarning,
                stacklevel=2,
            )
        return minimum


class RelaxDriver(MinDriver):
    """Drive a system to the minimum that lies straight downhill, as mumax3's ``relax`` does.

    The gradient alone, the motion with damping and without precession, leads into the valley; there the minimiser takes
    over. On its own that finds a minimum below the start too, but not always the same one.
    """

    def _entry(self, minimiser: Minimiser, model: Model, start: np.ndarray) -> np.ndarray:
        return minimiser.slide(start, torque=STEEPEST * model.saturation.max())


class HysteresisDriver(MinDriver):
    """Drive a system through minima at a sequence of uniform fields, each from the one before.

    A minimum is followed for as long as it is one: it is left where its lowest curvature turns negative, also where
    symmetry leaves no torque to leave it by.

    Further arguments of `drive` are either ``Hmin``, ``Hmax`` (vectors in A/m) and ``n``, for n fields from the first
    to the second and n back, or ``Hsteps``, a list of ``[Hstart, Hend, n]``. A field that ends one part and begins the
    next counts once. The field is added to those of the system; the table gives it in mT. ``leave_saddles`` is that of
    `MinDriver`.

    Parameters
    ----------
    stopping_mxHxm, total_iteration_limit
        As for `MinDriver`, at each field.
    """

    _fields: ClassVar[dict[str, Any]] = {"Hmin": None, "Hmax": None, "n": None, "Hsteps": None}
    _options: ClassVar[dict[str, Any]] = {**Driver._options, **_fields, "leave_saddles": True}
    _x = "B_hysteresis"

    def _check_arguments(self, system: mm.System, arguments: dict[str, Any]) -> None:
        super()._check_arguments(system, arguments)
        _parts(**{key: arguments[key] for key in self._fields})

    def _states(self, system: mm.System, model: Model, **arguments: Any) -> Iterator[tuple[np.ndarray, Row]]:
        observer, minimiser = Observer(model), Minimiser(model)
        m, iterations = directions(system), 0
        parts = _parts(**{key: arguments[key] for key in self._fields})
        for stage, field in enumerate(_fields(parts)):
            state = self._minimum(minimiser, m, uniform=field, leave_saddles=arguments["leave_saddles"])
            m, iterations = state.m, iterations + state.iterations
            row = observer.row(m)
            moment = model.cell_volume * (model.saturation * m).sum(axis=(1, 2, 3))
            energy = -mu_0 * float(moment @ field)
            yield (
                m,
                {
                    **row,
                    "E": row["E"] + energy,
                    "E_hysteresis": energy,
                    **flux_columns("hysteresis", field),
                    **_columns(state),
                    "iteration": iterations,
                    "stage": stage,
                },
            )


def _columns(state: Minimum) -> Row:
    return {
        "max_mxHxm": state.torque,
        "energy_calc_count": state.evaluations,
        "stage_iteration": state.iterations,
    }


def _parts(Hmin: Any, Hmax: Any, n: Any, Hsteps: Any) -> list[Sequence[Any]]:
    """Parts (start, end, points) of a sequence of fields."""
    short = [Hmin, Hmax, n]
    if (Hsteps is None) == all(value is None for value in short):
        raise ValueError("a sequence of fields is either Hmin, Hmax and n, or Hsteps")
    parts = [short, [Hmax, Hmin, n]] if Hsteps is None else list(Hsteps)
    for part in parts:
        if len(part) != 3:
            raise ValueError(f"part {part} of the sequence of fields must be (start, end, n)")
        for end in part[:2]:
            if np.shape(end) != (3,):
                raise ValueError(f"field {end} must be a vector of 3 components in A/m")
            if not np.isfinite(end).all():
                raise ValueError(f"field {end} must have finite components, A/m")
        if not isinstance(part[2], Integral) or part[2] < 2:
            raise ValueError(f"n {part[2]!r} must be an integer of at least 2")
    return parts


def _fields(parts: Sequence[Sequence[Any]]) -> list[np.ndarray]:
    fields: list[np.ndarray] = []
    for begin, end, points in parts:
        line = list(np.linspace(begin, end, points))
        fields += line[1:] if fields and np.array_equal(fields[-1], line[0]) else line
    return fields
