"""Evolvers that native drives can be given: their own, and those of oommfc, as scripts for OOMMF name them.

An evolver of OOMMF says which equation is solved, how closely, and how OOMMF gets there. The native engine takes the
first two, has its own scheme for the third, and refuses by name what it would not honour.
"""

from __future__ import annotations

import math
from typing import Any, ClassVar

import micromagneticmodel as mm
from oommfc import (
    CGEvolver,
    EulerEvolver,
    SpinTEvolver,
    SpinXferEvolver,
    UHH_ThetaEvolver,
    Xf_ThermHeunEvolver,
    Xf_ThermSpinXferEvolver,
)
from oommfc import RungeKuttaEvolver as OommfRungeKuttaEvolver

from magbayes.micromag.llg.model import UnsupportedError
from magbayes.micromag.llg.runge_kutta import TOLERANCE

_METHODS_OF_OOMMF = ("rk2", "rk2heun", "rk4", "rkf54", "rkf54m", "rkf54s")
_METHODS = {"dop853": "DOP853", **dict.fromkeys(_METHODS_OF_OOMMF, "RK45")}

_STEPPING = {
    *("min_timestep", "start_dm", "start_dt", "stage_start", "energy_precision", "energy_slack", "error_precisison"),
    *("step_headroom", "min_step_headroom", "max_step_headroom", "reject_goal", "allow_signed_gamma"),
}
"""How OOMMF finds its step within the tolerance; the native engine finds its own."""


class RungeKuttaEvolver(mm.Evolver):
    """Adaptive Runge-Kutta integration, for T = 0.

    Parameters
    ----------
    method : str
        ``"dop853"``, order 8, the default; or order 5: ``"rkf54m"``, the pair 7FM of Dormand and Prince. OOMMF's
        variants of it, ``"rkf54"`` and ``"rkf54s"`` (7FC, 7FS), and its methods of lower order give the same pair.
    absolute_step_error : float
        Error of a component of the unit vectors allowed in one step, root mean square over the mesh; 1e-6 by default.
        It is not in degrees, as that of `oommfc.RungeKuttaEvolver`, which can be given in this one's place.
    max_timestep : float
        s.
    min_timestep, start_dm, start_dt, ... : float
        Taken for the sake of scripts for oommfc: how OOMMF finds its step within the tolerance.
    """

    _allowed_attributes: ClassVar[list[str]] = ["method", "absolute_step_error", "max_timestep", *sorted(_STEPPING)]

    def __init__(self, **kwargs: Any) -> None:
        if unknown := sorted(kwargs.keys() - {*self._allowed_attributes, "name"}):
            raise AttributeError(f"RungeKuttaEvolver takes no {unknown[0]!r}; accepted: {self._allowed_attributes}")
        super().__init__(**kwargs)
        if getattr(self, "method", "dop853") not in _METHODS:
            raise ValueError(f"method {self.method!r} is unknown; accepted: {sorted(_METHODS)}")

    def options(self) -> dict[str, Any]:
        """Arguments for `magbayes.micromag.llg.runge_kutta.integrate`."""
        names = {"absolute_step_error": "tolerance", "max_timestep": "largest_step"}
        settings = dict(self)
        method = _METHODS[settings.pop("method", "dop853")]
        return {"method": method, **{names[key]: value for key, value in settings.items() if key in names}}


QUIET = (OommfRungeKuttaEvolver, EulerEvolver, SpinTEvolver, SpinXferEvolver)
"""oommfc's evolvers for T = 0."""

NOISY = (UHH_ThetaEvolver, Xf_ThermHeunEvolver, Xf_ThermSpinXferEvolver)
"""oommfc's evolvers for T > 0; without temperature they solve the same equation without noise."""

_OF_SYSTEM = {
    *("alpha", "gamma_G", "gamma_LL", "temperature", "u", "beta", "J", "mp", "P", "Lambda", "eps_prime"),
}
"""oommfc writes the system's own values over these before a drive, and leaves them on the evolver."""

_SEARCH = {
    *("method", "gradient_reset_angle", "gradient_reset_count", "minimum_bracket_step", "maximum_bracket_step"),
    *("line_minimum_angle_precision", "line_minimum_relwidth", "energy_precision"),
}
"""How OOMMF's conjugate gradients search; the minimum is that of the energy, to stopping_mxHxm."""


