"""The standard problems 3, 4 and 5 of the micromagnetic modelling activity group (μMAG), www.ctcms.nist.gov/mumag.

References: what others submitted or published, and runs of OOMMF 2.1a0 through oommfc 0.66 on the same mesh.
"""

import discretisedfield as df
import micromagneticmodel as mm
import numpy as np
import pytest
from scipy.constants import mu_0

from magbayes.micromag.llg.fields import energies
from magbayes.micromag.llg.minimise import Minimiser
from magbayes.micromag.llg.model import to_grid, translate
from magbayes.micromag.llg.runge_kutta import integrate

pytestmark = pytest.mark.slow

GAMMA0 = 2.211e5


def relaxed(system, tolerance=1e-3, leave_saddles=True):
    """The local minimum (3, nz, ny, nx) that a system is close to."""
    start = to_grid(system.m.orientation.array)
    minimum = Minimiser(translate(system))(start, tolerance=tolerance, leave_saddles=leave_saddles)
    assert minimum.converged
    return minimum.m


def moments(stages):
    return np.array([stage.m.mean(axis=(1, 2, 3)) for stage in stages])


class TestCube:
    """Problem 3: the edge of a cube, in sqrt(A / Km), where flower and vortex have the same energy."""

    MS, A = 1e6, 1e-11
    KM = mu_0 * MS**2 / 2
    ANISOTROPY = 0.1
    """Ku / Km."""

    @staticmethod
    def flower(point):
        return 0, 0, 1

    @staticmethod
    def vortex(point):
        """About x, with the easy axis z across."""
        return 1e-9, -point[2], point[1]

    def system(self, state, edge, count, anisotropy=ANISOTROPY):
        half = (edge * np.sqrt(self.A / self.KM) / 2,) * 3
        mesh = df.Mesh(p1=tuple(-x for x in half), p2=half, n=(count,) * 3)
        return mm.System(
            name="cube",
            energy=mm.Exchange(A=self.A) + mm.UniaxialAnisotropy(K=anisotropy * self.KM, u=(0, 0, 1)) + mm.Demag(),
            m=df.Field(mesh, nvdim=3, value=getattr(self, state), norm=self.MS),
        )

    def densities(self, *args, leave_saddles=False):
        """Energies over Km times the volume, by term; the anisotropy's is 0 along the axis.

        The published flower has the symmetry of the cube, and so has a search that stays on its saddle.
        """
        system = self.system(*args)
        found = energies(translate(system), relaxed(system, 10.0, leave_saddles))
        scaled = {name: value / (self.KM * system.m.mesh.region.volume) for name, value in found.items()}
        return scaled | {"uniaxialanisotropy": scaled["uniaxialanisotropy"] + self.ANISOTROPY}

    def crossing(self, edge, *args, **keys):
        """Edge of equal energy, from one nearby: at the minimum only the exchange energy, as edge^-2, depends on it."""
        flower, vortex = (self.densities(state, edge, *args, **keys) for state in ("flower", "vortex"))
        excess = sum(vortex.values()) - sum(flower.values())
        return edge + edge * excess / (2 * (vortex["exchange"] - flower["exchange"])), flower, vortex

    def test_single_domain_limit(self):
        """8.4687 by extrapolation of the cell, R. Ribeiro, P. Freitas and J. Martins; 8.47, W. Rave, K. Fabian and
        A. Hubert, J. Magn. Magn. Mater. 190, 332 (1998); 8.477 +- 0.007, R. Bjork et al., ibid. 535, 168057 (2021).
        """
        coarse, *_ = self.crossing(8.43, 8)
        fine, flower, vortex = self.crossing(8.43, 14)
        # The error is of second order in the cell; what is left is of fourth, and the spread of the published values.
        assert fine + (fine - coarse) / ((14 / 8) ** 2 - 1) == pytest.approx(8.47, rel=0, abs=0.01)
        # Energies of the extrapolation to fine cells by Ribeiro et al. (70^3 cells); ours at 14^3 are 1 % off.
        published = {"demag": (0.2792, 0.0780), "exchange": (0.0177, 0.1724), "uniaxialanisotropy": (0.0056, 0.0521)}
        for name, pair in published.items():
            assert (flower[name], vortex[name]) == pytest.approx(pair, rel=0, abs=0.003)

    def test_flower_gains_by_a_twist_and_the_vortex_stays(self):
        """8.52 for the symmetric flower and 8.57 for the twisted one, the minimum, by finite elements: R. Hertel and
        H. Kronmueller, J. Magn. Magn. Mater. 238, 185 (2002).
        """
        symmetric, flower, vortex = self.crossing(8.43, 8)
        twisted, minimum, same = self.crossing(8.43, 8, leave_saddles=True)
        assert sum(minimum.values()) < sum(flower.values()) - 1e-4
        assert sum(same.values()) == sum(vortex.values())
        # On cells this coarse the twist gains less, 0.012; the published difference is the upper end.
        assert 0.005 < twisted - symmetric < 0.05

    def test_anisotropy_matters(self):
        """Negative control: a tenth less of it shifts the limit by ten tolerances."""
        right, *_ = self.crossing(8.4, 8)
        wrong, *_ = self.crossing(8.4, 8, 0.9 * self.ANISOTROPY)
        assert abs(wrong - right) > 0.1


