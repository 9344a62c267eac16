"""What the values of a ubermag system have to be before an engine takes them: finite, in SI, on the system's cells."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import discretisedfield as df
import micromagneticmodel as mm
import numpy as np
import ubermagutil.typesystem as ts

from magbayes.micromag.llg.parameters import UnsupportedError

PER_METRE = {"m": 1.0, "mm": 1e3, "um": 1e6, "µm": 1e6, "μm": 1e6, "nm": 1e9, "Å": 1e10, "pm": 1e12}
"""Units of length that a mesh may have, in a metre."""

UNITS = {
    **dict.fromkeys(("A",), "J/m"),
    **dict.fromkeys(("D", "sigma", "sigma2"), "J/m^2"),
    **dict.fromkeys(("K", "K1", "K2", "B1", "B2"), "J/m^3"),
    **dict.fromkeys(("H", "m"), "A/m"),
    **dict.fromkeys(("gamma0",), "m/(A s)"),
    **dict.fromkeys(("J",), "A/m^2"),
    **dict.fromkeys(("alpha", "beta", "P", "Lambda", "eps_prime", "e_diag", "e_offdiag"), "1"),
}
"""SI unit of each parameter that a field can give; directions have none, as their length does not count."""

VELOCITY = "m/s"
"""Unit of `u` in a term of the dynamics; in a term of the energy u is a direction."""

_SPELLINGS = {
    "J/m": {"Jm-1"},
    "J/m2": {"Jm-2"},
    "J/m3": {"Jm-3"},
    "A/m": {"Am-1"},
    "A/m2": {"Am-2"},
    "m/(As)": {"m/As", "m/A/s", "mA-1s-1"},
    "m/s": {"ms-1"},
}
_PLAIN = str.maketrans({"²": "2", "³": "3", "⁻": "-", "¹": "1", **dict.fromkeys(" ^*·{}")})
_NO_UNIT = ("", "None")  # discretisedfield writes None into files as a word


def in_metres(system: mm.System) -> mm.System:
    """The system with all its meshes in metres; itself where they are.

    Raises
    ------
    UnsupportedError
        A mesh with several units, or one that is no unit of length that is known; one without the directions x, y, z.
    ValueError
        There is no magnetisation, or it has no three components.
    """
    _check_shape(system)
    m, old = _field_in_metres(system.m, "m"), [*system.energy, *system.dynamics]
    new = [_term_in_metres(term) for term in old]
    if m is system.m and all(a is b for a, b in zip(old, new, strict=True)):
        return system
    energy, dynamics = new[: len(system.energy)], new[len(system.energy) :]
    return mm.System(
        name=system.name, energy=mm.Energy(terms=energy), dynamics=mm.Dynamics(terms=dynamics), m=m, T=system.T
    )


def check(system: mm.System) -> None:
    """Refuse values of a system that are not finite, have another unit than the expected one, or lie on other cells.

    Raises
    ------
    ValueError
        A value is not finite, complex, or negative where a number may not be; the message names term, parameter and
        cell. Nothing is magnetic, or the dynamics has two terms where it can have one.
    UnsupportedError
        The unit or the mesh of a field; the message names what would be accepted.
    """
    system = in_metres(system)
    mesh = system.m.mesh
    _check_finite(system.T, "T", "K")
    _check_unit(system.m, "m", UNITS["m"])
    _check_field(system.m.array, mesh, "m")
    _check_field(system.m.norm.array, mesh, "the norm of m")
    filled = system.m.norm.array[..., 0] > 0
    if not filled.any():
        raise ValueError("m is 0 in every cell: there is no magnetic material")
    for term in (*system.energy, *system.dynamics):
        for key, value in _parameters(term):
            owner = _owner(term, key)
            unit = VELOCITY if key == "u" and isinstance(term, mm.DynamicsTerm) else UNITS.get(key)
            if _is_field(value):
                if unit is not None:
                    _check_unit(value, owner, unit)
                values = _on_cells(mesh, value, owner)
                _check_field(values, mesh, owner)
                _check_sign(values, filled, mesh, owner, _descriptor(term, key))
            elif isinstance(value, dict):
                for region, entry in value.items():
                    _check_finite(entry, f"{owner} in the region {region!r}")
            else:
                _check_finite(value, owner)
    _check_single(system.dynamics)


def _check_shape(system: mm.System) -> None:
    if system.m is None:
        raise ValueError("the system has no magnetisation; give it one: system.m = df.Field(mesh, nvdim=3, ...)")
    region = system.m.mesh.region
    if region.ndim != 3:
        raise UnsupportedError(f"the native engine needs a mesh of 3 dimensions; this one has {region.ndim}")
    if tuple(region.dims) != ("x", "y", "z"):
        # Boundary conditions and facing surfaces go by these names, vectors by their order.
        raise UnsupportedError(f"the directions of the mesh are called {region.dims}; accepted: ('x', 'y', 'z')")
    if system.m.nvdim != 3:
        raise ValueError(f"m has {system.m.nvdim} component(s); it must have 3")


def _check_single(dynamics: mm.Dynamics) -> None:
    for kind in (mm.Precession, mm.Damping):
        names = [term.name for term in dynamics.get(type=kind)]
        if len(names) > 1:
            raise ValueError(f"the dynamics has the terms {names}, all {kind.__name__}; accepted: one of them")


def _descriptor(term: Any, key: str) -> Any:
    """What ubermag allows of a number or vector in a parameter, which it does not ask of a field."""
    owner = next((vars(cls)[key] for cls in type(term).__mro__ if key in vars(cls)), None)
    return getattr(owner, "descriptor", owner)


def _check_sign(values: np.ndarray, filled: np.ndarray, mesh: df.Mesh, owner: str, descriptor: Any) -> None:
    """Refuse values (nx, ny, nz, 1) in magnetic cells that ubermag would refuse as a number."""
    positive = getattr(descriptor, "positive", False)
    if not positive and not getattr(descriptor, "unsigned", False):
        return
    wrong = filled & ((values[..., 0] <= 0) if positive else (values[..., 0] < 0))
    if wrong.any():
        index = tuple(int(i) for i in np.argwhere(wrong)[0])
        raise ValueError(
            f"{owner} is {values[index][0]:g} in cell {index}: it must {'be above 0' if positive else 'not be below 0'}"
        )


def _parameters(term: Any) -> Iterator[tuple[str, Any]]:
    """Parameters that are set; one that never was still iterates, as the descriptor of its type."""
    return ((key, value) for key, value in term if not isinstance(value, ts.Descriptor))


def _owner(term: Any, key: str) -> str:
    return f"{key!r} of the term {term.name!r}"


def _term_in_metres(term: Any) -> Any:
    values = dict(_parameters(term))
    fields = {key: _field_in_metres(value, _owner(term, key)) for key, value in values.items() if _is_field(value)}
    if all(field is values[key] for key, field in fields.items()):
        return term
    return type(term)(**(values | fields), name=term.name)


def _is_field(value: Any) -> bool:
    return isinstance(value, df.Field)


def _field_in_metres(field: df.Field, owner: str) -> df.Field:
    mesh, units = field.mesh, set(field.mesh.region.units)
    unit = units.pop()
    if units or (unit not in PER_METRE and unit not in _NO_UNIT):
        raise UnsupportedError(
            f"the mesh of {owner} has the units {mesh.region.units}; accepted: one of {', '.join(PER_METRE)} for all "
            "directions"
        )
    if (per_metre := PER_METRE.get(unit, 1.0)) == 1:
        return field

    def scaled(region: df.Region) -> df.Region:
        # Divided, not multiplied: 5 / 1e9 is 5e-9 to the last bit.
        return df.Region(p1=region.pmin / per_metre, p2=region.pmax / per_metre, dims=region.dims)

    subregions = {name: scaled(region) for name, region in mesh.subregions.items()}
    metres = df.Mesh(region=scaled(mesh.region), n=mesh.n, bc=mesh.bc, subregions=subregions)
    return df.Field(metres, nvdim=field.nvdim, value=field.array, unit=field.unit, valid=field.valid)


def _check_unit(field: df.Field, owner: str, expected: str) -> None:
    unit = field.unit
    if unit is None or unit in _NO_UNIT:
        return
    plain = expected.translate(_PLAIN)
    if unit.translate(_PLAIN) not in {plain, *_SPELLINGS.get(plain, ())}:
        raise UnsupportedError(
            f"{owner} has the unit {unit!r}; accepted: {expected!r} or none (convert the values, then set field.unit)"
        )


def _on_cells(mesh: df.Mesh, field: df.Field, owner: str) -> np.ndarray:
    """Values (nx, ny, nz, components) of a field on the mesh, whose cells have to be among its own.

    discretisedfield would take the nearest cell in silence, whatever lies between.
    """
    own = field.mesh
    offset = (mesh.region.pmin - own.region.pmin) / own.cell if own.region.ndim == mesh.region.ndim else np.nan
    first = np.round(offset)
    # A thousandth of a cell: far above the rounding of coordinates, far below what would be another point.
    same = np.allclose(own.cell, mesh.cell, rtol=1e-3 / max(mesh.n), atol=0) and np.allclose(offset, first, atol=1e-3)
    if not same or (first < 0).any() or (first + mesh.n > own.n).any():
        raise UnsupportedError(
            f"{owner} lies on {_cells(own)}, m on {_cells(mesh)}; accepted: a field that has the cells of m (take "
            f"df.Field(system.m.mesh, nvdim={field.nvdim}, value=field) to have the nearest values)"
        )
    return field.array[tuple(slice(int(start), int(start) + count) for start, count in zip(first, mesh.n, strict=True))]


def _cells(mesh: df.Mesh) -> str:
    edges = " x ".join(f"{edge:.4g}" for edge in mesh.cell)
    corner = ", ".join(f"{value:.4g}" for value in mesh.region.pmin)
    return f"{' x '.join(map(str, mesh.n))} cells of {edges} m from ({corner}) m"


def _check_finite(value: Any, owner: str, unit: str = "") -> None:
    """Refuse numbers and vectors that are not finite; what holds no numbers passes."""
    numbers = np.asarray(value)
    if numbers.dtype.kind in "fiuc" and not np.isfinite(numbers).all():
        raise ValueError(f"{owner} is {value}{unit and ' ' + unit}: it must be finite")


def _check_field(values: np.ndarray, mesh: df.Mesh, owner: str) -> None:
    """Refuse values (nx, ny, nz, components) that are not finite, by the first cell that has one, or complex."""
    if values.dtype.kind == "c":
        raise ValueError(f"{owner} is complex; it must hold real numbers (take field.real)")
    wrong = ~np.isfinite(values).all(axis=-1)
    if wrong.any():
        index = tuple(int(i) for i in np.argwhere(wrong)[0])
        point = ", ".join(f"{x:.4g}" for x in mesh.index2point(index))
        raise ValueError(
            f"{owner} is {values[index].tolist()} in cell {index}, at ({point}) m, and not finite in {wrong.sum()} of "
            f"{wrong.size} cells: it must be finite"
        )
