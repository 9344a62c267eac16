"""The native engine as a ubermag calculator, to be used like oommfc.

``import magbayes.micromag.calculator as nc`` and then ``nc.TimeDriver().drive(system, t=1e-9, n=100)``. Everything runs
in this process; drive folders are those of oommfc, and `micromagneticdata` reads them. oommfc's evolvers are taken, or
refused by name (`magbayes.micromag.calculator.evolver`).
"""

from magbayes.micromag.calculator.compute import compute
from magbayes.micromag.calculator.delete import delete
from magbayes.micromag.calculator.driver import Driver
from magbayes.micromag.calculator.evolver import (
    CGEvolver,
    EulerEvolver,
    RungeKuttaEvolver,
    SpinTEvolver,
    SpinXferEvolver,
    UHH_ThetaEvolver,
    Xf_ThermHeunEvolver,
    Xf_ThermSpinXferEvolver,
)
from magbayes.micromag.calculator.mindriver import HysteresisDriver, MinDriver, RelaxDriver
from magbayes.micromag.calculator.timedriver import TimeDriver

__all__ = [
    "CGEvolver",
    "Driver",
    "EulerEvolver",
    "HysteresisDriver",
    "MinDriver",
    "RelaxDriver",
    "RungeKuttaEvolver",
    "SpinTEvolver",
    "SpinXferEvolver",
    "TimeDriver",
    "UHH_ThetaEvolver",
    "Xf_ThermHeunEvolver",
    "Xf_ThermSpinXferEvolver",
    "compute",
    "delete",
]