MS, A = 8e5, 1.3e-11
FIELDS = {1: (-24.6e-3, 4.3e-3, 0), 2: (-35.5e-3, -6.3e-3, 0)}
"""T."""

# OOMMF with cells of 5 nm: <m> every 0.1 ns, and the first zero of <m_x> in s.
FILM = {
    1: (
        [
            (0.523958, 0.664484, -0.084363),
            (-0.815935, -0.061514, -0.153673),
            (-0.743251, -0.009184, 0.069815),
            (-0.780744, 0.406839, -0.030736),
            (-0.921566, -0.224069, 0.048805),
            (-0.913767, 0.303504, -0.069202),
            (-0.944460, 0.203663, 0.054237),
            (-0.961012, -0.165127, -0.011402),
            (-0.931298, 0.329080, -0.037122),
            (-0.983765, 0.133793, 0.042832),
        ],
        1.38715e-10,
    ),
    2: (
        [
            (0.563210, -0.187241, 0.038355),
            (-0.473656, 0.336989, -0.001922),
            (-0.276853, -0.278432, 0.068549),
            (-0.415685, -0.183062, 0.053141),
            (-0.875314, -0.021096, 0.079355),
            (-0.916001, 0.010627, -0.051214),
            (-0.908380, -0.317019, 0.059127),
            (-0.955236, -0.086128, -0.062488),
            (-0.983229, 0.014306, 0.040893),
            (-0.968520, -0.142828, -0.008251),
        ],
        1.37279e-10,
    ),
}


def film(n, start=(1, 0.25, 0.1), damping=0.02):
    mesh = df.Mesh(p1=(0, 0, 0), p2=(500e-9, 125e-9, 3e-9), n=n)
    return mm.System(
        name="film",
        energy=mm.Exchange(A=A) + mm.Demag(),
        dynamics=mm.Precession(gamma0=GAMMA0) + mm.Damping(alpha=damping),
        m=df.Field(mesh, nvdim=3, value=start, norm=MS),
    )


def switched(system, field):
    """The same system in a field in T."""
    system.energy += mm.Zeeman(H=tuple(np.array(field) / mu_0))
    return translate(system)


class TestFilm:
    """Problem 4: switching of a film of 500 x 125 x 3 nm."""

    @pytest.mark.parametrize("field", FIELDS)
    def test_trajectory(self, field):
        system = film((100, 25, 1))
        start = relaxed(system)
        model = switched(system, FIELDS[field])
        fine = list(integrate(model, start, duration=5e-12, stages=40))
        stages = fine[19::20] + list(integrate(model, fine[-1].m, duration=1e-10, stages=8))
        expected, first_zero = FILM[field]
        # The single steps of both integrators: 1e-6 for the first field, 4e-5 for the second, where paths diverge.
        assert moments(stages) == pytest.approx(np.array(expected), rel=0, abs=1e-4)
        mx = moments(fine)[:, 0]
        after = int(np.argmax(mx < 0))
        # Both are interpolated between 5 ps.
        assert 5e-12 * (after + mx[after - 1] / (mx[after - 1] - mx[after])) == pytest.approx(first_zero, rel=1e-4)
        # Damped motion in a constant field does not gain energy.
        total = np.array([sum(energies(model, stage.m).values()) for stage in (*fine, *stages[2:])])
        assert np.diff(total).max() < 0
        # Negative control: 2 % less damping.
        less = switched(film((100, 25, 1), damping=0.0196), FIELDS[field])
        short = moments(integrate(less, start, duration=1e-10, stages=3))
        assert short != pytest.approx(np.array(expected[:3]), rel=0, abs=1e-3)

    def test_energy_is_conserved_without_damping(self):
        """Negative control of the energy that damping takes."""
        system = film((50, 13, 1), damping=0.0)
        start = relaxed(system)
        model = switched(system, FIELDS[1])
        states = [start, *(stage.m for stage in integrate(model, start, duration=2e-11, stages=10))]
        by_term = [energies(model, m) for m in states]
        total = np.array([sum(terms.values()) for terms in by_term])
        exchanged = np.ptp([terms["demag"] for terms in by_term])
        # The integrator's 1e-6 a step, over a few hundred.
        assert np.ptp(total) < 1e-5 * exchanged

    def test_state_at_rest_is_that_of_mumax3(self):
        """https://github.com/mumax/3, test/standardproblem4.mx3; a film with 2 % more exchange is far from it."""
        expected = np.array([0.9669684, 0.1252732, 0.0])

        def moment(exchange):
            system = film((128, 32, 1), (1, 0.1, 0))
            system.energy.exchange.A = exchange
            return relaxed(system).mean(axis=(1, 2, 3))

        # mumax3's single precision and its demagnetising tensor, which it integrates numerically.
        assert moment(A) == pytest.approx(expected, rel=0, abs=5e-5)
        assert moment(1.02 * A) != pytest.approx(expected, rel=0, abs=1e-4)


