"""Time dependence given as Tcl, which ubermag users have for OOMMF: evaluated by the Tcl that comes with Python."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import discretisedfield as df
import micromagneticmodel as mm
import numpy as np
import ubermagutil.typesystem as ts

from magbayes.micromag.llg.model import UnsupportedError
from magbayes.micromag.llg.profiles import SCRIPT_RESOLUTION, FunctionError, Script

Procedure = Callable[[float], list[float]]


def resolve(system: mm.System) -> mm.System:
    """The system, with a Python function for every term's ``tcl_strings``.

    Raises
    ------
    UnsupportedError
        A script that the engine cannot honour, or Python has no Tcl here.
    """
    energy = mm.Energy(terms=[_resolved(term, system.m.mesh) for term in system.energy])
    dynamics = mm.Dynamics(terms=[_resolved(term, system.m.mesh) for term in system.dynamics])
    return mm.System(name=system.name, energy=energy, dynamics=dynamics, m=system.m, T=system.T)


def _resolved(term: Any, mesh: df.Mesh) -> Any:
    strings = getattr(term, "tcl_strings", None)
    if not isinstance(strings, dict):
        return term
    values = {key: value for key, value in term if not isinstance(value, ts.Descriptor)}
    del values["tcl_strings"]
    if "func" in values:
        raise UnsupportedError(f"the term {term.name!r} has both func and tcl_strings; accepted: one of them")
    procedure = _procedure(term, strings)
    if not isinstance(term, mm.Zeeman):
        return type(term)(**values, name=term.name, func=Script(_single(procedure)), dt=SCRIPT_RESOLUTION)
    if strings.get("energy") == "Oxs_ScriptUZeeman":
        values["H"] = df.Field(mesh, nvdim=3, value=(1, 1, 1))
        function = _diagonal(procedure)
    elif strings.get("energy") == "Oxs_TransformZeeman" and strings.get("type") in _MATRICES:
        values["H"] = df.Field(mesh, nvdim=3, value=values["H"])
        function = _MATRICES[strings["type"]](procedure)
    else:
        raise UnsupportedError(
            f"the native engine does not honour tcl_strings of the term {term.name!r} with "
            f"energy {strings.get('energy')!r} and type {strings.get('type')!r}"
        )
    return mm.Zeeman(**values, name=term.name, func=Script(function), dt=SCRIPT_RESOLUTION)


def _single(procedure: Procedure) -> Callable[[float], Any]:
    def factor(time: float) -> Any:
        values = procedure(time)
        return values[0] if len(values) == 1 else values

    return factor


def _diagonal(procedure: Procedure) -> Procedure:
    return lambda t: np.diag(procedure(t)[:3]).ravel().tolist()


def _symmetric(procedure: Procedure) -> Procedure:
    """OOMMF lists the upper triangle row by row."""
    return lambda t: np.take(procedure(t), [0, 1, 2, 1, 3, 4, 2, 4, 5]).tolist()


def _general(procedure: Procedure) -> Procedure:
    return lambda t: procedure(t)[:9]


_MATRICES = {"diagonal": _diagonal, "symmetric": _symmetric, "general": _general}


def _procedure(term: Any, strings: dict[str, str]) -> Procedure:
    """The Tcl procedure of a term as a function of time in s."""
    if missing := [key for key in ("script", "script_name") if key not in strings]:
        raise UnsupportedError(f"tcl_strings of the term {term.name!r} have no {missing[0]!r}")
    if strings.get("script_args", "total_time").split() != ["total_time"]:
        raise UnsupportedError(
            f"the native engine needs script_args of the term {term.name!r} to be 'total_time'; "
            f"they are {strings['script_args']!r}"
        )
    try:
        from tkinter import Tcl, TclError
    except ImportError:
        raise UnsupportedError(
            f"tcl_strings of the term {term.name!r} need Tcl, which this Python lacks (module tkinter); "
            "give the function in Python, as func with dt"
        ) from None
    interpreter = Tcl()
    try:
        interpreter.eval(strings["script"])
    except TclError as error:
        raise FunctionError(f"the script of the term {term.name!r} is no Tcl: {' '.join(str(error).split())}") from None

    def procedure(time: float) -> list[float]:
        return [float(value) for value in interpreter.eval(f"{strings['script_name']} {time!r}").split()]

    return procedure
