"""Energy, energy density and effective field of a system as it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import discretisedfield as df
import jax.numpy as jnp
import micromagneticmodel as mm
import numpy as np
from jax import Array

from magbayes.micromag.calculator import tables, tcl
from magbayes.micromag.calculator.driver import FORMATS, Driver
from magbayes.micromag.calculator.observer import Observer
from magbayes.micromag.llg import inputs
from magbayes.micromag.llg.fields import densities, effective_field
from magbayes.micromag.llg.model import Model, from_grid, to_grid, translate
from magbayes.micromag.llg.program import share


def compute(
    func: Callable[..., Any],
    system: mm.System,
    /,
    dirname: str = ".",
    append: bool = True,
    n_threads: int | None = None,
    runner: None = None,
    ovf_format: str = "bin8",
    verbose: int = 1,
) -> float | df.Field:
    """Compute a property of an energy term, or of the energy as a whole, at time 0.

    Parameters
    ----------
    func
        ``energy``, ``density`` or ``effective_field`` of a term of `system.energy` or of `system.energy`.
    system
        The system; it is not changed, and its temperature plays no part.
    dirname, append, ovf_format
        As for `Driver.drive`; the result is also in the folder ``compute-<number>``.
    n_threads, runner, verbose
        Taken for the sake of scripts for oommfc.

    Returns
    -------
    float or discretisedfield.Field
        Energy in J, energy density in J/m^3 or field in A/m.

    Raises
    ------
    ValueError
        `func` is something else, or a value of the system is not finite.
    """
    prop, owner = getattr(func, "__name__", None), getattr(func, "__self__", None)
    if prop not in ("energy", *_FIELDS) or not isinstance(owner, mm.Energy | mm.EnergyTerm):
        raise ValueError(f"{func} cannot be computed; accepted: energy, density, effective_field of an energy")
    if ovf_format not in FORMATS:
        raise ValueError(f"ovf_format {ovf_format!r} is unknown; accepted: {FORMATS}")
    inputs.check(system)
    folder = Driver._setup_working_directory(system=system, dirname=dirname, mode="compute", append=append)
    system.compute_number += 1
    system.m.to_file(folder / "m0.omf", representation=ovf_format)
    model, m = translate(tcl.resolve(system)), to_grid(system.m.orientation.array)
    name = "total"
    if isinstance(owner, mm.EnergyTerm):
        name = owner.name
        model = replace(
            model,
            terms=tuple(term for term in model.terms if term.name == name),
            zeeman=tuple(term for term in model.zeeman if term.name == name),
        )
    if prop == "energy":
        energy = Observer(model).row(m)["E"]
        tables.write(folder / f"{system.name}.odt", [{"E" if name == "total" else f"E_{name}": energy}])
        return energy
    unit, function = _FIELDS[prop]
    model = replace(model, torques=())
    factors = model.factors(np.zeros(1))[0]
    values = share(function(model), m, factors)(m, factors)
    components = from_grid(values.reshape(-1, *model.shape))
    field = df.Field(system.m.mesh, nvdim=components.shape[-1], value=components, unit=unit)
    field.to_file(folder / f"{system.name}-{name}-{prop}.ovf", representation=ovf_format)
    return field


def _field(model: Model) -> Callable[[Array, Array], Array]:
    field = effective_field(model)
    return lambda m, factors: field(m, factors) * model.mask


def _density(model: Model) -> Callable[[Array, Array], Array]:
    return lambda m, factors: sum(densities(model, m, factors).values(), jnp.zeros(model.shape))


_FIELDS = {"density": ("J/m^3", _density), "effective_field": ("A/m", _field)}
