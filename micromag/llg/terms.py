"""Translates each term of a `micromagneticmodel.System`; refuses by name what the engine cannot honour."""

from __future__ import annotations

from numbers import Real
from typing import Any

import micromagneticmodel as mm
import numpy as np
from discretisedfield import Mesh
from scipy.constants import e as elementary_charge
from scipy.constants import hbar
from scipy.spatial import KDTree

from magbayes.micromag.llg.anisotropy import CubicAnisotropy, QuarticAnisotropy, StrainAnisotropy, UniaxialAnisotropy
from magbayes.micromag.llg.demag import Demag
from magbayes.micromag.llg.dmi import DMI
from magbayes.micromag.llg.exchange import Exchange
from magbayes.micromag.llg.grid import Grid, Term
from magbayes.micromag.llg.parameters import UnsupportedError, attributes, cells, pairs, regions, scalars, units
from magbayes.micromag.llg.profiles import FunctionError, Profile, profile, wave
from magbayes.micromag.llg.rkky import BilinearCoupling, BiquadraticCoupling
from magbayes.micromag.llg.torques import Slonczewski, ZhangLi
from magbayes.micromag.llg.zeeman import Zeeman


def energy_terms(term: mm.EnergyTerm, mesh: Mesh, grid: Grid) -> list[Term]:
    """Terms of the engine, all of one name, that make up a term of the energy other than `mm.Zeeman`."""
    name = term.name
    match term:
        case mm.Exchange():
            return [Exchange(name, pairs(mesh, attributes(term, ("A",))["A"]))]
        case mm.DMI():
            values = attributes(term, ("D", "crystalclass"))
            if not isinstance(values["D"], dict | Real):
                raise UnsupportedError(
                    f"the native engine needs 'D' of the term {name!r} to be a number or a dictionary by region: "
                    "a field does not say what a pair of different cells has"
                )
            return [DMI(name, pairs(mesh, values["D"]), values["crystalclass"])]
        case mm.UniaxialAnisotropy():
            values = attributes(term, ("K", "K1", "K2", "u"))
            axis = units(cells(mesh, values["u"], 3))
            strength = scalars(mesh, values["K"] if "K" in values else values["K1"])
            quartic = scalars(mesh, values.get("K2", 0.0))
            _require_direction(name, "u", axis, grid, (strength != 0) | (quartic != 0))
            first = UniaxialAnisotropy(name, strength, axis)
            return [first, QuarticAnisotropy(name, quartic, axis)] if "K2" in values else [first]
        case mm.CubicAnisotropy():
            values = attributes(term, ("K", "u1", "u2"))
            u1, u2 = (units(cells(mesh, values[key], 3)) for key in ("u1", "u2"))
            if np.abs((u1 * u2).sum(axis=0)).max() > 1e-12:
                raise UnsupportedError(f"'u1' and 'u2' of the term {name!r} have to be perpendicular to each other")
            axes, strength = np.stack([u1, u2, np.cross(u1, u2, axis=0)]), scalars(mesh, values["K"])
            for key, axis in (("u1", u1), ("u2", u2)):
                _require_direction(name, key, axis, grid, strength != 0)
            return [CubicAnisotropy(name, strength, axes)]
        case mm.MagnetoElastic():
            values = attributes(term, ("B1", "B2", "e_diag", "e_offdiag"))
            diagonal = scalars(mesh, values["B1"]) * cells(mesh, values["e_diag"], 3)
            yz, xz, xy = scalars(mesh, values["B2"]) * cells(mesh, values["e_offdiag"], 3)
            xx, yy, zz = diagonal
            return [StrainAnisotropy(name, np.array([[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]]))]
        case mm.Demag():
            attributes(term, ("asymptotic_radius",))  # OOMMF's shortcut for far cells; here all are exact
            if all(grid.periodic):
                raise UnsupportedError(f"the term {name!r} has no unique value in a system periodic along x, y and z")
            return [Demag(name)]
        case mm.RKKY():
            return _surface_exchange(term, mesh, grid)
    raise UnsupportedError(f"the native engine does not honour the energy term {name!r}")


def _require_direction(name: str, key: str, vectors: np.ndarray, grid: Grid, needed: np.ndarray) -> None:
    """Refuse unit vectors (3, nz, ny, nx) that are zero in a magnetic cell where they count."""
    wrong = grid.mask & needed & ~vectors.any(axis=0)
    if wrong.any():
        z, y, x = (int(i) for i in np.argwhere(wrong)[0])
        raise UnsupportedError(f"{key!r} of the term {name!r} is (0, 0, 0) in cell {(x, y, z)}: it must be a direction")