def solver_options(evolver: Any, system: mm.System) -> dict[str, Any]:
    """Arguments for `magbayes.micromag.llg.runge_kutta.integrate` from any evolver of time.

    Methods of lower order than 5 are replaced with the pair of order 5; a step may be off by OOMMF's tolerance (which
    is in degrees) or the native one, whichever is less.

    Raises
    ------
    TypeError
        It is no evolver of time.
    UnsupportedError
        One of its attributes that the engine does not honour.
    """
    if isinstance(evolver, RungeKuttaEvolver):
        return evolver.options()
    settings = _honoured(evolver, system, {"method", "absolute_step_error", "max_timestep", "fixed_timestep"})
    steps = [float(settings[key]) for key in ("max_timestep", "fixed_timestep") if key in settings]
    error = math.radians(float(settings.get("absolute_step_error", math.inf)))
    return {
        "method": "RK45",
        # OOMMF takes 0 for no limit of this kind.
        "tolerance": min(TOLERANCE, error) if error > 0 else TOLERANCE,
        "largest_step": min(steps, default=math.inf),
    }


def noise_options(evolver: Any, system: mm.System) -> dict[str, Any]:
    """Arguments ``seed`` and ``time_step`` of a drive, where an evolver for T > 0 has them.

    Raises
    ------
    TypeError
        It is no evolver for T > 0.
    UnsupportedError
        One of its attributes that the engine does not honour.
    """
    if not isinstance(evolver, NOISY):
        raise TypeError(
            f"evolver {type(evolver).__name__} is for T = 0, and T is {system.T:g} K; accepted: none, or "
            f"{_names(NOISY)}"
        )
    names = {"uniform_seed": "seed", "fixed_timestep": "time_step", "max_timestep": "time_step"}
    settings = _honoured(evolver, system, {*names, "method"})
    return {name: settings[key] for key, name in names.items() if key in settings}


def check_minimiser(evolver: Any) -> None:
    """Refuse what is no `CGEvolver`, or has an attribute that the engine does not honour.

    Raises
    ------
    TypeError, UnsupportedError
        As for `solver_options`.
    """
    if not isinstance(evolver, CGEvolver):
        raise TypeError(f"evolver {type(evolver).__name__} does not minimise; accepted: none, or CGEvolver")
    _refuse_others(evolver, _SEARCH)


def _honoured(evolver: Any, system: mm.System, honoured: set[str]) -> dict[str, Any]:
    if not isinstance(evolver, QUIET + NOISY):
        raise TypeError(
            f"evolver {type(evolver).__name__} does not drive in time; accepted: none, or {_names(QUIET + NOISY)}"
        )
    settings = dict(evolver)
    accepted = honoured | _STEPPING | _OF_SYSTEM
    # An evolver that was used without precession keeps do_precess 0, which says what the system does.
    if bool(settings.get("do_precess", True)) == bool(system.dynamics.get(type=mm.Precession)):
        accepted |= {"do_precess"}
    if not settings.get("ito_calculus"):
        accepted |= {"ito_calculus"}
    if system.T == 0:
        accepted |= {"uniform_seed"}
    _refuse_others(evolver, accepted)
    method = settings.get("method", "rkf54")
    if method not in _METHODS_OF_OOMMF:
        raise UnsupportedError(
            f"the native engine does not know the method {method!r} of {type(evolver).__name__}; accepted: "
            f"{sorted(_METHODS_OF_OOMMF)}"
        )
    return settings


def _refuse_others(evolver: Any, accepted: set[str]) -> None:
    for key, value in evolver:
        if key not in accepted:
            own = sorted(accepted.intersection(evolver._allowed_attributes) - _OF_SYSTEM)
            hint = " (name the subregions in drive, fixed_subregions=[...])" if key == "fixed_spins" else ""
            raise UnsupportedError(
                f"the native engine does not honour {key} {value!r} of {type(evolver).__name__}{hint}; accepted: {own}"
            )


def _names(classes: tuple[type, ...]) -> str:
    return ", ".join(dict.fromkeys(cls.__name__ for cls in classes))
