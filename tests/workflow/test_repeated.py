"""Studies whose points repeat one experiment have mean and spread; others have not."""

import numpy as np
import pytest

from magbayes.workflow.report.study import StudyResults
from magbayes.workflow.report.tables import study as tables
from magbayes.workflow.studies.study import Study

VALUES = np.array([0.1, 0.2, 0.6])


def results(key, failures=("", "", "")):
    study = Study(study="mine", parameters={key: [0, 1, 2]}, collect=("digits/nll",))
    collected = {"digits/nll": np.stack([VALUES, VALUES, VALUES], axis=1)}
    return StudyResults(study, [{key: value} for value in range(3)], collected, list(failures), [""] * 3)


@pytest.mark.parametrize("key", ["seed", "networks.digits.data.fold.number"])
def test_repeated_points_have_mean_and_spread(key):
    table = tables.means(results(key).repeated)
    _, mean, spread, points = (cell.text for cell in table.rows[0])
    assert float(mean) == pytest.approx(VALUES.mean(), rel=1e-2)
    assert float(spread) == pytest.approx(VALUES.std(ddof=1), rel=1e-2)
    assert points == "3"


def test_points_that_differ_otherwise_have_none():
    assert results("smtj.diameter").repeated == {}
    # Nor do too few.
    assert results("seed", ("", "", "failed")).repeated == {}
