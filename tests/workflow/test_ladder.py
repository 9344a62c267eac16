"""Test images that are mixed with letters, from the chip to the page."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from magbayes.system.datasets import DataSettings, load_dataset
from magbayes.system.evaluation import numbers, verdict
from magbayes.system.evaluation.costs import cost_by_layer
from magbayes.system.evaluation.evaluate import evaluate
from magbayes.system.evaluation.results import blend_of, metrics_of, read_evaluation, write_evaluation
from magbayes.system.evaluation.variants import ACCELERATOR, DETERMINISTIC, DEVICE_RANGE, NOISE_OFF
from magbayes.system.metrics import paired
from magbayes.system.metrics.classification import classification_of_scores
from magbayes.system.network.posterior import Layer, Posterior, TrainedNetworks
from magbayes.system.settings import AcceleratorSettings
from magbayes.workflow.report import observations, pages
from magbayes.workflow.report.figures import system as figures
from magbayes.workflow.report.tables import quality as tables
from tests.system.conftest import FakeModels

INPUTS = 300
WORKS = [{"name": "somebody", "networks": {"DNN": {"accuracy 0": 0.9, "ece 0.5": 0.34}}}]


@pytest.fixture(scope="module")
def evaluation(tmp_path_factory):
    """Nearest class means on digits, as a posterior, of which 300 are tested and 200 mixed with letters."""
    settings = DataSettings.model_validate(
        {"source": "digits", "shifts": ["letters"], "blend": {"fractions": [0.5, 0.9], "limit": 200}}
    )
    digits = load_dataset("digits", 1, settings)
    digits = replace(digits, test_inputs=digits.test_inputs[:INPUTS], test_targets=digits.test_targets[:INPUTS])
    means = np.stack([digits.train_inputs[digits.train_targets == label].mean(axis=0) for label in range(10)], axis=1)
    weights = np.concatenate([4 * means, -2 * np.square(means).sum(axis=0)[None]])
    layer = Layer(weights, np.full(weights.shape, 0.3))
    posterior = Posterior((layer,), "classification", 1.0, 0.0, digits.train_inputs[:50], np.zeros(1))
    fixed = replace(posterior, layers=(replace(layer, std=np.zeros_like(weights)),))
    accelerator = AcceleratorSettings(samples=20, sample_interval=1e-6, sampling="columns", ideal=frozenset({"levels"}))
    found = evaluate(
        digits, TrainedNetworks(posterior, posterior, fixed), FakeModels(), accelerator, 0, chips=3, with_controls=True
    )
    path = tmp_path_factory.mktemp("ladder") / "digits.h5"
    write_evaluation(path, found, digits, {"seed": 0})
    return read_evaluation(path)


def test_a_ladder_begins_at_the_test_inputs_and_ends_elsewhere(evaluation):
    for variant, metrics in metrics_of(evaluation, "variants").items():
        ladder = blend_of(evaluation, variant)
        assert ladder["fraction"].tolist() == [0, 0.5, 0.9]
        assert observations.mixed(evaluation) == 200
        assert ladder["accuracy"][0, 0] == pytest.approx(metrics["accuracy"].value, abs=0.1)  # of 200 of the 300
        assert ladder["accuracy"][2, 0] < 0.4 < 0.8 < ladder["accuracy"][0, 0]
    # Over three chips, whose spread is in the intervals.
    assert np.ptp(blend_of(evaluation, ACCELERATOR)["nll"], axis=1).min() > 0


def test_half_of_a_letter_is_a_target(evaluation):
    targets = {target.metric for target in verdict.targets_of(evaluation)}
    assert targets == {"accuracy", "ece", "nll", "auroc_letters", "ece_blend_0.5"}
    assert [j.target.metric for j in verdict.judge(evaluation)][-2:] == ["auroc_letters", "ece_blend_0.5"]
    gap = metrics_of(evaluation, "control_gaps")[NOISE_OFF]["ece_blend_0.5"]
    assert gap.low < gap.value < gap.high
    # Without noise the figure is another one.
    assert abs(gap.value) > 0.005


def test_calibration_at_a_fraction_can_be_collected_and_is_paired(evaluation):
    """Its scores give the number itself; that of the clean inputs is another one."""
    found = numbers.number_of(evaluation, "ece_blend_0.5")
    assert found == pytest.approx(tuple(blend_of(evaluation, ACCELERATOR)["ece"][1]))
    scores = numbers.pairing_of(evaluation, "ece_blend_0.5")
    assert {values.shape for values in scores.values()} == {(3, 200)}
    by_chip = [
        classification_of_scores({name: values[chip] for name, values in scores.items()})["ece"](np.ones((1, 200)))[0]
        for chip in range(3)
    ]
    assert np.mean(by_chip) == pytest.approx(found.value, rel=1e-5)
    assert numbers.number_of(evaluation, "ece").value != pytest.approx(found.value, rel=0.1)
    ladder = blend_of(evaluation, DEVICE_RANGE)
    assert numbers.number_of(evaluation, "range_nll_blend_0.9") == pytest.approx(tuple(ladder["nll"][2]))
    both = [paired.Measured(numbers.number_of(evaluation, name), numbers.pairing_of(evaluation, name)) for name in (
        "nll_blend_0.5", "range_nll_blend_0.5")]  # fmt: skip
    gap = paired.difference("nll", *both, seed=1)
    # Of the same inputs, so that it is known better than from two intervals.
    alone = paired.independent(*(one.estimate for one in both))
    assert gap.high - gap.low < 0.5 * (alone.high - alone.low)


def test_inputs_from_elsewhere_can_be_collected(evaluation):
    """As the file has them; of shifts that it has not the line says which it has."""
    metrics = metrics_of(evaluation, "variants")
    assert numbers.number_of(evaluation, "auroc_letters") == metrics[ACCELERATOR]["auroc_letters"]
    assert numbers.number_of(evaluation, "software_auroc_letters") == metrics["software"]["auroc_letters"]
    assert numbers.pairing_of(evaluation, "auroc_letters") == {}
    with pytest.raises(ValueError, match="digits/auroc_noise: these data have no such inputs; accepted: auroc_letters"):
        numbers.number_of(evaluation, "auroc_noise")
    area = numbers.number_of(evaluation, "area")
    assert area.value == pytest.approx(cost_by_layer(evaluation, "area").sum())
    assert area.low < area.value < area.high
    assert np.quantile(numbers.pairing_of(evaluation, "area")[paired.DRAWS], 0.025) == pytest.approx(area.low)


def test_the_page_shows_it_beside_what_was_published(evaluation):
    table = tables.ladder(evaluation, WORKS)
    assert table.columns == [
        "network",
        *(f"{n}, {f}" for f in (0, 0.5) for n in ("accuracy (%)", "ECE (%)", "NLL (nat)")),
    ]
    rows = {row[0].text: [cell.text for cell in row[1:]] for row in table.rows}
    assert rows["somebody: DNN"] == ["90.0", "–", "–", "–", "34.0", "–"]
    ladder = blend_of(evaluation, DETERMINISTIC)
    assert float(rows["deterministic"][4]) == pytest.approx(100 * ladder["ece"][1, 0], abs=0.05)
    panels = figures.ladder(evaluation).axes
    assert [axes.get_ylabel() for axes in panels] == [
        "accuracy (%)", "ECE (%)", "aleatoric entropy (nat)", "epistemic entropy (nat)",
    ]  # fmt: skip
    shown = panels[1].containers[0].lines[0].get_ydata()
    assert shown == pytest.approx(100 * ladder["ece"][:, 0])


def test_the_same_letters_come_again_by_the_seed():
    settings = DataSettings.model_validate({"source": "digits", "shifts": ["letters"], "shift_limit": 5})
    one, again, other = (load_dataset("digits", seed, settings).shifted["letters"] for seed in (1, 1, 2))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


def test_no_figure_has_the_name_of_a_table():
    """A page with both is refused; only scenarios that mix images have these."""
    templates = Path(pages.__file__).parent / "templates"
    names = {"figure": [], "table": []}
    for path in templates.glob("*.j2"):
        for kind, name in re.findall(r'page\.(figure|table)\("(\w+)"', path.read_text(encoding="utf-8")):
            names[kind].append(name)
    assert "ladder_" in names["figure"]
    assert not set(names["figure"]) & set(names["table"])
