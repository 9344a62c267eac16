"""The native engine as a ubermag calculator, to be used like oommfc.

``import magbayes.micromag.calculator as nc`` and then ``nc.TimeDriver().drive(system, t=1e-9, n=100)``. Everything runs
in this process; drive folders are those of oommfc, but for the MIF file, and `micromagneticdata` reads them.
"""

from magbayes.micromag.calculator.compute import compute
from magbayes.micromag.calculator.delete import delete
from magbayes.micromag.calculator.driver import Driver
from magbayes.micromag.calculator.evolver import RungeKuttaEvolver
from magbayes.micromag.calculator.mindriver import HysteresisDriver, MinDriver, RelaxDriver
from magbayes.micromag.calculator.timedriver import TimeDriver

__all__ = [
    "Driver",
    "HysteresisDriver",
    "MinDriver",
    "RelaxDriver",
    "RungeKuttaEvolver",
    "TimeDriver",
    "compute",
    "delete",
]
