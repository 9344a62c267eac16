"""Rates of escape of a rigid spin: closed forms, Brown's equation, and forward flux against first passages."""

import discretisedfield as df
import micromagneticmodel as mm
import numpy as np
import pytest
from scipy.constants import k, mu_0
from scipy.integrate import quad

from magbayes.micromag import forward_flux, path, rate
from magbayes.micromag.llg.midpoint import largest_step
from magbayes.micromag.llg.model import to_grid, translate
from magbayes.micromag.paths.modes import Modes
from magbayes.micromag.paths.path import PathWarning
from magbayes.micromag.paths.swarm import Swarm
from magbayes.micromag.paths.underdamped import depopulation
from tests.physics.theory import decay_rates

MS, EDGE, TEMPERATURE = 1e6, 4e-9, 300.0
KT = k * TEMPERATURE
ENERGY = KT / EDGE**3
MOBILITY = mm.consts.gamma0 / (mu_0 * MS * EDGE**3)
"""Angular velocity of a spin over the torque on it, 1/(J s)."""

ROUNDING = 1e-6
"""What is left where saddles are exact to 1e-6 of the anisotropy field."""

UP, DOWN = (0, 0, 1), (0, 0, -1)


def spin(barrier, hard=0.0, damping=0.1, field=(0, 0, 0), temperature=TEMPERATURE):
    """One cell with its easy axis along z; barriers in kT, field in units of the anisotropy field."""
    mesh = df.Mesh(p1=(0, 0, 0), p2=(EDGE,) * 3, n=(1, 1, 1))
    energy = mm.UniaxialAnisotropy(K=barrier * ENERGY, u=(0, 0, 1), name="easy")
    energy += mm.UniaxialAnisotropy(K=-hard * ENERGY, u=(0, 1, 0), name="hard")
    energy += mm.Zeeman(H=tuple(np.multiply(field, 2 * barrier * ENERGY / (mu_0 * MS))))
    return mm.System(
        name="spin",
        energy=energy,
        dynamics=mm.Precession(gamma0=mm.consts.gamma0) + mm.Damping(alpha=damping),
        m=df.Field(mesh, nvdim=3, value=UP, norm=MS),
        T=temperature,
    )


def growth(damping, down, up):
    """The unstable root at a saddle with curvatures `down` < 0 < `up` in kT."""
    trace, product = damping * (down + up), down * up
    scale = MOBILITY * KT / (1 + damping**2)
    return scale / 2 * (-trace + np.sqrt(trace**2 - 4 * (1 + damping**2) * product))


@pytest.mark.parametrize("damping", [0.01, 0.3, 2.0])
def test_biaxial_spin(damping):
    """Intermediate to high damping, curvatures -2 s, 2 h of the saddle and 2 s, 2 (s + h) of the minimum."""
    s, h = 20.0, 8.0
    found = rate(path(spin(s, h, damping), UP, DOWN, images=9))
    ratio = np.sqrt(2 * s * 2 * (s + h) / (2 * s * 2 * h))
    expected = growth(damping, -2 * s, 2 * h) / (2 * np.pi) * ratio * np.exp(-s)
    assert found.langer / expected == pytest.approx(1, abs=ROUNDING)
    # Transition-state theory: the frequency of the well, whatever the damping.
    frequency = MOBILITY * KT * 2 * np.sqrt(s * (s + h)) / (2 * np.pi)
    assert found.transition_state / (frequency * np.exp(-s)) == pytest.approx(1, abs=ROUNDING)
    # Negative control: the overdamped rate without the precession.
    without = damping / (1 + damping**2) * MOBILITY * KT * 2 * s / (2 * np.pi) * ratio * np.exp(-s)
    assert found.langer / without != pytest.approx(1, abs=1e-2)


def test_low_damping_brings_both_theories_together():
    found = rate(path(spin(20.0, 8.0, 1e-4), UP, DOWN, images=9))
    assert found.langer / found.transition_state == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("backward", [False, True])
