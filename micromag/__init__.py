"""Micromagnetics: the two devices as ubermag systems, the engines that run them, and what is recorded.

The names below are loaded when first used, so that reading a file (`micromag.fileformat`) starts no engine.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from micromag.devices.domain_wall_mtj import DomainWallMTJ
    from micromag.devices.stochastic_mtj import StochasticMTJ
    from micromag.engines import Ensemble, simulate
    from micromag.protocols.fluctuation import Fluctuation
    from micromag.protocols.pulses import Pulses

__all__ = ["DomainWallMTJ", "Ensemble", "Fluctuation", "Pulses", "StochasticMTJ", "simulate"]

_HOME = {
    "DomainWallMTJ": "micromag.devices.domain_wall_mtj",
    "Ensemble": "micromag.engines",
    "Fluctuation": "micromag.protocols.fluctuation",
    "Pulses": "micromag.protocols.pulses",
    "StochasticMTJ": "micromag.devices.stochastic_mtj",
    "simulate": "micromag.engines",
}


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
