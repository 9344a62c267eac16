"""Raw ensembles on disk: what one bias point of a protocol produced, before any fit.

=====================  =========================  =====  ==================================================
dataset                shape                      unit   meaning
=====================  =========================  =====  ==================================================
time                   (samples,)                 s      sample times
magnetisation          (groups, replicas,         1      mean over Ms, of what is under the reference
                       samples, 3)
snapshot               (groups, nx, ny, nz, 3)    1      final state of the first replica of each group
cell                   (3,)                       m      edges of a cell
bias/*                 scalar or (groups,)        SI     what was applied
device/*               scalar                     SI     what a fit must know of the device; `in_plane_symmetric`
                                                         is 1 where m_x and m_y have one distribution
wall_position          (groups, replicas)         m      domain-wall devices: x of the wall at the end
weight                 (replicas,)                1      share of each trajectory in an average over equilibrium;
                                                         without it all count alike
draws/magnetisation    (chains, draws, 3)         1      mean over Ms, in states drawn from equilibrium
draws/energy/*         (chains, draws)            J      energy of each term in these states, by the term's name
draws/coefficient/*    scalar                     SI     what the energy of the term is proportional to
=====================  =========================  =====  ==================================================

A group is an ensemble of its own: one for the stochastic MTJ, one for each starting notch of the other. Where there are
draws, trajectories started from equilibrium, too: one from each chain, and after them others, some of which were led
through states of a softer device; these count by their weights only (`magbayes.micromag.protocols.passages`).

How devices of one kind differ, and the barriers between notches, are in files of their own, whose datasets `VARIATION`
and `RETENTION` list.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from magbayes.data import container
from magbayes.data.container import Form, Quantity

KIND = "magbayes ensemble"
VERSION = 5

COEFFICIENTS = {"exchange": "J/m", "uniaxialanisotropy": "J/m^3", "demag": "A^2/m^2"}
"""Terms of the energy of a stochastic MTJ, and the unit of what each is proportional to: A, K and Ms squared."""

GATED = "uniaxialanisotropy"
"""The one that a gate voltage sets."""

PULSED_NOTCHES = 4
"""Notches of the track on which a pulse is simulated, from its second one on, or all of fewer.