def test_oblique_field(backward):
    """Langer's rate with curvatures by differences of the energy of polar angles, W. T. Coffey et al. (1998)."""
    s, damping, h, tilt = 25.0, 0.2, 0.25, np.deg2rad(130)
    found = path(spin(s, 0, damping, h * np.array([np.sin(tilt), 0, np.cos(tilt)])), UP, DOWN)

    def energy(t, f):
        """In kT, of the angle t from z in the plane of the field, and f out of it."""
        x, y, z = np.sin(t) * np.cos(f), np.sin(f), np.cos(t) * np.cos(f)
        return s * (1 - z * z) - 2 * s * h * (x * np.sin(tilt) + z * np.cos(tilt)) + 0 * y

    def curvatures(m):
        t, d = np.arctan2(m[0], m[2]), 1e-4
        in_plane = (energy(t + d, 0) - 2 * energy(t, 0) + energy(t - d, 0)) / d**2
        out = (energy(t, d) - 2 * energy(t, 0) + energy(t, -d)) / d**2
        return in_plane, out, energy(t, 0)

    end = -1 if backward else 0
    one, other, low = curvatures(found.states[end, 0, 0, 0])
    down, up, high = curvatures(found.states[found.top, 0, 0, 0])
    prefactor = growth(damping, down, up) / (2 * np.pi) * np.sqrt(one * other / abs(down * up))
    # Differences of energies of some 10 kT over squares of 1e-4 are right to 1e-6 or so.
    answer = rate(found, backward=backward)
    assert answer.langer / (prefactor * np.exp(low - high)) == pytest.approx(1, abs=1e-5)
    assert rate(found, backward=not backward).langer / answer.langer != pytest.approx(1, abs=1e-1)


@pytest.mark.parametrize("damping", [0.02, 1.0])
def test_axial_symmetry_is_browns_high_barrier(damping):
    """2 alpha / (1 + alpha^2) sqrt(s^3 / pi) exp(-s), a flat direction at the saddle; W. F. Brown (1963)."""
    s = 25.0
    found = rate(path(spin(s, damping=damping), UP, DOWN, images=9))
    diffusion = MOBILITY * KT * damping / (1 + damping**2)
    assert found.zero_modes == (0, 1)
    assert found.depopulation == 1.0
    assert found.langer / (diffusion * 2 * np.sqrt(s**3 / np.pi) * np.exp(-s)) == pytest.approx(1, abs=ROUNDING)
    # The exact eigenvalue, of both wells, differs by the next term of the series, 1/s.
    assert 2 * found.langer / (diffusion * decay_rates(s)[0]) == pytest.approx(1 + 1 / s, abs=5 / s**2)


def test_a_flat_direction_of_many_cells_leaves_the_others_as_they_are():
    """Twelve coupled cells that turn together about z at the saddle: against all curvatures, one by one."""
    mesh = df.Mesh(p1=(0, 0, 0), p2=(12 * EDGE, EDGE, EDGE), n=(12, 1, 1))
    system = mm.System(
        name="row",
        energy=mm.UniaxialAnisotropy(K=2 * ENERGY, u=(0, 0, 1)) + mm.Exchange(A=1e-11),
        dynamics=mm.Precession(gamma0=mm.consts.gamma0) + mm.Damping(alpha=0.1),
        m=df.Field(mesh, nvdim=3, value=UP, norm=MS),
        T=TEMPERATURE,
    )
    found = path(system, UP, DOWN, images=9)
    top = Modes(found.landscape, found.saddle.m, KT, "the saddle", descents=1)
    assert top.flat == 1
    curvatures = np.linalg.eigvalsh(top.matrix)
    others = np.delete(curvatures, np.abs(curvatures).argmin())
    circle = 2 * np.pi * np.sqrt((1 - found.saddle.m[2] ** 2).sum())  # each cell turns once about z
    expected = 0.5 * np.log(np.abs(others)).sum() - np.log(circle) + 0.5 * np.log(2 * np.pi * KT)
    assert top.logarithm == pytest.approx(expected, abs=1e-6)


def test_a_flat_direction_without_symmetry_of_spins_is_refused():
    """Two spins that do not see each other, one of them free."""
    mesh = df.Mesh(p1=(0, 0, 0), p2=(2 * EDGE, EDGE, EDGE), n=(2, 1, 1))
    axes = df.Field(mesh, nvdim=1, value=lambda point: 20 * ENERGY * (point[0] < EDGE))
    system = spin(1.0)
    system = mm.System(
        name="two",
        energy=mm.UniaxialAnisotropy(K=axes, u=(0, 0, 1)),
        dynamics=system.dynamics,
        m=df.Field(mesh, nvdim=3, value=UP, norm=MS),
        T=TEMPERATURE,
    )
    found = path(system, UP, lambda point: (0, 0, -1 if point[0] < EDGE else 1))
    with pytest.raises(ValueError, match=r"the start of the path has 2 flat direction\(s\).*hold it"):
        rate(found)


def test_energy_loss_is_that_of_the_undamped_orbit():
    """8 alpha sqrt(s h) in kT around the well of a biaxial spin, whose orbit through the saddle is two great circles.

    A rate is said to be underdamped where that is small, and Langer's to be right where it is large.
    """
    s, h = 20.0, 30.0
    with pytest.warns(PathWarning, match=r"underdamped, so that Langer's rate is too large"):
        low = rate(path(spin(s, h, 0.005), UP, DOWN, images=9))
    # To first order in the damping; the orbit starts 0.1 kT beside the saddle.
    assert low.energy_loss / (8 * 0.005 * np.sqrt(s * h)) == pytest.approx(1, abs=0.1)
    assert low.depopulation == pytest.approx(depopulation(low.energy_loss), rel=1e-12)
    high = rate(path(spin(s, h, 0.5), UP, DOWN, images=9))
    assert high.depopulation == 1.0
    assert high.warnings == ()


