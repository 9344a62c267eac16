"""The evolver that a native time drive can be given."""

from __future__ import annotations

from typing import Any, ClassVar

import micromagneticmodel as mm

_METHODS = {"dop853": "DOP853", "rkf54": "RK45", "rkf54m": "RK45", "rkf54s": "RK45"}


class RungeKuttaEvolver(mm.Evolver):
    """Adaptive Runge-Kutta integration, for T = 0.

    Parameters
    ----------
    method : str
        ``"dop853"``, order 8, the default; or order 5: ``"rkf54m"``, the pair 7FM of Dormand and Prince. OOMMF's
        variants of it, ``"rkf54"`` and ``"rkf54s"`` (7FC, 7FS), give the same pair.
    absolute_step_error : float
        Error of a component of the unit vectors allowed in one step, root mean square over the mesh; 1e-6 by default.
    max_timestep : float
        s.
    """

    _allowed_attributes: ClassVar[list[str]] = ["method", "absolute_step_error", "max_timestep"]

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if getattr(self, "method", "dop853") not in _METHODS:
            raise ValueError(f"method {self.method!r} is unknown; accepted: {sorted(_METHODS)}")

    def options(self) -> dict[str, Any]:
        """Arguments for `magbayes.micromag.llg.runge_kutta.integrate`."""
        names = {"absolute_step_error": "tolerance", "max_timestep": "largest_step"}
        settings = dict(self)
        method = _METHODS[settings.pop("method", "dop853")]
        return {"method": method, **{names[key]: value for key, value in settings.items()}}
