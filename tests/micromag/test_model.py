"""What the engine takes from a ubermag system, and what it refuses by name."""

import dataclasses

import discretisedfield as df
import micromagneticmodel as mm
import numpy as np
import pytest
from scipy.constants import e, hbar, mu_0

from magbayes.micromag import simulate
from magbayes.micromag.llg import ensemble
from magbayes.micromag.llg.fields import energies
from magbayes.micromag.llg.model import UnsupportedError, to_grid, translate

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
        (system(energy=mm.RKKY(subregions=["left", "other"], sigma=1e-4)), r"rkky.*'other'.*\['left'\]"),
        (system(energy=mm.CubicAnisotropy(K=1e4, u1=(1, 0, 0), u2=(1, 1, 0))), "cubicanisotropy"),
        (system(energy=mm.DMI(D=df.Field(MESH, nvdim=1, value=1e-3), crystalclass="T")), "'D' of the term 'dmi'"),
        (system(energy=mm.Zeeman(H=(0, 0, 1), tcl_strings={"script": ""})), "'tcl_strings' of the term 'zeeman'"),
        (system(energy=mm.Exchange(A={"right": 1e-11})), "'right'; there are: \\['left'\\]"),
        (system(dynamics=PRECESSION + mm.ZhangLi(u=1, beta=0, tcl_strings={"script": ""})), "'tcl_strings'"),
        (system(dynamics=mm.Damping(alpha=0.1)), "Precession"),
        (system(energy=mm.Demag(), mesh=df.Mesh(p1=(0, 0, 0), p2=(12e-9, 8e-9, 2e-9), n=(3, 2, 1), bc="xyz")), "demag"),
        (system(mesh=df.Mesh(p1=(0, 0, 0), p2=(12e-9, 8e-9, 2e-9), n=(3, 2, 1), bc="dirichlet")), "'dirichlet'"),
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
        ),
        fixed_subregions=["left"],
    )
    (term,) = model.terms
    assert term.strength[0].tolist() == [[1e4, 0, 0]] * 2
    assert term.axis[:, 0, 0, 0].tolist() == [0, 0, 1]
    assert model.damping[0].tolist() == [[0.5, 0.1, 0.1]] * 2
    assert model.fixed[0].tolist() == [[True, False, False]] * 2


def test_the_first_of_overlapping_regions_counts():
    """As in OOMMF, also where its value is the default."""
    whole = df.Region(p1=(0, 0, 0), p2=(12e-9, 8e-9, 2e-9))
    mesh = df.Mesh(region=whole, n=(3, 2, 1), subregions={"left": MESH.subregions["left"], "whole": whole})
    model = translate(system(energy=mm.UniaxialAnisotropy(K={"whole": 1e4, "default": 3e4}, u=(0, 0, 1)), mesh=mesh))
    assert model.terms[0].strength[0].tolist() == [[3e4, 1e4, 1e4]] * 2


def test_dynamics_may_lack_a_term():
    case = system(dynamics=PRECESSION)
    model = translate(case)
    # No damping, no noise: the temperature has no effect.
    assert not model.damping.any()
    assert not model.thermal_field(1e-13).any()
    case.dynamics, case.T = mm.Damping(alpha=0.1), 0
    assert not translate(case).precession
    with pytest.raises(UnsupportedError, match="Precession"):
        simulate(case, replicas=1, duration=1e-12, sample_interval=1e-12, seed=0)


def test_weak_precession_leaves_out_what_couples_neighbours():
    energy = mm.Zeeman(H=(0, 0, 1e5)) + mm.UniaxialAnisotropy(K=1e5, u=(0, 0, 1)) + mm.Demag()
    weak = translate(system(energy=energy))
    strong = translate(system(energy=energy + mm.Exchange(A=1e-11) + mm.DMI(D=1e-3, crystalclass="Cnv_z")))
    fastest = weak.fastest_precession(0.0)
    assert fastest == weak.weak_precession(0.0) == strong.weak_precession(0.0)
    assert fastest == pytest.approx(mm.consts.gamma0 * (1e5 + 2e5 / (mu_0 * 8e5) + 8e5))
    # Of three cells by two, none has more than three neighbours.
    exchange = 2e-11 / (mu_0 * 8e5) * 6 / (4e-9) ** 2
    dmi = 2e-3 / (mu_0 * 8e5) * 3 / 4e-9
    assert strong.fastest_precession(0.0) - fastest == pytest.approx(mm.consts.gamma0 * (exchange + dmi))


def test_fixed_cells_and_a_field_in_time_in_an_ensemble():
    energy = mm.Zeeman(H=(1e6, 0, 0), func="sin", f=1e11, t0=0)
    model = translate(system(energy=energy, dynamics=PRECESSION), fixed_subregions=["left"])
    model = dataclasses.replace(model, temperature=0.0)
    start = to_grid(system().m.orientation.array)
    duration = 1e-12
    final = ensemble.run(model, start, replicas=1, samples=1, interval=duration, seed=0, time_step=5e-15).final[0]
    # A field along x of H sin(w t) turns a spin about x by gamma0 H (1 - cos(w t)) / w.
    angle = mm.consts.gamma0 * 1e6 * (1 - np.cos(2 * np.pi * 0.1)) / (2 * np.pi * 1e11)
    turned = np.array([0, 0.6 * np.cos(angle) - 0.8 * np.sin(angle), 0.6 * np.sin(angle) + 0.8 * np.cos(angle)])
    assert final[:, 0, :, 0] == pytest.approx(start[:, 0, :, 0], abs=1e-7)
    assert final[:, 0, 0, 1] == pytest.approx(turned, abs=1e-4)


def test_energies_of_a_uniform_state():
    case = system(energy=mm.Zeeman(H=(0, 0, 1e5)) + mm.Exchange(A=1e-11) + mm.UniaxialAnisotropy(K=1e5, u=(0, 0, 1)))
    found = energies(translate(case), to_grid(case.m.orientation.array))
    volume = 12e-9 * 8e-9 * 2e-9
    assert found["exchange"] == pytest.approx(0, abs=1e-30)
    assert found["uniaxialanisotropy"] == pytest.approx(-1e5 * 0.64 * volume)
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
