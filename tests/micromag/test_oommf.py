"""Energies and fields of the native engine against OOMMF, term by term."""

import discretisedfield as df
import jax
import jax.numpy as jnp
import micromagneticmodel as mm
import numpy as np
import oommfc
import pytest

from micromag import DomainWallMTJ, StochasticMTJ
from micromag.engines import oommf
from micromag.llg.fields import energies, linear_terms
from micromag.llg.model import from_grid, to_grid, translate

# OOMMF's mu0 is the value before 2019, which differs by 1.3e-10.
RELATIVE = 1e-8


@pytest.fixture(autouse=True)
def _needs_oommf():
    try:
        oommf.require()
    except oommf.EngineNotFoundError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("device", ["smtj", "dwmtj"])
def test_random_state(device, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    case = StochasticMTJ().system(voltage=0.3) if device == "smtj" else DomainWallMTJ().system(wall=2)
    case.T = 0
    case.energy += mm.Zeeman(H=(1e4, -2e4, 3e4))
    values = np.random.default_rng(1).normal(size=case.m.array.shape)
    case.m = df.Field(case.m.mesh, nvdim=3, value=values, norm=case.m.norm)
    model, m = translate(case), to_grid(case.m.orientation.array)
    for name, value in energies(model, m).items():
        term = getattr(case.energy, name)
        reference = oommfc.compute(term.energy, case, verbose=0)
        if name == "uniaxialanisotropy":  # OOMMF counts K (1 - (m.u)^2)
            reference -= case.energy.uniaxialanisotropy.K * model.mask.sum() * model.cell_volume
        assert value == pytest.approx(reference, rel=RELATIVE), name
    for name, field in linear_terms(model).items():
        reference = oommfc.compute(getattr(case.energy, name).effective_field, case, verbose=0).array
        with jax.enable_x64(True):
            found = from_grid(np.asarray(field(jnp.asarray(m * model.mask))))
        inside = case.m.norm.array > 0
        assert found == pytest.approx(reference * inside, abs=RELATIVE * np.abs(reference).max()), name
