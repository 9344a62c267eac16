"""Bare parameters of the devices: limits that are known, symmetries, and what is refused."""

import discretisedfield as df
import numpy as np
import pytest

from magbayes.micromag import DomainWallMTJ, EllipticMTJ, StochasticMTJ
from magbayes.micromag.devices.device import demagnetising_factors
from magbayes.micromag.devices.outline import Ellipse

FILM = {"bloch_temperature": None}


def of(term, system):
    """A or K of a cell of the film, which the outline does not cut."""
    if term == "A":
        stiffness = system.energy.exchange.A
        return stiffness["default"] if isinstance(stiffness, dict) else stiffness
    middle = tuple(np.array(system.m.mesh.n) // 2)
    return float(df.Field(system.m.mesh, nvdim=1, value=system.energy.uniaxialanisotropy.K).array[middle][0])


@pytest.mark.parametrize("device", [StochasticMTJ(), DomainWallMTJ()], ids=["disk", "track"])
def test_a_system_has_the_bare_parameters(device):
    bare = device.bare(300.0)
    system = device.system(0, temperature=300.0)
    # In the middle between notches the stray field that their cut cells lack still is 3e-4 of K.
    far = 1e-12 if isinstance(device, StochasticMTJ) else 1e-3
    assert of("A", system) == bare.exchange_stiffness > device.exchange_stiffness
    assert of("K", system) == pytest.approx(bare.anisotropy(device.anisotropy), rel=far)
    assert system.m.norm.array.max() == pytest.approx(bare.saturation_magnetisation, rel=1e-12)
    given = device.changed(renormalise="none").system(0, temperature=300.0)
    assert of("A", given) == device.exchange_stiffness
    assert of("K", given) == pytest.approx(device.anisotropy, rel=far)
    assert given.m.norm.array.max() == pytest.approx(device.saturation_magnetisation, rel=1e-12)


def test_without_temperature_nothing_is_renormalised():
    """Of a film; a disk's stairs and edge remain."""
    track = DomainWallMTJ(**FILM)
    bare = track.bare(0.0)
    assert bare.moment == bare.dmi_factor == bare.anisotropy_factor == 1
    assert bare.saturation_magnetisation == track.saturation_magnetisation
    assert abs(bare.anisotropy_offset) < 1e-9 * track.anisotropy
    disk = StochasticMTJ(**FILM)
    moment = disk.bare(0.0).saturation_magnetisation * (disk.magnetisation.norm.array > 0).sum() * disk.cell_size**2
    assert moment == pytest.approx(disk.saturation_magnetisation * np.pi / 4 * disk.diameter**2, rel=1e-12)


def test_factors_do_not_know_the_voltage_or_the_anisotropy():
    """Of a device whose K_i differs, as in the variation of devices, a voltage makes the same one."""
    one, other = StochasticMTJ(), StochasticMTJ(interface_anisotropy=1.02e-3)
    assert one.bare(300.0) == other.bare(300.0)
    assert one.bare(300.0) != StochasticMTJ(saturation_magnetisation=1.1e6).bare(300.0)
    voltages = np.array([-2.4, 0.0, 1.6])
    k = np.array([of("K", one.system(v)) for v in voltages])
    assert np.diff(k) / np.diff(voltages) == pytest.approx(
        -one.bare(300.0).anisotropy_factor * one.vcma_coefficient / one.gate_thickness / one.thickness * np.ones(2)
    )


def test_an_ellipse_of_equal_axes_is_the_disk():
    assert EllipticMTJ(aspect=1).bare(300.0) == StochasticMTJ().bare(300.0)
    assert EllipticMTJ().bare(300.0) != StochasticMTJ().bare(300.0)


@pytest.mark.parametrize(
    ("ratio", "value"),
    # Magnetometric factors of cylinders: D.-X. Chen, J. A. Brug and R. B. Goldfarb, IEEE Trans. Magn. 27, 3601 (1991),
    # table I, susceptibility 0; four digits.
    [(1.0, 0.3116), (0.1, 0.7967)],
)
def test_factors_of_a_cylinder(ratio, value):
    x, y, z = Ellipse(40e-9, 40e-9).demagnetising_factors(ratio * 40e-9)
    assert z == pytest.approx(value, abs=6e-5)
    assert x == pytest.approx(y, rel=1e-9)
    assert x + y + z == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("aspect", [1.0, 2.0])
def test_factors_are_the_limit_of_those_of_cells(aspect):
    """The stairs of ever smaller cells take a share of N that falls with the cell."""
    exact = EllipticMTJ(aspect=aspect).outline.demagnetising_factors(1.2e-9)
    coarse, fine = (
        demagnetising_factors(EllipticMTJ(aspect=aspect, cell_size=size).magnetisation)[2] for size in (4e-9, 1e-9)
    )
    assert abs(fine - exact[2]) < 0.6 * abs(coarse - exact[2])
    assert abs(fine - exact[2]) < 0.006


def test_the_rigid_spin_does_not_know_its_cells():
    """With bare parameters the macrospin is that of the outline; as given, that of the cells."""
    disks = [StochasticMTJ(cell_size=size) for size in (5e-9, 2.5e-9)]
    assert disks[0].barrier(0.0) == disks[1].barrier(0.0)
    assert disks[0].area == pytest.approx(np.pi / 4 * disks[0].diameter ** 2, rel=1e-12)
    given = [disk.changed(renormalise="none") for disk in disks]
    assert abs(given[0].barrier(0.0) / given[1].barrier(0.0) - 1) > 0.03
    assert given[0].area == pytest.approx((given[0].magnetisation.norm.array > 0).sum() * given[0].cell_size ** 2)


def test_parameters_follow_the_temperature():
    disk, track = StochasticMTJ(), DomainWallMTJ()
    warm = disk.at(330.0)
    ratio = (1 - (330 / 1120) ** 1.5) / (1 - (300 / 1120) ** 1.5)
    assert warm.saturation_magnetisation == pytest.approx(ratio * disk.saturation_magnetisation)
    assert warm.interface_anisotropy == pytest.approx(ratio**2.18 * disk.interface_anisotropy)
    assert warm.exchange_stiffness == pytest.approx(ratio**1.8 * disk.exchange_stiffness)
    assert warm.vcma_coefficient == pytest.approx(ratio**2.83 * disk.vcma_coefficient)
    assert track.at(330.0).dmi == pytest.approx(ratio**1.8 * track.dmi)
    assert warm.at(300.0).saturation_magnetisation == pytest.approx(disk.saturation_magnetisation)
    assert disk.at(300.0) is disk
    still = StochasticMTJ(**FILM)
    assert still.at(330.0).saturation_magnetisation == still.saturation_magnetisation
    assert disk.macrospin_sigma(0.0, 330.0) > still.macrospin_sigma(0.0, 330.0)


@pytest.mark.parametrize(
    ("keys", "temperature", "message"),
    [
        (
            {"diameter": 60e-9, "cell_size": 15e-9},
            300.0,
            r"cell_size 1.5e-08 m is above 3 exchange lengths, 1.41e-08 m, .*renormalise: none",
        ),
        (
            {},
            900.0,
            r"temperature 900 K is above what spin waves hold for: they take 0.\d+ off",
        ),
        ({}, 1200.0, r"temperature 1200 K .* is not below bloch_temperature 1120 K"),
    ],
)
def test_what_spin_waves_do_not_hold_for_is_refused(keys, temperature, message):
    device = StochasticMTJ(**keys)
    with pytest.raises(ValueError, match=message):
        device.bare(temperature)
    with pytest.raises(ValueError, match=message):
        device.check(temperature)
    if temperature < 1100:  # above T* there is no Ms to be given
        assert device.changed(renormalise="none").bare(temperature).moment == 1


@pytest.mark.parametrize("temperature", [-5.0, float("nan")])
def test_a_temperature_that_is_none_is_refused(temperature):
    with pytest.raises(ValueError, match=f"temperature {temperature:g} K is not 0 or more"):
        StochasticMTJ().bare(temperature)
