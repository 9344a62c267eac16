"""Spin torques that leave no equilibrium, yet a distribution that is known in closed form."""

import discretisedfield as df
import micromagneticmodel as mm
import numpy as np
import pytest
from scipy import stats
from scipy.constants import e, hbar, k, mu_0

from magbayes.micromag.llg.model import translate
from tests.physics.conftest import EDGE, MS, TEMPERATURE
from tests.physics.theory import P_VALUE, marginal, mean, p_value_of_mean, p_value_of_variances

DAMPING, BARRIER, POLARISATION = 0.5, 1.0, 0.4


def torque(strength, Lambda, eps_prime):
    """A torque along z whose hbar J V / (e d) is `strength` in kT."""
    current = strength * k * TEMPERATURE * e / (hbar * EDGE**2)
    return mm.Slonczewski(J=current, mp=(0, 0, 1), P=POLARISATION, Lambda=Lambda, eps_prime=eps_prime)


def tilted_energy(strength, Lambda, eps_prime):
    """Energy in kT whose Boltzmann distribution is the stationary one.

    A field a m x z drives m_z as a field (a / damping) z does: m x (m x z) is what the damping makes of the latter,
    and the rest of either turns m about z. So the slope of the energy has -a(m_z) / damping in it, with
    a(z) = strength P L^2 / ((L^2 + 1) + (L^2 - 1) z): J. Xiao et al., Phys. Rev. B 70, 172405 (2004). For L = 1 the
    tilt is linear in m_z. The torque of eps_prime is a field along z.
    """
    square = Lambda**2
    curvature = (square - 1) / (square + 1)

    def energy(m):
        integral = np.log1p(curvature * m[2]) / curvature if curvature else m[2]
        damping_like = strength * POLARISATION * square / (square + 1) * integral
        return -BARRIER * m[2] ** 2 - damping_like / DAMPING - strength * eps_prime * m[2]

    return energy


@pytest.mark.slow
@pytest.mark.parametrize(
    ("strength", "Lambda", "eps_prime"),
    [(6.0, 1.0, 0.0), (6.0, 1.0, 0.2), (3.0, 2.0, 0.0)],
    ids=["damping-like", "with eps_prime", "Lambda 2"],
)
def test_distribution_under_a_torque_is_that_of_a_tilted_energy(
    macrospin, equilibrium, diffusion, strength, Lambda, eps_prime
):
    """Tilts of 2.4, 3.6 and about 2 kT at m_z = 1; a current that is 10 % off fails."""
    energy = tilted_energy(strength, Lambda, eps_prime)
    expected = mean(energy, lambda m: m[2])

    def p_value(strength):
        model = macrospin(barriers=(0, 0, BARRIER), damping=DAMPING, torque=torque(strength, Lambda, eps_prime))
        mz = equilibrium(model, 1.5 / diffusion(DAMPING), replicas=4000)[:, :, 2]
        shape = stats.kstest(mz.ravel(), marginal(energy, 2)).pvalue
        return 2 * min(shape, p_value_of_mean(mz.mean(axis=1), expected))  # two at once

    assert p_value(strength) > P_VALUE
    assert p_value(0.9 * strength) < P_VALUE**2


@pytest.mark.slow
@pytest.mark.parametrize("nonadiabaticity", [DAMPING, 0.0])
def test_spin_waves_under_a_current_through_a_ring(run, nonadiabaticity):
    """Zhang-Li torque on thermal spin waves: linear theory gives the variance of every wave of a periodic chain.

    psi = m_x + i m_y = exp(i k x) decays with (damping w_k - (damping - beta) u k') / (1 + damping^2) for the
    frequency w_k at rest and k' = sin(k d) / d, while the noise stays what it was. With beta = damping the wave is
    carried along and keeps its kT; without, waves that run against the drift gain and those along with it lose.
    """
    count, replicas, edge, field, exchange, velocity = 8, 1000, 1e-8, 4e5, 4e-12, 500.0
    temperature = 30.0  # angles beyond the linear theory are of order kT / (mu0 Ms V H) = 1 / 1200
    mesh = df.Mesh(p1=(0, 0, 0), p2=(count * edge, edge, edge), n=(count, 1, 1), bc="x")
    system = mm.System(
        name="ring",
        energy=mm.Zeeman(H=(0, 0, field)) + mm.Exchange(A=exchange),
        dynamics=mm.Precession(gamma0=mm.consts.gamma0)
        + mm.Damping(alpha=DAMPING)
        + mm.ZhangLi(u=velocity, beta=nonadiabaticity),
        m=df.Field(mesh, nvdim=3, value=(0, 0, 1), norm=MS),
        T=temperature,
    )
    phase = 2 * np.pi * np.fft.fftfreq(count)
    precession = mm.consts.gamma0 * (field + 2 * exchange / (mu_0 * MS * edge**2) * (2 - 2 * np.cos(phase)))
    shift = velocity * np.sin(phase) / edge

    def variance(beta):
        thermal = 2 * mm.consts.gamma0 * k * temperature / (mu_0 * MS * edge**3)
        return thermal * DAMPING / (DAMPING * precession - (DAMPING - beta) * shift)

    model = translate(system)
    final = (
        run(
            model,
            np.stack([0.0 * model.mask, 0.0 * model.mask, 1.0 * model.mask]),
            replicas=replicas,
            samples=1,
            interval=5e-10,
            seed=9,
            time_step=7.5e-13,
        )
        .final[:, :, 0, 0]
        .astype(float)
    )
    waves = np.fft.fft(final[:, 0] + 1j * final[:, 1], norm="ortho")
    power = (np.abs(waves) ** 2).mean(axis=0)

    assert p_value_of_variances(power / variance(nonadiabaticity), 2 * replicas) > P_VALUE
    # Negative control: the other of the two.
    assert p_value_of_variances(power / variance(DAMPING - nonadiabaticity), 2 * replicas) < P_VALUE**2
