"""What is drawn from equilibrium is what trajectories show, and what other gates make of it is what they show."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from magbayes.compact_models.fit import analyse_fluctuation, marginals
from magbayes.micromag import Fluctuation, StochasticMTJ

DEVICE = StochasticMTJ(cell_size=8e-9, damping=0.1)
PROTOCOL = Fluctuation(replicas=64, draws=150, duration=4e-9)
VOLTAGES = (-2.4, 0.0, 2.4)


def run(voltage, temperature=300.0, seed=3, **changes):
    protocol = PROTOCOL.model_copy(update=changes)
    return protocol.run(DEVICE, voltage, temperature=temperature, seed=seed, engine="native")


@pytest.fixture(scope="module")
def ensembles():
    return [run(voltage) for voltage in VOLTAGES]


@pytest.mark.slow
def test_reweighted_widths_are_those_of_gates_that_were_left_out(ensembles):
    widest = marginals(ensembles, range(3))
    assert all(m.sigma_error < 0.01 * m.sigma for m in widest)
    for voltage in (-1.2, 1.2):
        left_out = run(voltage)
        coefficient = left_out.draws.coefficients["uniaxialanisotropy"]
        # The left-out gate brings its place but hardly a state: two chains of 64.
        few = replace(
            left_out.draws,
            magnetisation=left_out.draws.magnetisation[:2],
            energies={term: energy[:2] for term, energy in left_out.draws.energies.items()},
        )
        at = marginals([*ensembles, replace(left_out, draws=few)], range(4))[-1]
        (direct,) = marginals([left_out], [0])
        assert abs(at.sigma - direct.sigma) < 3 * np.hypot(at.sigma_error, direct.sigma_error)
        assert at.sigma_error < direct.sigma_error * 1.5
        # Control: a gate voltage that is 0.4 V off.
        shift = (ensembles[1].draws.coefficients["uniaxialanisotropy"] - coefficient) / voltage * 0.4
        wrong = replace(
            few,
            coefficients=few.coefficients | {"uniaxialanisotropy": coefficient - shift},
            energies={
                term: energy * ((coefficient - shift) / coefficient if term == "uniaxialanisotropy" else 1)
                for term, energy in few.energies.items()
            },
        )
        off = marginals([*ensembles, replace(left_out, draws=wrong)], range(4))[-1]
        assert abs(off.sigma - direct.sigma) > 3 * np.hypot(off.sigma_error, direct.sigma_error)


@pytest.mark.slow
@pytest.mark.parametrize(("voltage", "temperature"), [(2.4, 300.0), (0.0, 330.0)])
def test_trajectories_are_as_wide_as_what_was_drawn(voltage, temperature):
    """Where the start along the normal takes longest to be forgotten, and where it is hottest; three times together."""
    ensembles = [run(voltage, temperature, seed, duration=10e-9) for seed in (3, 4, 5)]
    points = [analyse_fluctuation(ensemble, 1) for ensemble in ensembles]
    assert stats.combine_pvalues([point.record_p_value for point in points]).pvalue > 1e-3
    assert stats.combine_pvalues([point.drift_p_value for point in points]).pvalue > 1e-3
    ensemble = ensembles[0]
    # Control: the first nanosecond from +z, and a third less noise.
    cold = run(voltage, temperature, draws=0, equilibration=0.0, duration=1e-9)
    assert analyse_fluctuation(replace(cold, draws=ensemble.draws), 1).record_p_value < 1e-3
    quiet = replace(ensemble, magnetisation=ensemble.magnetisation * np.float32(2 / 3) ** np.float32(0.5))
    assert analyse_fluctuation(quiet, 1).record_p_value < 1e-3