def test_depopulation_factor():
    """S for small S, less a term of order S^(3/2); 1 for large; and its integral in the original variable."""
    assert depopulation(0.0) == 0.0
    assert depopulation(1e-4) / 1e-4 == pytest.approx(1, abs=0.02)
    assert depopulation(50.0) == 1.0
    for loss in (0.1, 1.0, 5.0):
        whole = quad(lambda x: np.log(-np.expm1(-loss * (x * x + 0.25))) / (x * x + 0.25), 0, 200)[0]  # noqa: B023
        assert depopulation(loss) == pytest.approx(np.exp(whole / np.pi), rel=1e-3)


def mz(m):
    return m[:, 0, 0, 0, 2]


def first_passages(system, arrived, replicas, events, seed):
    """Rate at which replicas at equilibrium around the start first reach m_z = `arrived`, and its relative error."""
    model = translate(system)
    swarm = Swarm(model, mz, -1.0, replicas, 20 * largest_step(model), None, seed)
    start = to_grid(system.m.orientation.array)
    states = np.broadcast_to(start, (replicas, *start.shape)).astype(np.float32)
    for _ in range(100):
        states = swarm.advance(states)
    settled, passages, looks = states[swarm.order(states) < -0.5], 0, 0
    random = np.random.default_rng(seed)
    states = settled[random.integers(len(settled), size=replicas)]  # none that has gone already
    while passages < events:
        states = swarm.advance(states)
        looks += 1
        gone = swarm.order(states) >= -arrived
        states[gone] = settled[random.integers(len(settled), size=gone.sum())]
        passages += int(gone.sum())
    return passages / (looks * swarm.interval * replicas), passages**-0.5


def joint(flux, passages, error):
    """Distance of the logarithms of a forward flux and a rate of passages, in its standard errors."""
    own = np.log(flux.rate.high / flux.rate.low) / (2 * 2.26)  # t of 9 degrees of freedom
    return abs(np.log(flux.rate.value / passages)) / np.hypot(own, error)


@pytest.mark.parametrize(
    ("barrier", "trials", "replicas", "events"),
    [
        (6.0, 500, 2000, 400),
        pytest.param(9.0, 2000, 2000, 1000, marks=pytest.mark.slow),
        pytest.param(12.0, 4000, 10_000, 400, marks=pytest.mark.slow),
    ],
)
def test_forward_flux_is_the_rate_of_first_passages(barrier, trials, replicas, events):
    """Within the joint 95 % interval; of a barrier that is 15 % lower, rates of 2.5 to 6 times as much, it is not."""
    keys = {"trials": trials, "replicas": 500, "interval": 2e-12, "settling": 2e-10}
    flux = forward_flux(spin(barrier, damping=0.5), mz, UP, DOWN, seed=3, **keys)
    arrived = float(flux.interfaces[-1])
    passages, error = first_passages(spin(barrier, damping=0.5), arrived, replicas, events, seed=5)
    assert joint(flux, passages, error) < 1.96
    wrong, error = first_passages(spin(0.85 * barrier, damping=0.5), arrived, replicas, events, seed=5)
    assert joint(flux, wrong, error) > 1.96
    # The exact eigenvalue of both wells: 2 % and twice 1.96 standard errors.
    diffusion = MOBILITY * KT * 0.5 / 1.25
    exact = decay_rates(barrier)[0] / 2 * diffusion
    if barrier > 8:  # below, the time that a passage takes counts
        assert abs(np.log(flux.rate.value / exact)) < 0.02 + 2 * np.log(flux.rate.high / flux.rate.low) / 2


def test_forward_flux_repeats_and_counts():
    system = spin(7.0, damping=0.5)
    keys = {"trials": 100, "replicas": 100, "interval": 5e-12, "settling": 2e-10}
    first = forward_flux(system, mz, UP, DOWN, seed=1, **keys)
    assert forward_flux(system, mz, UP, DOWN, seed=2, **keys).rate != first.rate
    # The same seed gives the same trajectories, here with an order parameter that rises in place of one that falls.
    other = forward_flux(system, lambda m: -mz(m), UP, DOWN, seed=1, **keys)
    assert other.rate == first.rate
    assert np.array_equal(other.interfaces, -first.interfaces)
    assert first.rate.low < first.rate.value < first.rate.high
    assert first.rate.value == pytest.approx(first.groups.mean(), rel=1e-12)
    assert len(first.interfaces) == len(first.shares) + 1
    assert (np.diff(first.interfaces) < 0).all()
