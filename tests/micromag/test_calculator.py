"""ubermag's own suite for calculators, `micromagnetictests`, run by the native engine."""

from types import SimpleNamespace

import pytest
from micromagnetictests.calculatortests import *  # noqa: F403

from magbayes.micromag import calculator as native

pytestmark = pytest.mark.slow

NO_MIF = "the engine reads no MIF file, so a drive writes none"
OOMMF_EVOLVER = "asks for an evolver of OOMMF that the engine has no equal of"
SKIPPED = {
    "TestMinDriver.test_evolver_nodriver": OOMMF_EVOLVER,
    "TestMinDriver.test_evolver_driver": OOMMF_EVOLVER,
    "TestMinDriver.test_output_files": NO_MIF,
    "TestSlonczewski.test_single_values_finite_temperature": OOMMF_EVOLVER,
    "TestTimeDriver.test_euler_evolver_nodriver": OOMMF_EVOLVER,
    "TestTimeDriver.test_theta_evolver_nodriver": OOMMF_EVOLVER,
    "TestTimeDriver.test_therm_heun_evolver_nodriver": OOMMF_EVOLVER,
    "TestTimeDriver.test_wrong_evolver": OOMMF_EVOLVER,
    "TestTimeDriver.test_output_files": NO_MIF,
    "test_schedule": "the engine runs in the Python process; there is nothing to schedule but the script itself",
}


# These take a calculator with a RelaxDriver for mumax3, which refuses DMI without exchange and repeats a system a
# finite number of times. Without one they ask what they ask OOMMF.
LIKE_OOMMF = {
    "TestDMI.test_scalar",
    "TestDMI.test_dict",
    "TestDMI.test_crystalclass_init",
    "TestDemag.test_demag_3_pbc",
}


@pytest.fixture
def case(request):
    name = request.function.__name__
    return f"{request.cls.__name__}.{name}" if request.cls else name


@pytest.fixture
def calculator(case):
    names = [name for name in native.__all__ if case not in LIKE_OOMMF or name != "RelaxDriver"]
    return SimpleNamespace(**{name: getattr(native, name) for name in names})


@pytest.fixture(autouse=True)
def _workplace(case, tmp_path, monkeypatch):
    if case in SKIPPED:
        pytest.skip(SKIPPED[case])
    monkeypatch.chdir(tmp_path)
