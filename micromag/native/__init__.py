"""The native engine as a ubermag calculator, to be used like oommfc.

``import micromag.native as nc`` and then ``nc.TimeDriver().drive(system, t=1e-9, n=100)``. Everything runs in this
process; drive folders are those of oommfc, but for the MIF file, and `micromagneticdata` reads them.
"""

from micromag.native.compute import compute
from micromag.native.delete import delete
from micromag.native.driver import Driver
from micromag.native.evolver import RungeKuttaEvolver
from micromag.native.mindriver import HysteresisDriver, MinDriver, RelaxDriver
from micromag.native.timedriver import TimeDriver

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
