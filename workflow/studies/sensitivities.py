"""How numbers of a study follow the parameters of the devices: d ln of each by d ln of each, with 95 % intervals.

Widths of the stochastic MTJ follow those of its material by reweighting, exactly and from one point: its draws tell how
sigma follows the energies, and the device how these follow what it is made of. Anything else follows the
parameters of the study: by neighbouring points that share random numbers, or by a plane through all points.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.stats import norm

from magbayes.data.estimate import Estimate
from magbayes.system.evaluation.numbers import metric_of
from magbayes.system.metrics import slopes
from magbayes.system.metrics.paired import Measured
from magbayes.workflow.studies.study import repeats

if TYPE_CHECKING:
    from magbayes.compact_models.numbers import OfCells
    from magbayes.workflow.configuration import Configuration

OF_THE_FILM = (
    *("exchange_stiffness", "interface_anisotropy", "saturation_magnetisation", "vcma_coefficient", "gate_thickness"),
    *("tunnel_magnetoresistance", "resistance_area"),
)
"""Keys of ``smtj`` that leave the mesh and the volume of the free layer as they are."""

STEP = 1e-4
"""Relative change of a parameter that tells how the coefficients of the energy follow it: they are known to 1e-11."""

RATIO = "smtj/sigma_ratio", "smtj/sigma_largest", "smtj/sigma_smallest"
"""A number that is one number over another."""


class Sensitivity(NamedTuple):
    """d ln of a number by d ln of a parameter."""

    number: str
    parameter: str
    """Dotted key."""
    slope: Estimate
    how: str
    """By what it was told."""


REWEIGHTING, NEIGHBOURS, PLANE = "reweighting", "neighbouring points", "plane through all points"


def _logarithms(configuration: Configuration, changes: Mapping[str, float], voltage: float) -> np.ndarray:
    """Logarithms of A, K, Ms^2 and T of the cells, and of what their m·p is multiplied by."""
    temperature = changes.get("temperature", configuration.temperature)
    own = {key.partition(".")[2]: value for key, value in changes.items() if key != "temperature"}
    device = configuration.smtj.changed(**own)
    scale = device.perpendicular_conductance(device.area) * device.polarisation_squared
    scale /= device.bare(temperature).moment
    # K may have either sign, which a small change leaves.
    return np.log(np.abs([*device.coefficients(voltage, temperature).values(), temperature, scale]))


def by_reweighting(configuration: Configuration, cells: Mapping[str, OfCells]) -> list[Sensitivity]:
    """How numbers of a point follow the parameters of its stochastic MTJ, with those of the film changed one at a time.

    Errors of several parameters of the cells add up, since the same states tell them.

    Parameters
    ----------
    configuration
        Of the point.
    cells
        How its numbers follow the parameters of the cells.
    """
    values = {f"smtj.{name}": float(getattr(configuration.smtj, name)) for name in OF_THE_FILM}
    values["temperature"] = configuration.temperature
    found: dict[tuple[str, str], Estimate] = {}
    for number, (voltage, sensitivity) in cells.items():
        for key, value in values.items():
            if value == 0:
                continue
            above, below = (_logarithms(configuration, {key: value * (1 + way * STEP)}, voltage) for way in (1, -1))
            *chain, scale = (above - below) / (2 * STEP)
            slope = float(scale + sensitivity[:, 0] @ chain)
            margin = float(norm.ppf(0.975) * sensitivity[:, 1] @ np.abs(chain))
            found[number, key] = Estimate(slope, slope - margin, slope + margin)
    ratio, top, bottom = RATIO
    if top in cells and bottom in cells:
        for key in values:
            if (top, key) in found:
                one, other = found[top, key], found[bottom, key]
                margin = (one.high - one.low + other.high - other.low) / 2
                slope = one.value - other.value
                found[ratio, key] = Estimate(slope, slope - margin, slope + margin)
    return [Sensitivity(number, key, slope, REWEIGHTING) for (number, key), slope in found.items()]


def by_points(
    columns: Mapping[str, np.ndarray],
    measured: Mapping[str, Sequence[Measured]],
    reference: int,
    tied: bool,
    seed: int,
) -> list[Sensitivity]:
    """How numbers follow the parameters of a study.

    Where points differ from the reference in one parameter alone, its next ones below and above tell; else a plane
    through all points, if there are enough.

    Parameters
    ----------
    columns
        Values (points,) by parameter of the points that have results.
    measured
        Their numbers, by name.
    reference
        Place of the point that others are compared with.
    tied
        Whether all parameters change with the first.
    seed
        Of the bootstrap.
    """
    names = [name for name, values in columns.items() if _logarithmic(values) and not repeats(name)]
    names = names[:1] if tied else names
    found = []
    for number, values in measured.items():
        middles = np.array([one.estimate.value for one in values])
        if not _logarithmic(middles):
            continue
        planes: list[Estimate] | None = None
        for index, name in enumerate(names):
            pair = _neighbours(columns, name, reference, tied)
            if pair is not None:
                above, below = pair
                at = float(columns[name][above]), float(columns[name][below])
                metric = metric_of(number.split("/")[1])
                slope = slopes.between(metric, values[above], values[below], at, seed)
                found.append(Sensitivity(number, name, slope, NEIGHBOURS))
            elif len(middles) >= len(names) + FREE:
                planes = planes or slopes.over_points(np.column_stack([columns[each] for each in names]), middles)
                found.append(Sensitivity(number, name, planes[index], PLANE))
    return found


FREE = 6
"""Points beyond the number of parameters that a plane takes: its constant, and five that tell the errors."""


def _logarithmic(values: np.ndarray) -> bool:
    """Whether numbers vary and have one sign."""
    return bool(np.ptp(values) > 0 and ((values > 0).all() or (values < 0).all()))


def _neighbours(columns: Mapping[str, np.ndarray], name: str, reference: int, tied: bool) -> tuple[int, int] | None:
    """Points next above and next below the reference along a parameter, or it itself at an end; None without any."""
    values = columns[name]
    alike = np.ones(len(values), bool)
    if not tied:
        for other, column in columns.items():
            alike &= (other == name) | (column == column[reference])
    own = values[reference]
    above = np.flatnonzero(alike & (values > own)).tolist() or [reference]
    below = np.flatnonzero(alike & (values < own)).tolist() or [reference]
    first, last = min(above, key=values.__getitem__), max(below, key=values.__getitem__)
    return None if first == last else (first, last)
