"""What the engine takes from a ubermag system, and what it refuses by name."""

import discretisedfield as df
import micromagneticmodel as mm
import numpy as np
import pytest
from scipy.constants import e, hbar, mu_0

from micromag import simulate
from micromag.llg.fields import energies
from micromag.llg.model import UnsupportedError, to_grid, translate

MESH = df.Mesh(
    p1=(0, 0, 0),
    p2=(12e-9, 8e-9, 2e-9),
    n=(3, 2, 1),
    subregions={"left": df.Region(p1=(0, 0, 0), p2=(4e-9, 8e-9, 2e-9))},
)
PRECESSION = mm.Precession(gamma0=mm.consts.gamma0)


def system(energy=None, dynamics=None, mesh=MESH):
    return mm.System(
        name="small",
        energy=mm.Zeeman(H=(0, 0, 1e5)) if energy is None else energy,
        dynamics=PRECESSION + mm.Damping(alpha=0.1) if dynamics is None else dynamics,
        m=df.Field(mesh, nvdim=3, value=(0, 0.6, 0.8), norm=8e5),
        T=300.0,
    )


@pytest.mark.parametrize(
    ("case", "name"),
    [
        (system(energy=mm.RKKY(subregions=["left", "left"], sigma=1e-4)), "rkky"),
        (system(energy=mm.CubicAnisotropy(K=1e4, u1=(1, 0, 0), u2=(0, 1, 0))), "cubicanisotropy"),
        (system(energy=mm.DMI(D=1e-3, crystalclass="T")), "'T'"),
        (system(energy=mm.UniaxialAnisotropy(K1=1e4, K2=1e3, u=(0, 0, 1))), "'K1'"),
        (system(energy=mm.Zeeman(H=(0, 0, 1e5), func="sin", f=1e9, t0=0)), "'f'"),
        (system(energy=mm.Exchange(A={"left": 1e-11})), "'A' of the term 'exchange'"),
        (system(dynamics=PRECESSION + mm.ZhangLi(u=100, beta=0.1)), "zhangli"),
        (system(dynamics=mm.Damping(alpha=0.1)), "Precession"),
        (system(mesh=df.Mesh(p1=(0, 0, 0), p2=(12e-9, 8e-9, 2e-9), n=(3, 2, 1), bc="x")), "'x'"),
    ],
)
def test_unsupported_terms_are_refused_by_name(case, name):
    with pytest.raises(UnsupportedError, match=name):
        translate(case)


def test_parameters_by_region_reach_their_cells():
    model = translate(
        system(
            energy=mm.UniaxialAnisotropy(K={"left": 1e4}, u=(0, 0, 2)),
            dynamics=PRECESSION + mm.Damping(alpha={"left": 0.5, "default": 0.1}),
        )
    )
    strength, axis = model.anisotropies[0]
    assert strength[0].tolist() == [[1e4, 0, 0]] * 2
    assert axis[:, 0, 0, 0].tolist() == [0, 0, 1]
    assert model.damping[0].tolist() == [[0.5, 0.1, 0.1]] * 2


def test_energies_of_a_uniform_state():
    case = system(energy=mm.Zeeman(H=(0, 0, 1e5)) + mm.Exchange(A=1e-11) + mm.UniaxialAnisotropy(K=1e5, u=(0, 0, 1)))
    found = energies(translate(case), to_grid(case.m.orientation.array))
    volume = 12e-9 * 8e-9 * 2e-9
    assert found["exchange"] == pytest.approx(0, abs=1e-30)
    assert found["anisotropy"] == pytest.approx(-1e5 * 0.64 * volume)
    assert found["zeeman"] == pytest.approx(-mu_0 * 8e5 * 1e5 * 0.8 * volume)


def test_slonczewski_torque_follows_the_current_profile():
    """Without field the spin turns towards p at a rate gamma0 beta P / 2 while the current is on."""
    duration, current, angle = 2e-11, 1e11, 0.3
    beta_rate = mm.consts.gamma0 * hbar * current / (mu_0 * e * 2e-9 * 8e5)

    def final_mz(on):
        dynamics = PRECESSION + mm.Slonczewski(
            J=current, mp=(0, 0, 1), P=angle, Lambda=1, func=lambda t: float(t < on), dt=1e-12
        )
        case = system(energy=mm.Zeeman(H=(0, 0, 0)), dynamics=dynamics)
        case.T = 0
        return simulate(case, replicas=1, duration=duration, sample_interval=1e-12, seed=0, time_step=2e-14)

    def theory(on):  # dm_z/dt = rate (1 - m_z^2)
        return np.tanh(np.arctanh(0.8) + beta_rate * angle / 2 * on)

    whole, half = final_mz(2 * duration), final_mz(duration / 2)
    assert whole.magnetisation[0, -1, 2] == pytest.approx(theory(duration), abs=1e-5)
    # The profile is held over 1 ps around each multiple, so a pulse may be half of that longer or shorter.
    shortest, longest = theory(duration / 2 - 0.5e-12), theory(duration / 2 + 0.5e-12)
    assert shortest - 1e-5 < half.magnetisation[0, -1, 2] < longest + 1e-5


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"replicas": 0}, "replicas 0"),
        ({"sample_interval": 3e-12}, "does not divide"),
        ({"readout": "right"}, "there are: \\['left'\\]"),
        ({"engine": "mumax"}, "'mumax' is unknown"),
    ],
)
def test_bad_arguments_are_refused(keys, message):
    with pytest.raises(ValueError, match=message):
        simulate(system(), **({"replicas": 1, "duration": 1e-11, "sample_interval": 1e-12, "seed": 0} | keys))


def test_readout_is_the_mean_over_its_region():
    case = system()
    case.m.array[0] = [8e5, 0, 0]
    case.T = 0
    keys = {"replicas": 2, "duration": 1e-15, "sample_interval": 1e-15, "seed": 0}
    left = simulate(case, readout="left", **keys).magnetisation[:, 0]
    whole = simulate(case, **keys).magnetisation[:, 0]
    # The step is too short for anything to move.
    assert left == pytest.approx(np.tile([1, 0, 0], (2, 1)), abs=1e-3)
    assert whole == pytest.approx(np.tile([1 / 3, 0.4, 1.6 / 3], (2, 1)), abs=1e-3)
