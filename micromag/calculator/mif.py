"""The drive as OOMMF would be given it: a record for the reader of a drive folder, which nothing here reads."""

from __future__ import annotations

import contextlib
from copy import copy
from typing import Any

import micromagneticmodel as mm
import oommfc
import ubermagutil.typesystem as ts

from magbayes.micromag.calculator.evolver import NOISY, QUIET
from magbayes.micromag.llg.inputs import in_metres

_DRIVERS = {
    "TimeDriver": oommfc.TimeDriver,
    "MinDriver": oommfc.MinDriver,
    "HysteresisDriver": oommfc.HysteresisDriver,
}


def write(driver: Any, system: mm.System, ovf_format: str, arguments: dict[str, Any]) -> None:
    """Write ``<name>.mif`` into the working directory where OOMMF has an equal of the drive, as oommfc writes it.

    It has none of a `RelaxDriver`, of noise without an evolver of OOMMF, and of what oommfc does not know. Python
    functions of time are left out too, as OOMMF takes them as one list of values for all times.
    """
    evolver = getattr(driver, "evolver", None)
    known = isinstance(evolver, (*QUIET, *NOISY, oommfc.CGEvolver))
    timed = any(callable(_given(term, "func")) for term in (*system.energy, *system.dynamics))
    if type(driver).__name__ not in _DRIVERS or timed or (system.T > 0 and not known):
        return
    settings = {key: value for key, value in driver if key != "evolver"}
    if known:
        settings["evolver"] = copy(evolver)  # oommfc leaves the system's values on it
    names = {"t", "n", "Hsteps", "Hmin", "Hmax", "fixed_subregions", "output_step"}
    given = {key: value for key, value in arguments.items() if key in names and value is not None}
    case = in_metres(system)
    # What oommfc cannot write ends in whatever error its own code meets; a drive does not depend on it.
    with contextlib.suppress(Exception):
        writer = _DRIVERS[type(driver).__name__](**settings)
        writer._checkargs(given)
        writer.write_mif(case, ovf_format=ovf_format, **given)


def _given(term: Any, key: str) -> Any:
    value = getattr(term, key, None)
    return None if isinstance(value, ts.Descriptor) else value