A wall that goes beyond the last of them counts as at the notch after it."""

_SHARED: dict[str, Form] = {
    "time": Form("s", ("samples",)),
    "magnetisation": Form("1", ("groups", "replicas", "samples", "3")),
    "snapshot": Form("1", ("groups", "nx", "ny", "nz", "3")),
    "cell": Form("m", ("3",)),
}
_NEEDED: dict[str, dict[str, Form]] = {
    "stochastic_mtj": {
        "bias/voltage": Form("V", ()),
        "bias/temperature": Form("K", ()),
        "device/perpendicular_conductance": Form("S", ()),
        "device/polarisation_squared": Form("1", ()),
        "device/macrospin_barrier": Form("J", ()),
        "device/area": Form("m^2", ()),
        "device/read_lever": Form("1", ()),
        "device/gate_capacitance": Form("F", ()),
        "device/gate_conductance": Form("S", ()),
        "device/in_plane_symmetric": Form("1", ()),
    },
    "domain_wall_mtj": {
        "bias/start_notch": Form("1", ("groups",)),
        "bias/temperature": Form("K", ()),
        "device/perpendicular_conductance": Form("S", ()),
        "device/polarisation_squared": Form("1", ()),
        "device/notch_positions": Form("m", ("notches",)),
        "device/metal_resistance": Form("Ohm", ()),
        "device/metal_cross_section": Form("m^2", ()),
        "wall_position": Form("m", ("groups", "replicas")),
    },
}
_OPTIONAL: dict[str, Form] = {
    "bias/current_density": Form("A/m^2", ()),
    "bias/direction": Form("1", ("groups",)),
    "bias/pulse_width": Form("s", ()),
    "bias/peak_temperature": Form("K", ()),
    "weight": Form("1", ("replicas",)),
    "draws/magnetisation": Form("1", ("chains", "draws", "3")),
    **{f"draws/energy/{term}": Form("J", ("chains", "draws")) for term in COEFFICIENTS},
    **{f"draws/coefficient/{term}": Form(unit, ()) for term, unit in COEFFICIENTS.items()},
}
"""Forms of the datasets of any ensemble, of those of a type of device, and of what some have."""

VARIATION_KIND = "magbayes variation"
VARIATION_VERSION = 1
VARIATION = {
    "stochastic_mtj": {
        "anisotropy_offset": (Form("V", ()), "gate voltage that acts as one standard deviation of the anisotropy does"),
        "diameter_spread": (Form("1", ()), "relative standard deviation of the diameter"),
        "voltage": (Form("V", ("voltages",)), "gate voltages at which the diameter was changed"),
        "diameter_response": (Form("1", ("voltages",)), "d ln std(m.p) / d ln diameter at each voltage"),
        "diameter_response_error": (Form("1", ("voltages",)), "standard error of diameter_response"),
    },
    "domain_wall_mtj": {
        "level": (Form("1", ("tracks", "notches")), "mean m_z under the reference layer: track, notch"),
        "level_error": (Form("1", ("tracks", "notches")), "standard error of level"),
    },
}
"""Form and meaning of every dataset of a file of variations, by type of device."""

RETENTION_KIND, RETENTION_VERSION = "magbayes retention", 1
RETENTION = {
    "temperature": (Form("K", ("temperatures",)), "temperature of the track, rising"),
    "barrier": (Form("J", ("temperatures",)), "energy of the saddle between two notches over that of a wall at one"),
    "barrier_spread": (Form("J", ("temperatures",)), "standard deviation of the barrier between devices"),
    "attempt_rate": (Form("1/s", ("temperatures",)), "rate to one neighbour, without the exponential of the barrier"),
    "converged": (Form("1", ("temperatures",)), "1 where path and saddle meet their tolerances"),
    "coordinate": (Form("rad", ("temperatures", "images")), "length of the path up to each of its states"),
    "path_energy": (Form("J", ("temperatures", "images")), "energy along the path over that of its start"),
}
"""Form and meaning of every dataset of a file of barriers."""


@dataclass(frozen=True)
class Draws:
    """States of one system drawn from equilibrium, in chains that are independent of each other.

    Attributes
    ----------
    magnetisation
        (chains, draws, 3), mean over Ms.
    energies
        (chains, draws) in J of each term of `COEFFICIENTS`.
    coefficients
        What each of them is proportional to.
    """

    magnetisation: np.ndarray
    energies: Mapping[str, np.ndarray]
    coefficients: Mapping[str, float]


@dataclass(frozen=True)
class RawEnsemble:
    """Contents of a raw file; see the module for shapes and units."""

    device_type: str
    time: np.ndarray
    magnetisation: np.ndarray
    snapshot: np.ndarray
    cell: np.ndarray
    bias: Mapping[str, Quantity]
    device: Mapping[str, Quantity]
    further: Mapping[str, Quantity] = field(default_factory=dict)
    provenance: Mapping[str, Any] = field(default_factory=dict)
    draws: Draws | None = None
    weights: np.ndarray | None = None

    @property
    def own(self) -> int:
        """Replicas whose start was the device's own: these count alike."""
        return self.magnetisation.shape[1] if self.draws is None else len(self.draws.magnetisation)

    @property
    def equilibrium(self) -> np.ndarray:
        """States that tell widths, m over Ms (chains, states, 3): the draws, else the first group's record."""
        return self.magnetisation[0] if self.draws is None else self.draws.magnetisation

    @property
    def in_plane_symmetric(self) -> bool:
        """Whether m_x and m_y of a stochastic MTJ have one distribution, by the symmetry of its shape."""
        return bool(self.value("in_plane_symmetric"))

    def value(self, name: str) -> np.ndarray:
        """A dataset of the groups bias, device or further, by its name."""
        for group in (self.bias, self.device, self.further):
            if name in group:
                return np.asarray(group[name].value)
        raise container.FileFormatError(f"a raw ensemble of a {self.device_type} has no dataset {name!r}")


def along_reference(magnetisation: np.ndarray, in_plane_symmetric: bool) -> np.ndarray:
    """Components of m (..., 3) with the distribution of m·p, the reference layer being along x: (..., 1 or 2).

    Where a turn by 90 degrees changes nothing, m_y tells as much of m·p as m_x does. Elsewhere it is narrower or
    wider, and must not be pooled with it.
    """
    return magnetisation[..., : 2 if in_plane_symmetric else 1]


def write(path: str | os.PathLike[str], ensemble: RawEnsemble) -> None:
    """Write a raw file whole or not at all."""
    data = {
        "time": Quantity(ensemble.time, "s", "sample times"),
        "magnetisation": Quantity(ensemble.magnetisation, "1", "mean over Ms: group, replica, sample, component"),
        "snapshot": Quantity(
            ensemble.snapshot, "1", "final state of each group's first replica: group, x, y, z, component"
        ),
        "cell": Quantity(ensemble.cell, "m", "edges of a cell"),
    }
    data |= {f"bias/{name}": quantity for name, quantity in ensemble.bias.items()}
    data |= {f"device/{name}": quantity for name, quantity in ensemble.device.items()}
    data |= dict(ensemble.further)
    if ensemble.weights is not None:
        data["weight"] = Quantity(ensemble.weights, "1", "share of each trajectory in an average over equilibrium")
    if (draws := ensemble.draws) is not None:
        data["draws/magnetisation"] = Quantity(draws.magnetisation, "1", "mean over Ms: chain, draw, component")
        for term, unit in COEFFICIENTS.items():
            data[f"draws/energy/{term}"] = Quantity(draws.energies[term], "J", "energy of the term: chain, draw")
            data[f"draws/coefficient/{term}"] = Quantity(
                draws.coefficients[term], unit, "what the energy of the term is proportional to"
            )
    container.write(path, KIND, VERSION, data, {**ensemble.provenance, "device_type": ensemble.device_type})


