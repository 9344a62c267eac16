"""A compact model with a marginal far from Gaussian."""

import numpy as np
import pytest

from magbayes.compact_models import CompactModels
from magbayes.compact_models.fit import fit_domain_wall_mtj, fit_stochastic_mtj


@pytest.fixture(scope="session")
def models(fluctuation, pulses, rest, varied, held):
    ensembles = [
        fluctuation(v, lambda z, w=w: w * np.arctan(2 * z), seed=i)
        for i, (v, w) in enumerate(((-1.0, 0.1), (0.0, 0.2), (1.0, 0.3)))
    ]
    smtj = fit_stochastic_mtj(ensembles, varied, seed=1)[0]
    return CompactModels({300.0: smtj}, fit_domain_wall_mtj(pulses, rest, varied, held), 300.0)
