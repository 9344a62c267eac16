"""The noise budget of a read: what each source adds to the variance of a column's current."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from magbayes.system.array.circuit import Circuit
from magbayes.system.array.layer import ArrayLayer
from magbayes.system.array.noise import Columns
from magbayes.system.array.ranges import Activity


@dataclass(frozen=True)
class NoiseBudget:
    """Variances of a read of one layer, means over calibration inputs and columns.

    Attributes
    ----------
    variance
        Of the current of a column, all row tiles together, by source (`magbayes.system.settings.SOURCES`), A^2. Bits of
        an input are weighted as they are added.
    full_scale
        Current that drives the ADC to its last code, A.
    """

    variance: dict[str, float]
    full_scale: float


def noise_budget(layer: ArrayLayer, activity: Activity, widths: Columns | None, circuit: Circuit) -> NoiseBudget:
    """Return the budget of a calibrated layer.

    Parameters
    ----------
    layer
        With its ranges.
    activity
        What its rows see.
    widths
        Noise of the stochastic MTJs as a column adds it up, before the mirror, however it is drawn; None without any.
    circuit
        Says which noise there is.
    """
    mirrored = float(layer.mirror) ** 2
    tiles = layer.line_squares.shape[1]
    planes, factor = float(activity.planes), np.asarray(activity.factor, float)
    junctions, lines = (np.asarray(of[0] + mirrored * of[1], float) for of in (layer.conductance, layer.line_squares))
    full_scale = float(layer.current_range)

    def of_devices(columns: Columns | None) -> float:
        if columns is None:
            return 0.0
        matrices = np.asarray(columns.variance, float)
        return sum(
            float((moment @ matrix).mean())
            for moment, matrix in zip(np.asarray(activity.moments, float), matrices, strict=False)
        )

    variance = {
        "noise": mirrored * of_devices(widths),
        "jitter": of_devices(layer.jitter),
        "thermal": float(circuit.thermal) * float((factor @ junctions).mean()),
        "amplifier": planes
        * (float(circuit.amplifier) * float(lines.sum(axis=0).mean()) + tiles * float(circuit.integrator) * full_scale),
        "adc_noise": planes * tiles * float(circuit.adc_noise) * full_scale**2,
    }
    return NoiseBudget(variance, full_scale)
