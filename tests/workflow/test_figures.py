"""The numbers behind figures and tables, on made-up data."""

import numpy as np
import pytest
from scipy.stats import norm

from magbayes.compact_models.reads import SCORES
from magbayes.compact_models.residuals import left_out, marginal_residual
from magbayes.micromag.raw import RawEnsemble
from magbayes.workflow.report.figures import cost, plotting
from magbayes.workflow.report.tables import costs as tables_costs


def test_a_point_left_out_of_a_straight_line_is_found_again():
    voltage = np.array([-1.0, -0.5, 0.2, 0.4, 0.6])
    slope = np.full(len(voltage), 2.0)
    np.testing.assert_allclose(left_out(voltage, 3 + 2 * voltage, slope), 3 + 2 * voltage[1:-1], rtol=1e-12)
    curved = np.exp(3 * voltage)
    assert abs(left_out(voltage, curved, 0 * voltage)[1] / np.exp(0.6) - 1) > 0.05
    # With its slopes a curve is known far better, as from 0.2 to 0.6 here.
    assert abs(left_out(voltage, curved, 3 * curved)[2] / np.exp(1.2) - 1) < 0.01
    assert abs(left_out(voltage, curved, 0 * curved)[2] / np.exp(1.2) - 1) > 0.1


def test_what_a_marginal_leaves_over():
    """100 000 reads know a distribution to 0.0085, but for one case in a million (Dvoretzky, Kiefer and Wolfowitz)."""
    rng, at = np.random.default_rng(1), np.linspace(SCORES[0], SCORES[-1], 50)

    def residual(reads):
        magnetisation = np.stack([reads, reads, reads], axis=-1)[None, None]
        ensemble = RawEnsemble("stochastic_mtj", np.arange(len(reads)), magnetisation, np.zeros(0), np.zeros(3), {}, {})
        return np.abs(marginal_residual(ensemble, SCORES, at)).max()

    assert residual(rng.normal(scale=0.1, size=100_000)) < 0.0085
    # A uniform distribution of the same width is 0.057 from a Gaussian.
    uniform = np.abs(np.clip((at / np.sqrt(3) + 1) / 2, 0, 1) - norm.cdf(at)).max()
    assert abs(residual(rng.uniform(-0.1, 0.1, size=100_000)) - uniform) < 0.0085


def test_a_point_far_above_the_others_does_not_squeeze_them():
    axes = plotting.figure(4, 3).subplots()
    own = np.array([0.1, 1.0, 10.0]), np.array([7.0, 3.0, 2.7])
    rival = np.array([0.2, 5.0]), np.array([3.0, 2.6])
    cost.end_axis(axes, [own, rival], np.array([[2.6, 2.8], [2.5, 2.7]]))
    assert axes.get_ylim()[1] == pytest.approx(2.5 + cost.MOST_ABOVE * 0.3)
    assert [(text.get_text(), text.xy[0]) for text in axes.texts] == [("▲ 7", 0.1)]
    free = plotting.figure(4, 3).subplots()
    free.plot(*own)
    before = free.get_ylim()
    cost.end_axis(free, [own, rival], np.array([[2.6, 5.0], [2.5, 2.7]]))
    assert free.get_ylim() == before
    assert not free.texts


def test_times_of_stages_from_their_benchmarks(tmp_path):
    def benchmark(name, seconds):
        path = tmp_path / f"{name}.tsv"
        path.write_text(f"s\th:m:s\n{seconds}\t0:01:00\n", encoding="utf-8")
        return str(path)

    benchmarks = {
        "fluctuation": [benchmark("a", 60.0), benchmark("b", 90.0), str(tmp_path / "never.tsv")],
        "fit": [benchmark("c", 5.0)],
        "report": [benchmark("d", 9.0)],
    }
    table = tables_costs.stages(benchmarks)
    assert [[cell.text for cell in row] for row in table.rows] == [
        ["stochastic MTJ, fluctuation", "2", "2 min"],
        ["compact models", "1", "5 s"],
    ]
    assert tables_costs.stages({"fit": [str(tmp_path / "never.tsv")]}) is None
