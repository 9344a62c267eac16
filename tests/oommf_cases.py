"""What OOMMF is asked about our devices, live and on record."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from typing import Any
from unittest import mock

import discretisedfield as df
import micromagneticmodel as mm
import numpy as np
import oommfc
from scipy.stats import sem

from magbayes.micromag import DomainWallMTJ, StochasticMTJ

DEVICES = ("smtj", "dwmtj")

AS_GIVEN = {"renormalise": "none", "bloch_temperature": None}
"""Keys of a device whose simulation gets the parameters of the stack at any temperature, for comparing engines."""

PULSE = {"wall": 1, "current_density": 3.4e11, "pulse_width": 0.5e-9, "temperature": 0}
"""A pulse on the default track without temperature."""

PULSE_SAMPLES = {"replicas": 1, "duration": 1e-9, "sample_interval": 50e-12, "seed": 0, "readout": "reference"}

FLUCTUATION_VOLTAGES = (-4.0, -0.8, 1.6)
"""Gate voltages of the disk at 300 K."""


def width_and_moment(magnetisation: np.ndarray) -> tuple[tuple[float, float], tuple[float, float]]:
    """Standard deviation of m_x and m_y, and mean length of m (replicas, samples, 3), each with its standard error.

    Replicas are independent, their samples are not.
    """
    m = magnetisation.astype(float)
    variances, lengths = (m[..., :2] ** 2).mean(axis=(1, 2)), np.linalg.norm(m, axis=-1).mean(axis=1)
    width = np.sqrt(variances.mean())
    return (width, sem(variances) / (2 * width)), (lengths.mean(), sem(lengths))


def random_state(device: str) -> mm.System:
    """A default device with a random direction in every cell, a field, and no temperature."""
    smtj, dwmtj = StochasticMTJ(**AS_GIVEN), DomainWallMTJ(**AS_GIVEN)
    system = smtj.system(voltage=1.2) if device == "smtj" else dwmtj.system(wall=2)
    system.T = 0
    system.energy += mm.Zeeman(H=(1e4, -2e4, 3e4))
    values = np.random.default_rng(1).normal(size=system.m.array.shape)
    system.m = df.Field(system.m.mesh, nvdim=3, value=values, norm=system.m.norm)
    return system


def _oxs_class(term: mm.EnergyTerm, system: mm.System) -> str:
    name = type(term).__name__.lower()
    script = getattr(oommfc.scripts.energy, f"{name}_script")(term, system)
    return re.search(rf"Specify Oxs_(\w+):{term.name} ", script).group(1)


def oommf_compute(quantity: Callable[..., Any], system: mm.System) -> Any:
    """An energy or a field by OOMMF, also of terms that have a name of their own or a field for a parameter.

    oommfc takes the first class in a term's script for that of the term, and asks for the script by the term's name.
    """
    with mock.patch.object(sys.modules["oommfc.compute"], "oxs_class", _oxs_class):
        return oommfc.compute(quantity, system, verbose=0)


def oommf_energies(system: mm.System) -> dict[str, float]:
    """Energy of each term in J by OOMMF, as this package counts it."""
    found = {}
    for term in system.energy:
        found[term.name] = float(oommf_compute(term.energy, system))
        if isinstance(term, mm.UniaxialAnisotropy):  # OOMMF counts K (1 - (m.u)^2)
            strength = df.Field(system.m.mesh, nvdim=1, value=term.K).array
            found[term.name] -= float(strength[system.m.norm.array > 0].sum() * np.prod(system.m.mesh.cell))
    return found
