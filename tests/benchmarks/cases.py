"""Systems that the benchmarks run."""

import discretisedfield as df
import micromagneticmodel as mm

from magbayes.micromag import DomainWallMTJ, StochasticMTJ

EDGE = 4e-9
"""Edge of a film's cell, m."""


def disk() -> mm.System:
    """The default stochastic MTJ, 80 cells."""
    return StochasticMTJ().system(voltage=-4.0)


def track() -> mm.System:
    """The default domain-wall MTJ under a pulse, 704 cells."""
    return DomainWallMTJ().system(wall=3, current_density=3e11, pulse_width=5e-10)


def reference_track() -> mm.System:
    """A track of 64 x 12 cells for which other programs have been timed."""
    thickness = 1.2e-9
    device = DomainWallMTJ(
        cell_size=4e-9,
        notches=6,
        notch_pitch=32e-9,
        notch_depth=8e-9,
        notch_width=20e-9,
        end_length=32e-9,
        width=48e-9,
        thickness=thickness,
        exchange_stiffness=13e-12,
        saturation_magnetisation=1e6,
        interface_anisotropy=850e3 * thickness,
        dmi=0.5e-3,
        damping=0.1,
        spin_hall_angle=0.3,
    )
    return device.system(wall=2, current_density=6e11, pulse_width=5e-10)


def film(nx: int, ny: int) -> mm.System:
    """A perpendicular layer of nx times ny cells at 300 K."""
    mesh = df.Mesh(p1=(0, 0, 0), p2=(nx * EDGE, ny * EDGE, 1.2e-9), n=(nx, ny, 1))
    return mm.System(
        name="film",
        energy=mm.Exchange(A=20e-12) + mm.UniaxialAnisotropy(K=8e5, u=(0, 0, 1)) + mm.Demag(),
        dynamics=mm.Precession(gamma0=mm.consts.gamma0) + mm.Damping(alpha=0.03),
        m=df.Field(mesh, nvdim=3, value=(0, 0, 1), norm=1.1e6),
        T=300,
    )