def _surface_exchange(term: mm.RKKY, mesh: Mesh, grid: Grid) -> list[Term]:
    values = attributes(term, ("sigma", "sigma2", "subregions"))
    if unknown := [name for name in values["subregions"] if name not in mesh.subregions]:
        there = sorted(mesh.subregions)
        raise UnsupportedError(f"the term {term.name!r} names the subregion {unknown[0]!r}; the mesh has: {there}")
    one, other = (mesh.subregions[name] for name in values["subregions"])
    try:
        direction, below, above = one.facing_surface(other)
    except ValueError:
        raise UnsupportedError(
            f"the subregions of the term {term.name!r} have to lie on two sides of a plane; they are {one} and {other}"
        ) from None
    axis = "xyz".index(direction)
    index, names = regions(mesh), list(mesh.subregions)
    layers = []
    for region, edge in ((below, -1), (above, 0)):
        number = next(i for i, name in enumerate(names) if mesh.subregions[name] == region)
        layer = np.zeros(mesh.n, dtype=bool)
        rows = list(mesh.region2slices(region))
        last = range(mesh.n[axis])[rows[axis]][edge]
        rows[axis] = slice(last, last + 1)
        layer[tuple(rows)] = True
        layers.append(np.flatnonzero(layer.transpose(2, 1, 0) & (index == number)))
    period = np.where(grid.periodic, np.multiply(mesh.n, mesh.cell), 0.0)
    centres = [np.stack(np.unravel_index(layer, grid.shape)[::-1], axis=-1) * mesh.cell for layer in layers]
    distance, nearest = KDTree(centres[1], boxsize=period).query(centres[0])
    first, second = layers[0].astype(np.int32), layers[1][nearest].astype(np.int32)
    away = np.abs(centres[0] - centres[1][nearest])
    thickness = np.minimum(away, np.abs(period - away)) @ mesh.cell / distance
    filled = grid.mask.flat[first] & grid.mask.flat[second]
    parts = {"sigma": BilinearCoupling, "sigma2": BiquadraticCoupling}
    return [
        part(term.name, first[filled], second[filled], values[key] / thickness[filled])
        for key, part in parts.items()
        if key in values
    ]


def zeeman(term: mm.Zeeman, mesh: Mesh) -> Zeeman:
    """An applied field, with its factors in time."""
    values = attributes(term, ("H", "wave", "func", "f", "t0", "dt"))
    field = cells(mesh, values["H"], 3)
    function = values.get("func", values.get("wave"))
    if function is None:
        return Zeeman(term.name, field[None])
    if isinstance(function, str):
        _require(term, values, function, "f", "t0")
        return Zeeman(term.name, field[None], wave(term.name, function, values["f"], values["t0"]))
    factors = _profile(term, values, matrix=True)
    if factors(np.zeros(1)).shape[1] == 1:
        return Zeeman(term.name, field[None], factors)
    # A list of nine holds the rows of a matrix that acts on H.
    patterns = np.einsum("ic,j...->ijc...", np.eye(3), field).reshape(9, 3, *field.shape[1:])
    return Zeeman(term.name, patterns, factors)


def torque(term: mm.DynamicsTerm, mesh: Mesh, grid: Grid, gamma0: float | np.ndarray) -> Slonczewski | ZhangLi:
    """A spin torque."""
    match term:
        case mm.Slonczewski():
            values = attributes(term, ("J", "mp", "P", "Lambda", "eps_prime", "func", "dt"))
            current, mp = scalars(mesh, values["J"]), units(cells(mesh, values["mp"], 3))
            _require_direction(term.name, "mp", mp, grid, current != 0)
            return Slonczewski(
                name=term.name,
                beta=hbar / (elementary_charge * mesh.cell[2]) * current * grid.field_per_energy,
                mp=mp,
                P=scalars(mesh, values["P"]),
                Lambda=scalars(mesh, values["Lambda"], default=1.0),
                eps_prime=scalars(mesh, values.get("eps_prime", 0.0)),
                profile=_profile(term, values) if "func" in values else None,
            )
        case mm.ZhangLi():
            values = attributes(term, ("u", "beta", "func", "dt"))
            return ZhangLi(
                name=term.name,
                velocity=_drift_velocity(mesh, values["u"]),
                nonadiabaticity=float(values["beta"]),
                gamma0=np.broadcast_to(gamma0, grid.shape),
                profile=_profile(term, values) if "func" in values else None,
            )
    raise UnsupportedError(f"the native engine does not honour the dynamics term {term.name!r}")


def _profile(term: Any, values: dict[str, Any], matrix: bool = False) -> Profile:
    _require(term, values, "a function", "dt")
    return profile(term.name, values["func"], values["dt"], matrix)


def _require(term: Any, values: dict[str, Any], function: str, *keys: str) -> None:
    if missing := [key for key in keys if key not in values]:
        raise FunctionError(f"the term {term.name!r} has func {function!r} and no {missing[0]!r}")


def _drift_velocity(mesh: Mesh, value: Any) -> np.ndarray:
    """Vectors (3, nz, ny, nx); one number means the direction x."""
    sample = next(iter(value.values())) if isinstance(value, dict) else value
    if getattr(sample, "nvdim", np.size(sample)) == 3:
        return cells(mesh, value, 3)
    along = scalars(mesh, value)
    return np.stack([along, np.zeros_like(along), np.zeros_like(along)])
