"""Energies and fields of the native engine against OOMMF, term by term."""

import contextlib
import tempfile
import threading
import time

import jax
import jax.numpy as jnp
import numpy as np
import psutil
import pytest

from magbayes.micromag import StochasticMTJ, simulate
from magbayes.micromag.engines import EngineError, boxsi
from magbayes.micromag.llg.fields import energies, linear_terms
from magbayes.micromag.llg.model import from_grid, to_grid, translate
from tests import oommf_cases as cases

pytestmark = pytest.mark.usefixtures("needs_oommf")

# OOMMF's mu0 is the value before 2019, which differs by 1.3e-10.
RELATIVE = 1e-8


@pytest.mark.parametrize("device", cases.DEVICES)
def test_random_state(device, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    case = cases.random_state(device)
    model, m = translate(case), to_grid(case.m.orientation.array)
    assert energies(model, m) == pytest.approx(cases.oommf_energies(case), rel=RELATIVE)
    for name, field in linear_terms(model).items():
        reference = cases.oommf_compute(getattr(case.energy, name).effective_field, case).array
        with jax.enable_x64(True):
            found = from_grid(np.asarray(field(jnp.asarray(m * model.mask))))
        inside = case.m.norm.array > 0
        assert found == pytest.approx(reference * inside, abs=RELATIVE * np.abs(reference).max()), name


def test_a_killed_oommf_is_one_error_and_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def ours():
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if process.cwd().startswith(str(tmp_path)) and process.status() != psutil.STATUS_ZOMBIE:
                    yield process

    def kill():
        for _ in range(300):
            for process in ours():
                with contextlib.suppress(psutil.Error):
                    if "boxsi" in " ".join(process.cmdline()) and process.name() == "oxs":
                        time.sleep(0.3)
                        process.kill()
                        return
            time.sleep(0.1)

    thread = threading.Thread(target=kill)
    thread.start()
    with pytest.raises(EngineError, match=r"ended with status .*smtj\.mif"):
        simulate(StochasticMTJ().system(), replicas=1, duration=1e-6, sample_interval=1e-9, seed=1, engine="oommf")
    thread.join()
    psutil.wait_procs(list(ours()), timeout=5)
    assert not list(ours())


def test_memory_that_was_used_before_changes_no_noise(monkeypatch):
    keys = {"replicas": 2, "duration": 4e-12, "sample_interval": 2e-12, "seed": 3, "engine": "oommf"}
    first = simulate(StochasticMTJ().system(), **keys).magnetisation
    monkeypatch.setattr(boxsi, "CLEAN_MEMORY", {"MALLOC_PERTURB_": "1"})
    dirty = simulate(StochasticMTJ().system(), **keys).magnetisation
    # What is guarded against: without it, OOMMF begins with a number that nobody drew.
    assert not np.array_equal(first, dirty)
    monkeypatch.undo()
    monkeypatch.setenv("MALLOC_PERTURB_", "1")
    assert np.array_equal(first, simulate(StochasticMTJ().system(), **keys).magnetisation)
