"""What `sample` takes, refuses and returns; that it draws the right distribution is in tests/physics."""

import discretisedfield as df
import micromagneticmodel as mm
import numpy as np
import pytest

from magbayes.micromag import StochasticMTJ, sample

KEYS = {"replicas": 3, "samples": 4, "seed": 5, "warm_up": 30}


@pytest.fixture(scope="module")
def system():
    """Three cells, one of them empty, in two regions."""
    regions = {"left": df.Region(p1=(0, 0, 0), p2=(4e-9,) * 3)}
    mesh = df.Mesh(p1=(0, 0, 0), p2=(12e-9, 4e-9, 4e-9), n=(3, 1, 1), subregions=regions)
    return mm.System(
        name="pair",
        energy=mm.UniaxialAnisotropy(K=4e5, u=(0, 0, 1)) + mm.Demag(),
        dynamics=mm.Precession(gamma0=mm.consts.gamma0) + mm.Damping(alpha=0.1),
        m=df.Field(mesh, nvdim=3, value=(0, 0, 1), norm=lambda point: 1e6 * (point[0] < 8e-9)),
        T=300,
    )


@pytest.fixture(scope="module")
def drawn(system):
    return sample(system, **KEYS)


def test_shapes_and_provenance(system, drawn):
    assert drawn.magnetisation.shape == drawn.moment.shape == (3, 4, 3)
    assert {name: energy.shape for name, energy in drawn.energies.items()} == {
        "uniaxialanisotropy": (3, 4),
        "demag": (3, 4),
    }
    assert drawn.final.shape == (3, 3, 1, 1, 3)
    lengths = np.linalg.norm(drawn.final, axis=-1)
    assert lengths[:, :2] == pytest.approx(1, abs=1e-6)
    assert not lengths[:, 2].any()
    assert drawn.magnetisation[:, -1] == pytest.approx(drawn.final.sum(axis=(1, 2, 3)) / 2, abs=1e-6)
    assert drawn.moment == pytest.approx(1e6 * 2 * 64e-27 * drawn.magnetisation, rel=1e-6)
    assert {"engine", "version", "seed", "processor_time", "acceptance", "cells"} <= set(drawn.meta)
    assert not system.m.array[..., :2].any()


def test_the_same_call_gives_the_same_bits_and_replicas_differ(system, drawn):
    again, other = sample(system, **KEYS), sample(system, **KEYS | {"seed": 6})
    assert np.array_equal(again.magnetisation, drawn.magnetisation)
    assert np.array_equal(again.final, drawn.final)
    assert len({*drawn.magnetisation[:, -1, 0], *other.magnetisation[:, -1, 0]}) == 6


def test_a_readout_region_is_sampled_alone(system):
    drawn = sample(system, **KEYS, readout="left")
    assert drawn.magnetisation[:, -1] == pytest.approx(drawn.final[:, 0, 0, 0], abs=1e-6)


def test_inversion_crosses_a_barrier_and_can_be_left_out():
    system = StochasticMTJ(diameter=12e-9).system(-5.0, 30.0)
    keys = {"replicas": 8, "samples": 20, "seed": 1, "warm_up": 30}
    signs = [np.sign(sample(system, **keys, inversions=on).magnetisation[..., 2]).mean() for on in (True, False)]
    # 160 signs, each + or - at random: five standard deviations.
    assert abs(signs[0]) < 5 / np.sqrt(160)
    assert signs[1] == 1


def changed(system, **changes):
    parts = {"energy": system.energy, "dynamics": system.dynamics, "T": system.T, "m": system.m} | changes
    return mm.System(name="changed", **parts)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"dynamics": mm.Slonczewski(J=1e10, mp=(0, 1, 0), P=0.3, Lambda=1)},
            "the torque 'slonczewski' has no energy, so that there is no equilibrium",
        ),
        ({"dynamics": mm.ZhangLi(u=10, beta=0.1)}, "the torque 'zhangli' has no energy"),
        ({"energy": mm.Zeeman(H=(0, 0, 1), func="sin", f=1e9, t0=0)}, "the term 'zeeman' varies in time"),
        ({"T": 0}, "T = 0 K has no fluctuations"),
    ],
)
def test_what_has_no_equilibrium_is_refused_by_name(system, changes, message):
    with pytest.raises(NotImplementedError, match=message):
        sample(changed(system, **changes), **KEYS)


@pytest.mark.parametrize(
    ("keys", "error", "message"),
    [
        ({"replicas": 0}, ValueError, "replicas 0 must be an integer of at least 1"),
        ({"interval": 0}, ValueError, "interval 0 must be an integer of at least 1"),
        ({"samples": 2.5}, ValueError, "samples 2.5 must be an integer of at least 1"),
        ({"seed": 2**32}, ValueError, "seed 4294967296"),
        ({"seed": -1}, ValueError, "seed -1"),
        ({"readout": "right"}, ValueError, "readout 'right' is no subregion of the mesh; there are: .'left'."),
        ({"engine": "mumax"}, ValueError, "engine 'mumax' is unknown; accepted: 'native', 'oommf'"),
        ({"engine": "oommf"}, NotImplementedError, "engine 'oommf' draws no equilibrium states; accepted: 'native'"),
        ({"start": np.ones((2, 1, 1, 3))}, ValueError, r"start has the shape \(2, 1, 1, 3\); accepted: \(3, 1, 1, 3\)"),
        ({"start": np.ones((3, 1, 1, 3))}, ValueError, "start has vectors of length 1.73205; accepted: unit vectors"),
        ({"start": np.full((3, 1, 1, 3), np.nan)}, ValueError, "start has vectors of length nan"),
    ],
)
def test_bad_arguments_are_refused(system, keys, error, message):
    with pytest.raises(error, match=message):
        sample(system, **KEYS | keys)


@pytest.mark.slow
def test_another_temperature_or_size_compiles_nothing():
    """All are numbers that the program is given; another mesh is another program."""
    from magbayes.micromag.llg import program

    def compiled(device, temperature):
        sample(device.system(0.0, temperature), **KEYS)
        return len(program._EXECUTABLES)

    disk = StochasticMTJ(cell_size=8e-9)
    count = compiled(disk, 300.0)
    assert compiled(disk, 330.0) == compiled(disk.scaled(1.05), 300.0) == count
    assert compiled(disk.in_cells(4), 300.0) > count
