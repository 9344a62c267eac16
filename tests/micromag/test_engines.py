"""One contract for both engines; where OOMMF cannot run its half skips and says why."""

import discretisedfield as df
import micromagneticmodel as mm
import numpy as np
import pytest

from magbayes.micromag import StochasticMTJ, simulate
from magbayes.micromag.engines import oommf
from tests.oommf_cases import AS_GIVEN
from tests.tracks import small_track

KEYS = {"replicas": 2, "duration": 4e-12, "sample_interval": 2e-12, "seed": 3}


@pytest.fixture(params=["native", "oommf"])
def engine(request):
    if request.param == "oommf":
        request.getfixturevalue("needs_oommf")
    return request.param


def test_shapes_units_and_provenance(engine):
    ensemble = simulate(StochasticMTJ().system(), engine=engine, **KEYS)
    assert ensemble.time == pytest.approx([2e-12, 4e-12])
    assert ensemble.magnetisation.shape == (2, 2, 3)
    assert ensemble.final.shape == (2, 10, 10, 1, 3)
    lengths = np.linalg.norm(ensemble.final, axis=-1)
    assert lengths[lengths > 0] == pytest.approx(1, abs=1e-5)
    assert (lengths > 0).sum() == 2 * ensemble.meta["cells"] == 160
    assert ensemble.meta["engine"] == engine
    assert {"version", "time_step", "seed", "wall_time", "precision"} <= set(ensemble.meta)


def test_replicas_differ_and_the_same_call_gives_the_same_bits(engine):
    first, again = (simulate(StochasticMTJ().system(), engine=engine, **KEYS) for _ in range(2))
    assert np.array_equal(first.magnetisation, again.magnetisation)
    assert np.array_equal(first.final, again.final)
    other = simulate(StochasticMTJ().system(), engine=engine, **(KEYS | {"seed": 4}))
    ends = [*first.magnetisation[:, -1, 0], *other.magnetisation[:, -1, 0]]
    assert len(set(ends)) == 4


def test_replicas_start_where_they_are_told(engine):
    system = StochasticMTJ().system()
    tilts = np.array([0.5, -0.5])
    start = (
        np.where(system.m.norm.array > 0, 1.0, 0.0)
        * np.array([[t, 0, np.sqrt(1 - t * t)] for t in tilts])[:, None, None, None]
    )
    # Ten femtoseconds: too short for anything but the start.
    keys = {"replicas": 2, "duration": 1e-14, "sample_interval": 1e-14, "seed": 3, "engine": engine}
    assert simulate(system, start=start, **keys).magnetisation[:, 0, 0] == pytest.approx(tilts, abs=0.02)
    assert simulate(system, start=start[1], **keys).magnetisation[:, 0, 0] == pytest.approx(tilts[1], abs=0.02)
    assert simulate(system, **keys).magnetisation[:, 0, 0] == pytest.approx(0, abs=0.02)


def test_the_system_is_not_changed(engine):
    system = StochasticMTJ().system()
    before = system.m.array.copy()
    simulate(system, engine=engine, **KEYS)
    assert np.array_equal(system.m.array, before)


def test_too_large_a_step_is_refused(engine):
    with pytest.raises(ValueError, match="largest step allowed"):
        simulate(StochasticMTJ().system(), engine=engine, time_step=1e-12, **KEYS)


def test_heat_leaves_the_moment_that_it_should(engine):
    """Mean of m_z over the disk shortly after its start along z: the same in either engine."""
    keys = {"replicas": 4, "duration": 4e-11, "sample_interval": 2e-12, "seed": 1, "engine": engine}
    moment = simulate(StochasticMTJ(damping=0.5).system(voltage=-4.0), **keys).magnetisation[:, 10:, 2]
    # OOMMF 2.1a0 gives 0.9493 +- 0.0012 (48 replicas) and a spread of 0.009 between replicas; the tolerance is
    # four standard errors of 4 replicas.
    assert moment.mean() == pytest.approx(0.9493, abs=0.018)


def test_pulse_moves_the_wall_as_the_other_engine_has_it(engine):
    """Trajectory without temperature, under a current that ends within it."""
    device = small_track(notches=2, notch_pitch=48e-9, **AS_GIVEN)
    system = device.system(wall=0, current_density=8e11, pulse_width=1e-10, temperature=0)
    keys = {"replicas": 1, "duration": 2e-10, "sample_interval": 5e-11, "seed": 0}
    ensemble = simulate(system, engine=engine, readout="reference", **keys)
    assert ensemble.magnetisation[0, :, 2] == pytest.approx(TRAJECTORY, abs=5e-4)


# m_z under the reference layer, OOMMF 2.1a0 with Oxs_SpinXferEvolve.
TRAJECTORY = [-0.44682, -0.36278, -0.37681, -0.47137]


def test_the_mean_is_that_of_the_states(engine):
    """Over the whole mesh, and over the region under the reference layer; the last sample is the final state."""
    ensemble = simulate(StochasticMTJ().system(), engine=engine, **KEYS)
    inside = ensemble.final[0, ..., 2] != 0
    mean = ensemble.final[:, inside].mean(axis=1)
    assert ensemble.magnetisation[:, -1] == pytest.approx(mean, abs=1e-5)
    system = small_track(notches=2, notch_pitch=48e-9).system(wall=0)
    ensemble = simulate(system, engine=engine, readout="reference", **KEYS)
    rows = system.m.mesh.region2slices(system.m.mesh.subregions["reference"])
    region = np.zeros(ensemble.final.shape[1:4], bool)
    region[tuple(rows)] = True
    # Each cell counts by its moment, which in those that the outline cuts is a part of the film's.
    weights = system.m.norm.array[region][:, 0]
    states = ensemble.final[:, region]
    assert ensemble.magnetisation[:, -1] == pytest.approx(np.average(states, axis=1, weights=weights), abs=1e-5)
    assert ensemble.magnetisation[:, -1] != pytest.approx(states[:, weights > 0].mean(axis=1), abs=1e-3)


def test_heat_takes_nothing_from_a_pulse(engine):
    """At 1 K the wall does what it does without temperature: J(t) is applied and ends (an older oommfc lost it)."""
    device = small_track(notches=2, notch_pitch=48e-9, **AS_GIVEN)
    keys = {"replicas": 1, "duration": 2e-10, "sample_interval": 5e-11, "seed": 0, "readout": "reference"}
    cold = simulate(device.system(0, 8e11, 1e-10, temperature=1), engine=engine, **keys)
    # 1 K turns the spins by 2 % of what 300 K would; the pulse moves m_z by 0.1, and its end by as much.
    assert cold.magnetisation[0, :, 2] == pytest.approx(TRAJECTORY, abs=0.02)


def test_heat_with_zhang_li_is_refused_by_name_in_oommf():
    mesh = df.Mesh(p1=(0, 0, 0), p2=(4e-9, 4e-9, 4e-9), n=(1, 1, 1))
    system = mm.System(
        name="one",
        energy=mm.Zeeman(H=(0, 0, 1e5)),
        dynamics=mm.Precession(gamma0=mm.consts.gamma0) + mm.ZhangLi(u=100, beta=0.1),
        m=df.Field(mesh, nvdim=3, value=(0, 0, 1), norm=1e6),
        T=300,
    )
    with pytest.raises(NotImplementedError, match="zhangli"):
        oommf._evolver(system, 1e-13, 1e-12)
