from .devices.domain_wall_mtj import DomainWallMTJ
from .devices.ellipse import EllipticMTJ
from .devices.stochastic_mtj import StochasticMTJ
from .engines import Ensemble, Equilibrium, sample, simulate
from .paths.forward_flux import ForwardFlux, forward_flux
from .paths.langer import Rate, rate
from .paths.order import wall_position
from .paths.path import Path, PathWarning, path
from .protocols.fluctuation import Fluctuation
from .protocols.pulses import Pulses

__all__ = [
    "DomainWallMTJ",
    "EllipticMTJ",
    "Ensemble",
    "Equilibrium",
    "Fluctuation",
    "ForwardFlux",
    "Path",
    "PathWarning",
    "Pulses",
    "Rate",
    "StochasticMTJ",
    "forward_flux",
    "path",
    "rate",
    "sample",
    "simulate",
    "wall_position",
]
