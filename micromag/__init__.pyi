from .devices.domain_wall_mtj import DomainWallMTJ
from .devices.ellipse import EllipticMTJ
from .devices.stochastic_mtj import StochasticMTJ
from .engines import Ensemble, Equilibrium, sample, simulate
from .protocols.fluctuation import Fluctuation
from .protocols.pulses import Pulses

__all__ = [
    "DomainWallMTJ",
    "EllipticMTJ",
    "Ensemble",
    "Equilibrium",
    "Fluctuation",
    "Pulses",
    "StochasticMTJ",
    "sample",
    "simulate",
]