def read(path: str | os.PathLike[str]) -> RawEnsemble:
    """Read and check a raw file.

    Raises
    ------
    FileFormatError
        The file is not a whole raw ensemble of this version.
    """
    contents = container.read(path, KIND, VERSION, _SHARED)
    device_type = contents.provenance.get("device_type")
    if not isinstance(device_type, str):
        raise container.FileFormatError(f"{path}: provenance does not say which device_type was simulated")
    contents.require(_SHARED | _NEEDED.get(device_type, {}), _OPTIONAL)
    groups: dict[str, dict[str, Quantity]] = {"bias": {}, "device": {}, "further": {}}
    for name, value in contents.data.items():
        group, _, rest = name.partition("/")
        if group in ("bias", "device"):
            groups[group][rest] = Quantity(value, contents.units[name])
        elif name not in _SHARED and group not in ("draws", "weight"):
            groups["further"][name] = Quantity(value, contents.units[name])
    return RawEnsemble(
        device_type=device_type,
        time=contents["time"],
        magnetisation=contents["magnetisation"],
        snapshot=contents["snapshot"],
        cell=contents["cell"],
        provenance=contents.provenance,
        draws=_draws(contents),
        weights=contents.data.get("weight"),
        **groups,
    )


def _draws(contents: container.Contents) -> Draws | None:
    """The draws of a file; None where it has none.

    Raises
    ------
    FileFormatError
        Some of their datasets are missing.
    """
    names = [name for name in _OPTIONAL if name.startswith("draws/")]
    if not any(name in contents.data for name in names):
        return None
    contents.require({name: _OPTIONAL[name] for name in names})
    return Draws(
        contents["draws/magnetisation"],
        {term: contents[f"draws/energy/{term}"] for term in COEFFICIENTS},
        {term: float(contents[f"draws/coefficient/{term}"]) for term in COEFFICIENTS},
    )


def _write_table(
    path: str | os.PathLike[str],
    kind: str,
    version: int,
    table: Mapping[str, tuple[Form, str]],
    values: Mapping[str, np.ndarray | float],
    provenance: Mapping[str, Any],
) -> None:
    data = {name: Quantity(values[name], form.unit, meaning) for name, (form, meaning) in table.items()}
    container.write(path, kind, version, data, provenance)


def _read_table(
    path: str | os.PathLike[str], kind: str, version: int, table: Mapping[str, tuple[Form, str]]
) -> dict[str, np.ndarray]:
    return container.read(path, kind, version, {name: form for name, (form, _) in table.items()}).data


def write_variation(
    path: str | os.PathLike[str],
    device_type: str,
    values: Mapping[str, np.ndarray | float],
    provenance: Mapping[str, Any],
) -> None:
    """Write the datasets of `VARIATION` for a type of device, whole or not at all."""
    source = {**provenance, "device_type": device_type}
    _write_table(path, VARIATION_KIND, VARIATION_VERSION, VARIATION[device_type], values, source)


def read_variation(path: str | os.PathLike[str], device_type: str) -> dict[str, np.ndarray]:
    """Read and check the datasets of `VARIATION` for a type of device.

    Raises
    ------
    FileFormatError
        The file is not a whole file of variations, of this version and of that device.
    """
    return _read_table(path, VARIATION_KIND, VARIATION_VERSION, VARIATION[device_type])


def write_retention(
    path: str | os.PathLike[str], values: Mapping[str, np.ndarray], provenance: Mapping[str, Any]
) -> None:
    """Write the datasets of `RETENTION`, whole or not at all."""
    _write_table(path, RETENTION_KIND, RETENTION_VERSION, RETENTION, values, provenance)


def read_retention(path: str | os.PathLike[str]) -> dict[str, np.ndarray]:
    """Read and check the datasets of `RETENTION`.

    Raises
    ------
    FileFormatError
        The file is not a whole file of barriers of this version.
    """
    return _read_table(path, RETENTION_KIND, RETENTION_VERSION, RETENTION)
