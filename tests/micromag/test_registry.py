"""The registry of devices: a new shape is its module and a line."""

import importlib.util
import subprocess
import sys
from types import ModuleType
from typing import Literal

import numpy as np
import pytest
from pydantic import Field

from magbayes.micromag import DomainWallMTJ, EllipticMTJ, StochasticMTJ
from magbayes.micromag.devices import registry
from magbayes.micromag.devices.build import device
from magbayes.micromag.devices.domain_wall_mtj import DomainWallTrack
from magbayes.micromag.devices.stochastic_mtj import StochasticJunction
from magbayes.micromag.protocols.variation import TrackVariation
from magbayes.workflow import code, configuration
from tests.tracks import SMALL_TRACK, small_track


class Square(StochasticJunction):
    """A square."""

    type: Literal["square"] = "square"
    rounding: float = Field(0.0, ge=0, lt=1, description="radius of the corners, m")

    @property
    def extent(self):
        return self.diameter, self.diameter

    def contains(self, x, y):
        return True

    @property
    def in_plane_symmetric(self):
        return True


class SteppedTrack(DomainWallTrack):
    """Rectangular notches."""

    type: Literal["stepped"] = "stepped"

    def notch_profile(self, distance):
        return 1.0 * (distance < self.notch_width / 2)


@pytest.fixture
def toys(monkeypatch):
    """Two further shapes, each a module and a line of the registry; and a configuration that was read after them."""
    module = ModuleType("toy_shapes")
    module.Square, module.SteppedTrack = Square, SteppedTrack
    monkeypatch.setitem(sys.modules, "toy_shapes", module)
    monkeypatch.setitem(registry.SHAPES["smtj"], "square", "toy_shapes:Square")
    monkeypatch.setitem(registry.SHAPES["dwmtj"], "stepped", "toy_shapes:SteppedTrack")
    spec = importlib.util.spec_from_file_location("configuration_with_toys", configuration.__file__)
    again = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "configuration_with_toys", again)
    spec.loader.exec_module(again)
    return again


def test_types_of_the_package():
    assert isinstance(device("smtj", {}), StochasticMTJ)
    assert isinstance(device("smtj", {"type": "ellipse", "aspect": 2.0}), EllipticMTJ)
    assert isinstance(device("dwmtj", {}), DomainWallMTJ)
    assert registry.module_of("smtj", "ellipse") == "magbayes.micromag.devices.ellipse"
    for role in registry.SHAPES:
        for name in registry.types(role):
            assert device(role, {"type": name}).model_dump()["type"] == name
    with pytest.raises(ValueError, match=r"smtj\.type: 'square' is not accepted; expected disk, ellipse"):
        device("smtj", {"type": "square"})


def test_a_new_shape_is_its_module_and_a_line(toys):
    """All that a configuration and the jobs do with a device is done with one that the package does not know."""
    values = {"smtj": {"type": "square", "diameter": 32e-9, "rounding": 0.1}, "dwmtj": {"type": "stepped"}}
    accepted = toys.validate(values)
    assert type(accepted.smtj) is Square
    assert accepted.smtj.rounding == 0.1
    built = device("smtj", accepted.dump("smtj"))
    assert built == accepted.smtj
    assert (built.magnetisation.norm.array > 0).all()
    track = device("dwmtj", accepted.dump("dwmtj"))
    assert type(track) is SteppedTrack
    assert track.shape.mean() < small_track().shape.mean()
    with pytest.raises(toys.ConfigurationError, match=r"^smtj\.rounding: 2 .* \(radius of the corners, m\)$"):
        toys.validate({"smtj": {"type": "square", "rounding": 2}})
    with pytest.raises(toys.ConfigurationError, match=r"^smtj\.type: 'round' .* expected disk, ellipse, square$"):
        toys.validate({"smtj": {"type": "round"}})
    # Control: without its line it is refused.
    with pytest.raises(configuration.ConfigurationError, match=r"^smtj\.type: 'square' is not accepted"):
        configuration.validate(values)


def test_tracks_of_any_shape_vary():
    track = SteppedTrack(**SMALL_TRACK | {"notches": 2, "notch_width": 24e-9})
    varied = TrackVariation(edge_roughness=0).draw(track, np.random.default_rng(1))
    assert isinstance(varied, SteppedTrack)
    assert varied.type == "stepped"
    cells = lambda device: device.coverage.fill  # noqa: E731
    still = varied.model_copy(update={"shifts": (0.0, 0.0), "deepenings": (0.0, 0.0)})
    moved = varied.model_copy(update={"shifts": (track.cell_size,) * 2, "deepenings": (0.0, 0.0)})
    assert np.array_equal(cells(still), cells(track))
    assert np.array_equal(cells(moved)[1:], cells(track)[:-1])
    assert not np.array_equal(cells(still), cells(small_track(notches=2, notch_width=24e-9)))


@pytest.mark.slow
def test_a_shape_is_loaded_when_it_is_asked_for():
    """A job that simulates a disk has nothing of the ellipse in it."""
    program = (
        "import sys; from magbayes.micromag.devices.build import device; device('smtj', {'type': %r}); "
        "print('magbayes.micromag.devices.ellipse' in sys.modules)"
    )
    for name, loaded in (("disk", "False"), ("ellipse", "True")):
        answer = subprocess.run([sys.executable, "-c", program % name], capture_output=True, text=True, check=True)
        assert answer.stdout.strip() == loaded


@pytest.mark.parametrize("script", ["fluctuation", "pulses", "resolution", "track_resolution", "variation"])
def test_the_code_of_a_job_is_that_of_no_other_shape(script):
    """By import statements no job depends on the registry, so that a further line of it leaves all files alone."""
    modules = code.modules_of(f"magbayes.workflow.scripts.simulate_{script}")
    devices = "magbayes.micromag.devices"
    assert f"{devices}.build" in modules
    assert not {f"{devices}.registry", f"{devices}.ellipse"} & modules