# OOMMF with cells of 5 nm: <m> every 0.2 ns, and after 14 ns.
VORTEX = [
    (-0.079637, 0.151141, 0.022587),
    (-0.228711, 0.176496, 0.019704),
    (-0.319803, 0.083341, 0.017769),
    (-0.305817, -0.033845, 0.018851),
    (-0.221682, -0.088336, 0.020758),
]
SETTLED = (-0.204445, 0.014417, 0.021666)


class TestVortex:
    """Problem 5: a vortex in a square of 100 nm, displaced by a current.

    M. Najafi et al., J. Appl. Phys. 105, 113914 (2009); nonadiabaticity 0.05. In the steady state the drift balances
    the effective field, whatever the damping.
    """

    def system(self, n, damping=0.1, nonadiabaticity=0.05):
        mesh = df.Mesh(p1=(-50e-9, -50e-9, 0), p2=(50e-9, 50e-9, 10e-9), n=n)
        return mm.System(
            name="vortex",
            energy=mm.Exchange(A=A) + mm.Demag(),
            dynamics=mm.Precession(gamma0=GAMMA0)
            + mm.Damping(alpha=damping)
            + mm.ZhangLi(u=-72.35, beta=nonadiabaticity),
            m=df.Field(mesh, nvdim=3, value=lambda p: (-p[1], p[0], 1e-8), norm=MS),
        )

    def core(self, m):
        """Position (x, y) in m of the largest m_z, by a parabola through its neighbours."""
        mz = m[2].mean(axis=0)
        y, x = np.unravel_index(mz.argmax(), mz.shape)

        def peak(before, top, after):
            return 0.5 * (before - after) / (before - 2 * top + after)

        place = np.array([x + peak(*mz[y, x - 1 : x + 2]), y + peak(*mz[y - 1 : y + 2, x])])
        return (place + 0.5 - np.array(mz.shape) / 2) * 100e-9 / len(mz)

    def settled(self, n, nonadiabaticity=0.05):
        """The steady state, which a large damping reaches soon."""
        system = self.system(n, 1.0, nonadiabaticity)
        (stage,) = integrate(translate(system), relaxed(system), duration=3e-9, stages=1)
        return stage.m

    def test_trajectory(self):
        def trajectory(nonadiabaticity):
            system = self.system((20, 20, 2), nonadiabaticity=nonadiabaticity)
            return moments(integrate(translate(system), relaxed(system), duration=2e-10, stages=5))

        # The digits of the reference and the steps of both integrators.
        assert trajectory(0.05) == pytest.approx(np.array(VORTEX), rel=0, abs=1e-5)
        assert trajectory(0.049) != pytest.approx(np.array(VORTEX), rel=0, abs=1e-4)

    def test_steady_state_does_not_depend_on_damping(self):
        m = self.settled((20, 20, 2))
        # Neither run has come to rest altogether.
        assert m.mean(axis=(1, 2, 3)) == pytest.approx(np.array(SETTLED), rel=0, abs=3e-4)

    def test_core_position(self):
        """(-1.2, -14.7) nm, as the proposal has it."""
        published = np.array([-1.2e-9, -14.7e-9])
        # Cells of 4 nm; from those of 5 nm to these the core moves by 0.5 nm.
        tolerance = 0.6e-9
        assert self.core(self.settled((25, 25, 1))) == pytest.approx(published, rel=0, abs=tolerance)
        # Negative control: the adiabatic torque alone moves the core across the current only.
        across = self.core(self.settled((20, 20, 1), 0.0))
        assert across[0] == pytest.approx(0, abs=0.1e-9)
        assert across != pytest.approx(published, rel=0, abs=tolerance)
