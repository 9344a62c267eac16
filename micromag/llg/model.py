"""Translate a `micromagneticmodel.System` into the arrays that the engine integrates."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import discretisedfield as df
import micromagneticmodel as mm
import numpy as np
import ubermagutil.typesystem as ts
from scipy.constants import e as elementary_charge
from scipy.constants import hbar, k, mu_0


class UnsupportedError(NotImplementedError):
    """The engine cannot honour a term of the system; the message names the term."""


@dataclass(frozen=True)
class SpinTorque:
    """A Slonczewski torque as fields: ``beta (epsilon m x p + epsilon' p)``, with its profile in time."""

    beta: np.ndarray
    """(nz, ny, nx), A/m: hbar J / (mu0 e d Ms), d the cell's thickness as in OOMMF."""
    polarisation: np.ndarray
    """(3, nz, ny, nx), unit vectors p."""
    spin_polarisation: np.ndarray
    """(nz, ny, nx), P; the spin Hall angle for a spin-orbit torque."""
    asymmetry: np.ndarray
    """(nz, ny, nx), Lambda."""
    secondary: np.ndarray
    """(nz, ny, nx), epsilon'."""
    profile: Callable[[np.ndarray], np.ndarray]
    """Factor of J at times in s, held constant over each interval of the term's ``dt``."""


@dataclass(frozen=True)
class Model:
    """A system on a grid, in float64 and SI units; grids are (nz, ny, nx), so that x is contiguous."""

    cell: tuple[float, float, float]
    """Edges along x, y, z, m."""
    mask: np.ndarray
    """(nz, ny, nx), true where there is magnetic material."""
    saturation: np.ndarray
    """(nz, ny, nx), Ms in A/m, 0 outside."""
    damping: np.ndarray
    """(nz, ny, nx), Gilbert damping."""
    gamma0: float
    """mu0 times the gyromagnetic ratio, m/(A s)."""
    temperature: float
    """K."""
    applied: np.ndarray
    """(3, nz, ny, nx), A/m."""
    exchange: float = 0.0
    """A in J/m."""
    dmi: float = 0.0
    """Interfacial D in J/m^2 (crystal class Cnv with the symmetry axis z)."""
    demag: bool = False
    anisotropies: tuple[tuple[np.ndarray, np.ndarray], ...] = ()
    """Pairs of K (nz, ny, nx) in J/m^3 and unit axis (3, nz, ny, nx)."""
    torques: tuple[SpinTorque, ...] = ()

    @property
    def shape(self) -> tuple[int, int, int]:
        """Grid shape (nz, ny, nx)."""
        return self.mask.shape

    @property
    def cell_volume(self) -> float:
        """Volume of a cell in m^3."""
        return float(np.prod(self.cell))

    @property
    def fastest_precession(self) -> float:
        """Bound on the angular frequency of any spin wave that the mesh carries, rad/s.

        Every linear term is bounded by its largest field; for the exchange that is neighbours all antiparallel.
        """
        smallest_ms = self.saturation[self.mask].min()
        neighbours = [4 / d**2 for d, n in zip(self.cell, self.shape[::-1], strict=True) if n > 1]
        bound = 2 * self.exchange / (mu_0 * smallest_ms) * sum(neighbours)
        bound += sum(4 * abs(self.dmi) / (mu_0 * smallest_ms * d) for d in self.cell[:2])
        bound += self.demag * self.saturation.max()
        bound += sum(2 * np.abs(strength).max() / (mu_0 * smallest_ms) for strength, _ in self.anisotropies)
        bound += np.linalg.norm(self.applied, axis=0).max()
        bound += sum(np.abs(torque.beta).max() for torque in self.torques)
        return float(self.gamma0 * bound)

    @property
    def fastest_diffusion(self) -> float:
        """Largest rate at which thermal noise alone turns a cell's spin, rad^2/s for each axis."""
        return float(np.max(self.gamma0 * self.thermal_field(1.0)) ** 2)

    def thermal_field(self, time_step: float) -> np.ndarray:
        """Standard deviation of each component of the thermal field, (nz, ny, nx) in A/m.

        W. F. Brown, Phys. Rev. 130, 1677 (1963); constant over a step of length `time_step` in s.
        """
        energy = mu_0 * np.where(self.mask, self.saturation, 1.0) * self.cell_volume
        variance = 2 * self.damping * k * self.temperature / (self.gamma0 * energy * time_step)
        return np.where(self.mask, np.sqrt(variance), 0.0)


def to_grid(array: np.ndarray) -> np.ndarray:
    """Reorder (nx, ny, nz, components) to (components, nz, ny, nx)."""
    return np.ascontiguousarray(np.asarray(array, dtype=np.float64).transpose(3, 2, 1, 0))


def from_grid(array: np.ndarray) -> np.ndarray:
    """Reorder (..., components, nz, ny, nx) to (..., nx, ny, nz, components)."""
    return np.moveaxis(np.swapaxes(array, -1, -3), -4, -1)


def _cells(mesh: df.Mesh, value: Any, components: int) -> np.ndarray:
    """A parameter (number, per-region dictionary, field) on the grid, (components, nz, ny, nx)."""
    if isinstance(value, dict) and "default" not in value:
        value = {"default": 0.0 if components == 1 else (0.0,) * components, **value}
    return to_grid(df.Field(mesh, nvdim=components, value=value).array)


def _units(vectors: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(vectors, axis=0)
    return vectors / np.where(lengths > 0, lengths, 1.0)


def _only(term: Any, understood: Iterable[str]) -> dict[str, Any]:
    """Attributes of a term; refuses those that the engine does not know."""
    # An attribute that was never set still iterates, as the descriptor of its type.
    values = {key: value for key, value in term if not isinstance(value, ts.Descriptor)}
    unknown = sorted(set(values) - set(understood) - {"name"})
    if unknown:
        raise UnsupportedError(f"the native engine does not honour {unknown[0]!r} of the term {term.name!r}")
    return values


def _uniform(term: Any, key: str) -> float:
    value = getattr(term, key)
    if isinstance(value, dict | df.Field):
        raise UnsupportedError(f"the native engine needs {key!r} of the term {term.name!r} to be one number")
    return float(value)


def _profile(values: dict[str, Any]) -> Callable[[np.ndarray], np.ndarray]:
    if "func" not in values:
        return lambda times: np.ones_like(times)
    function, interval = values["func"], values["dt"]
    return lambda times: np.array([function(interval * round(t / interval)) for t in times], dtype=np.float64)


def _torque(term: mm.Slonczewski, mesh: df.Mesh, saturation: np.ndarray, mask: np.ndarray) -> SpinTorque:
    values = _only(term, ("J", "mp", "P", "Lambda", "eps_prime", "func", "dt"))
    current = _cells(mesh, values["J"], 1)[0]
    beta = hbar * current / (mu_0 * elementary_charge * mesh.cell[2] * np.where(mask, saturation, 1.0))
    return SpinTorque(
        beta=np.where(mask, beta, 0.0),
        polarisation=_units(_cells(mesh, values["mp"], 3)),
        spin_polarisation=_cells(mesh, values["P"], 1)[0],
        asymmetry=_cells(mesh, values["Lambda"], 1)[0],
        secondary=_cells(mesh, values.get("eps_prime", 0.0), 1)[0],
        profile=_profile(values),
    )


def translate(system: mm.System) -> Model:
    """Arrays of a system.

    Raises
    ------
    UnsupportedError
        A term of the system, or an attribute of a term, that the engine cannot honour.
    """
    mesh = system.m.mesh
    if mesh.region.ndim != 3:
        raise UnsupportedError(f"the native engine needs a mesh of 3 dimensions; this one has {mesh.region.ndim}")
    if mesh.bc:
        raise UnsupportedError(f"the native engine does not honour the boundary condition {mesh.bc!r} of the mesh")
    # The norm of a field carries the rounding of its values; equal materials must stay equal.
    saturation = np.round(to_grid(system.m.norm.array)[0], 6)
    mask = saturation > 0
    parts: dict[str, Any] = {"exchange": 0.0, "dmi": 0.0, "demag": False}
    anisotropies: list[tuple[np.ndarray, np.ndarray]] = []
    applied = np.zeros((3, *mask.shape))
    for term in system.energy:
        match term:
            case mm.Exchange():
                _only(term, ("A",))
                parts["exchange"] += _uniform(term, "A")
            case mm.UniaxialAnisotropy():
                values = _only(term, ("K", "u"))
                anisotropies.append((_cells(mesh, values["K"], 1)[0], _units(_cells(mesh, values["u"], 3))))
            case mm.Demag():
                _only(term, ())
                parts["demag"] = True
            case mm.DMI() if term.crystalclass in ("Cnv", "Cnv_z"):
                _only(term, ("D", "crystalclass"))
                parts["dmi"] += _uniform(term, "D")
            case mm.DMI():
                raise UnsupportedError(
                    f"the native engine does not honour the crystal class {term.crystalclass!r} "
                    f"of the term {term.name!r}; it knows 'Cnv_z'"
                )
            case mm.Zeeman():
                applied = applied + _cells(mesh, _only(term, ("H",))["H"], 3)
            case _:
                raise UnsupportedError(f"the native engine does not honour the energy term {term.name!r}")
    gamma0 = 0.0
    damping = np.zeros(mask.shape)
    torques: list[SpinTorque] = []
    for term in system.dynamics:
        match term:
            case mm.Precession():
                gamma0 = _uniform(term, "gamma0")
            case mm.Damping():
                damping = _cells(mesh, _only(term, ("alpha",))["alpha"], 1)[0]
            case mm.Slonczewski():
                torques.append(_torque(term, mesh, saturation, mask))
            case _:
                raise UnsupportedError(f"the native engine does not honour the dynamics term {term.name!r}")
    if gamma0 == 0.0:
        raise UnsupportedError("the native engine needs a Precession term in the system's dynamics")
    return Model(
        cell=tuple(float(edge) for edge in mesh.cell),  # type: ignore[arg-type]
        mask=mask,
        saturation=saturation,
        damping=damping,
        gamma0=gamma0,
        temperature=float(system.T),
        anisotropies=tuple(anisotropies),
        applied=applied,
        torques=tuple(torques),
        **parts,
    )
