"""Idealised devices: data sheets of few numbers, from which requirements are told without micromagnetics.

The stochastic MTJ has a Gaussian conductance of exponential memory (an Ornstein-Uhlenbeck process), and sigma rises
with the gate voltage by the same factor a volt. The domain-wall MTJ has even levels, and every pulse moves its wall by
one of them. Neither has what is not in `Idealised`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from magbayes.compact_models.domain_wall_mtj import DomainWallModel
from magbayes.compact_models.measured.domain_wall_mtj import domain_wall_model
from magbayes.compact_models.measured.settings import IDEALISED, Idealised
from magbayes.compact_models.measured.sheet import DomainWallSheet, Measured, StochasticSheet
from magbayes.compact_models.measured.stochastic_mtj import stochastic_model
from magbayes.compact_models.measured.table import Grid, Table
from magbayes.compact_models.precession import variance_function
from magbayes.compact_models.stochastic_mtj import StochasticModel

VOLTAGES = np.linspace(0, 1, 9)
"""Gate voltages of the table of sigma, V."""

TIMES = np.concatenate([[0.0], np.geomspace(1e-12, 1e-3, 91)])
"""Integration times of the table, s: ten a decade, between which the variance is off by a few parts in ten thousand."""

EXACT = 1e-9
"""Relative errors of what is known."""

PULSE, CURRENT, PULSES = 1e-9, 3e11, 10**6
"""Width in s, current density in A/m^2 and number of pulses, like the default scenario's; all of them move a wall."""

METAL = {"metal_resistance": (9911.0, "Ohm"), "metal_cross_section": (3.6e-16, "m^2")}
"""Heavy metal under the track, as the default scenario has it: what writing takes."""


def _quantity(value: float, unit: str) -> dict[str, Any]:
    return {"value": value, "low": value, "high": value, "unit": unit, "assumption": "of an idealised device"}


def _grid(axes: tuple[np.ndarray, ...], **columns: np.ndarray) -> Grid:
    """A table over some axes."""
    shape = tuple(map(len, axes))
    values = {name: np.broadcast_to(value, shape).ravel() for name, value in columns.items()}
    return Grid(axes, Table(Path(IDEALISED), values, range(int(np.prod(shape)))))


def stochastic_sheet(of: Idealised) -> Measured:
    """The stochastic MTJ as if it were measured."""
    sigma = of.sigma_largest * of.sigma_ratio ** (VOLTAGES - 1)
    narrowed = np.sqrt([float(variance_function(time, of.decay_time, 0.0, 0.0)) for time in TIMES])
    table = sigma[:, None] * narrowed
    zero = np.zeros_like(VOLTAGES)
    sheet = {
        "name": "idealised stochastic MTJ",
        "source": "configuration",
        "temperature": _quantity(of.temperature, "K"),
        "sigma": IDEALISED,
        "bias": IDEALISED,
        "marginal": "gaussian",
        "scale_spread": _quantity(of.conductance_spread, "1"),
        "read_lever": _quantity(0.0, "1"),
    }
    tables = {
        "sigma": _grid((VOLTAGES, TIMES), sigma=table, sigma_error=EXACT * table),
        "bias": _grid(
            (VOLTAGES,),
            mean=zero + of.conductance,
            decay_time=zero + of.decay_time,
            decay_time_error=EXACT * of.decay_time + zero,
        ),
    }
    return Measured(Path(IDEALISED), StochasticSheet.model_validate(sheet), tables)


def domain_wall_sheet(of: Idealised) -> Measured:
    """The domain-wall MTJ as if it were measured."""
    number, moves = np.arange(of.levels), np.arange(2)
    spacing = (of.level_highest - of.level_lowest) / (of.levels - 1)
    zero = np.zeros(of.levels)
    sheet = {
        "name": "idealised domain-wall MTJ",
        "source": "configuration",
        "temperature": _quantity(of.temperature, "K"),
        "levels": IDEALISED,
        "pulses": IDEALISED,
        "jitter": IDEALISED,
        **{key: _quantity(*value) for key, value in METAL.items()},
    }
    tables = {
        "levels": _grid(
            (number,),
            conductance=of.level_lowest + spacing * number,
            conductance_error=zero,
            spread=zero + of.level_spread * spacing,
        ),
        "jitter": _grid((number, TIMES[[0, -1]]), jitter=np.full((of.levels, 2), of.level_jitter * spacing)),
        "pulses": _grid((np.array([PULSE]), np.array([CURRENT]), moves), pulses=PULSES * moves),
    }
    return Measured(Path(IDEALISED), DomainWallSheet.model_validate(sheet), tables)


def idealised_stochastic(of: Idealised, seed: int) -> StochasticModel:
    """The stochastic MTJ."""
    return stochastic_model(stochastic_sheet(of), seed)


def idealised_domain_wall(of: Idealised) -> DomainWallModel:
    """The domain-wall MTJ."""
    return domain_wall_model(domain_wall_sheet(of))


def equivalent(smtj: StochasticModel, dwmtj: DomainWallModel) -> dict[str, float]:
    """What an idealised device would have that is like these: the place of a real device on a map of idealised ones.

    Of numbers that depend on level or voltage, the root mean square, or the longest time.
    """
    sigma, mean = smtj.conductance_sigma, dwmtj.level_mean
    spacing = float(mean[-1] - mean[0]) / (len(mean) - 1)

    def share(values: np.ndarray) -> float:
        return float(np.sqrt(np.mean(np.square(values)))) / spacing

    return {
        "conductance": float(np.mean(smtj.conductance_mean)),
        "sigma_largest": float(sigma.max()),
        "sigma_ratio": float(sigma.max() / sigma.min()),
        "decay_time": float(smtj.decay_time.max()),
        "conductance_spread": float(smtj.scale_std),
        "levels": len(mean),
        "level_lowest": float(mean[0]),
        "level_highest": float(mean[-1]),
        "level_spread": share(dwmtj.level_spread),
        "level_jitter": share(dwmtj.level_std),
    }
