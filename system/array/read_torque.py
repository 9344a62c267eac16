"""What the spin torque of the read current does to the stochastic MTJ, were its current to flow all the time.

A read at full scale is looked at, where the torque is largest, with the gate voltage moved as the read voltage moves
it: of a pair, the device whose sigma that widens. Unchecked assumption, to the safe side: a stationary distribution,
while a read begins with one that knows no current, and ends before m has come to it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from magbayes.system.array.devices import DeviceModels
from magbayes.system.array.tuning import offered_gates
from magbayes.system.array.two_terminals import Junction
from magbayes.system.settings import AcceleratorSettings

NOTICED = 0.01
"""Change from which something is said."""

_GATES = 5
"""Gate voltages at which a device is looked at, over those at which devices are held."""


class ReadTorque(NamedTuple):
    """Largest changes by the torque, relative.

    Attributes
    ----------
    voltage
        Of a full-scale input, V.
    mean
        Of the mean conductance.
    read
        Of the std of a read.
    """

    voltage: float
    mean: float
    read: float

    @property
    def noticed(self) -> bool:
        """Whether it is more than `NOTICED`."""
        return max(self.mean, self.read) > NOTICED


def read_torque(junction: Junction, contrast: float, models: DeviceModels, settings: AcceleratorSettings) -> ReadTorque:
    """Return what the current of a full-scale read does to devices over the range of sigma.

    Parameters
    ----------
    junction
        The stochastic MTJ between the electrodes that read it.
    contrast
        Change of its conductance with m.p, over its mean.
    models, settings
        Have widths, and the read.

    Raises
    ------
    ValueError
        The models refuse the read time or the read voltage.
    """
    reading, smtj = settings.reading, models.smtj
    ends = offered_gates(smtj, reading.time, reading.acting)
    means, reads = [], []
    for gate in np.linspace(*ends, _GATES) + smtj.read_lever * reading.acting:
        at = float(np.clip(gate, *smtj.voltage_range))
        relative = float(smtj.sigma(at, 0.0).value / smtj.mean(at))
        response = junction.respond(relative, float(smtj.excess_kurtosis_at(at, 0.0)), reading.voltage, reading.time)
        means.append(contrast * abs(response.mean))
        reads.append(abs(response.read - 1))
    return ReadTorque(reading.voltage, max(means), max(reads))
