"""R-hat sees chains that differ, in their place or in their width alone."""

import numpy as np

from magbayes.data.convergence import WORST_CONVERGENCE, convergence, with_squares

RNG = np.random.default_rng(1)
ALIKE = RNG.normal(size=(16, 200, 1))


def test_chains_of_one_distribution_agree():
    assert convergence(with_squares(ALIKE)) < WORST_CONVERGENCE


def test_chains_that_differ_do_not():
    assert convergence(ALIKE + RNG.normal(size=(16, 1, 1))) > WORST_CONVERGENCE
    # Widths that differ: means agree, squares do not.
    widths = 1 + 0.8 * (np.arange(16) % 2)[:, None, None]
    assert convergence(with_squares(widths * ALIKE)) > WORST_CONVERGENCE


def test_what_does_not_vary_agrees():
    assert convergence(np.zeros((4, 40, 2))) == 1
