"""Verdicts on made-up results: met and missed, significant or not, and what causes a miss."""

import warnings
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from magbayes.data.container import Contents
from magbayes.data.estimate import Estimate
from magbayes.system.cost.work import RIVAL_PARTS
from magbayes.system.evaluation import verdict
from magbayes.system.evaluation.controls import controls
from magbayes.system.evaluation.variants import ACCELERATOR, DEVICE_RANGE, LABELS, NOISE_OFF, SOFTWARE
from magbayes.system.metrics.classification import calibration_error_of
from magbayes.system.metrics.resampling import bootstrapped, mean_of, share_of
from magbayes.system.network.posterior import Layer, Posterior
from magbayes.system.settings import AcceleratorSettings
from magbayes.workflow.report import answer, spending, statements
from magbayes.workflow.report.figures import cost as cost_figures
from magbayes.workflow.report.tables import quality as tables

COUNT, SEED = 2000, 1
UNSURE = 0.002
"""Half of the interval of what a control is off."""
ACCURACY, ECE, NLL = verdict.TARGETS["classification"]
RMSE, COVERAGE, _ = verdict.TARGETS["regression"]


def contents(task, predictions, metrics, targets, ablation=(), controls=()):
    """Results of `predictions` by variant and `metrics` by variant, as they are read from a file."""
    data = {"task": np.array([task]), "variants/names": np.array(list(metrics)), "test/target": targets}
    for variant, arrays in predictions.items():
        data |= {f"variants/{variant}/test/{name}": values for name, values in arrays.items()}
    for variant, figures in metrics.items():
        data |= {f"variants/{variant}/metrics/{name}": np.array(value) for name, value in figures.items()}
    for chip, figures in dict(ablation).items():
        data |= {f"ablation/{chip}/{name}": np.array((value, value, value)) for name, value in figures.items()}
    for chip, figures in dict(controls).items():
        data |= {f"controls/{chip}/{name}": np.array((value, value, value)) for name, value in figures.items()}
        for name, value in figures.items():
            gap = value - metrics[DEVICE_RANGE][name].value
            data[f"control_gaps/{chip}/{name}"] = np.array((gap, gap - UNSURE, gap + UNSURE))
    return Contents(Path("file.h5"), data, {}, {"seed": SEED})


def classification(wrong, ablation=(), between_chips=0.0, controls=()):
    """Two classes, confidence 0.9; the first `wrong[variant]` inputs of each variant are wrong."""
    predictions, metrics, labels = {}, {}, np.zeros(COUNT, int)
    for variant, number in wrong.items():
        first = np.where(np.arange(COUNT) < number, 0.1, 0.9)
        predictions[variant] = {"probability": np.stack([first, 1 - first], axis=1)}
        ece = calibration_error_of(predictions[variant]["probability"], labels)
        right = share_of(np.arange(COUNT) >= number)
        nll = bootstrapped(mean_of(-np.log(first)), COUNT, SEED)
        metrics[variant] = {"accuracy": right, "ece": bootstrapped(ece, COUNT, SEED), "nll": nll}
    if between_chips:
        value, low, high = metrics[ACCELERATOR]["accuracy"]
        ends = value - np.hypot(value - low, between_chips), value + np.hypot(high - value, between_chips)
        metrics[ACCELERATOR]["accuracy"] = Estimate(value, *ends)
    return contents("classification", predictions, metrics, labels, ablation, controls)


def regression(scale, held, ablation=()):
    """Errors of software times `scale`; the first `held[variant]` targets lie in the 90 % interval."""
    rng = np.random.default_rng(1)
    error, targets, predictions, metrics = rng.normal(size=COUNT), 10 + rng.normal(size=COUNT), {}, {}
    for variant, factor in scale.items():
        inside = np.arange(COUNT) < held[variant]
        half = np.where(inside, 1.0, -1.0)
        scores = (factor * error) ** 2 / 2
        predictions[variant] = {
            "nll": scores,
            "mean": targets + factor * error,
            "quantiles": np.stack([targets - half, targets, targets + half]),
        }
        mean_square = mean_of((factor * error) ** 2)
        rmse = bootstrapped(lambda weights, f=mean_square: np.sqrt(f(weights)), COUNT, SEED)
        nll = bootstrapped(mean_of(scores), COUNT, SEED)
        metrics[variant] = {"rmse": rmse, "coverage_90": share_of(inside), "nll": nll}
    return contents("regression", predictions, metrics, targets, ablation)


@pytest.mark.parametrize(
    ("accuracy", "ece", "blind", "said"),
    [
        (0.901, 0.005, True, "cannot tell: a chip without noise is not rejected"),
        (0.90, 0.05, False, "met"),  # its calibration is rejected
        (0.80, 0.0, False, "met"),  # its accuracy is
    ],
)
def test_targets_that_a_chip_without_noise_meets_cannot_tell(accuracy, ece, blind, said):
    """Software has an accuracy of 0.9 and an ECE of 0; the targets are half a point and a point."""
    nll = 0.1 * -np.log(0.1) + 0.9 * -np.log(0.9)
    figures = {"accuracy": accuracy, "ece": ece, "nll": nll}
    evaluation = classification(
        {DEVICE_RANGE: 200, ACCELERATOR: 200, SOFTWARE: 200},
        controls={NOISE_OFF: figures, "sigma × 2": {"accuracy": 0.5, "ece": 0.3, "nll": 1.0}},
    )
    judgements = verdict.judge(evaluation)
    assert {j.blind for j in judgements} == {blind}
    assert {statements.verdict(j) for j in judgements} == {said}
    details = answer.fidelity({"digits": judgements}).details
    assert ("digits: no target rejects a chip without noise, so that these cannot tell." in details) == blind
    names = {"digits": ["noise off", "sigma × 2"]}
    rejected = "1 of 2 (not noise off)" if blind else "2 of 2"
    untold = " Where chips without noise meet the targets (digits), the targets say nothing of the stochastic MTJs."
    assert statements.controlled({"digits": judgements}, names) == (
        f"Of the chips with wrong noise the targets reject: digits {rejected}.{untold if blind else ''}"
    )
    assert statements.controlled({"digits": judgements}, {"digits": []}) == ""
    shown = tables.controls(verdict.metrics_of(evaluation, "controls"), judgements[0].passed_by)
    assert [row[-1].text for row in shown.rows] == ["no" if blind else "yes", "yes"]


@pytest.mark.parametrize(
    ("passed", "said"),
    [
        ((), []),
        (("sigma × 0.5",), ["sigmas of another size"]),
        (("one sigma a layer", "sigmas permuted"), ["permuted or equal sigmas"]),
        ((NOISE_OFF, "sigma × 2", "sigmas permuted"), ["chips without noise", "sigmas of", "permuted or equal"]),
    ],
)
def test_what_a_control_that_passes_means_is_said_of_it_alone(passed, said):
    evaluation = classification({DEVICE_RANGE: 200, ACCELERATOR: 200, SOFTWARE: 200})
    judgements = [judgement._replace(passed_by=passed) for judgement in verdict.judge(evaluation)]
    layers = (Layer(np.ones((2, 1)), np.ones((2, 1))),)
    posterior = Posterior(layers, "regression", 1.0, 0.0, np.ones((1, 1)), np.zeros(1))
    names = [name for name, *_ in controls(posterior, AcceleratorSettings(), seed=1)]
    assert set(passed) <= set(names)
    text = statements.controlled({"digits": judgements}, {"digits": names})
    assert [f"Where {kind}" in text for kind in said] == [True] * len(said)
    assert text.count("Where") == len(said)


@pytest.mark.parametrize(("gap", "passes"), [(-0.0065, True), (-0.0075, False)])
def test_a_control_is_rejected_by_an_interval_beyond_the_target(gap, passes):
    """Half a point is allowed, and the interval reaches 0.2 points to either side."""
    figures = {"accuracy": 0.9 + gap, "ece": 0.0, "nll": -0.1 * np.log(0.1) - 0.9 * np.log(0.9)}
    wrong = dict.fromkeys((DEVICE_RANGE, ACCELERATOR, SOFTWARE), 200)
    assert (NOISE_OFF in verdict.passing(classification(wrong, controls={NOISE_OFF: figures}))) == passes


def with_letters(evaluation, scores, mixed):
    """The same results with entropies of 100 inputs from elsewhere, and an ECE of inputs that are half of letters."""
    for variant, of_letters in scores.items():
        start = f"variants/{variant}/"
        evaluation.data[f"{start}test/aleatoric"] = np.linspace(0, 0.9, COUNT)
        evaluation.data[f"{start}test/epistemic"] = np.linspace(0, 0.1, COUNT)
        evaluation.data[f"{start}shifted/letters"] = np.full(100, of_letters)
        evaluation.data[f"{start}metrics/auroc_letters"] = np.full(3, of_letters)
        evaluation.data[f"{start}blend/fraction"] = np.array([0.0, 0.5])
        evaluation.data[f"{start}blend/ece"] = mixed[variant] + np.array([[0.0, -0.01, 0.01]] * 2)
    return evaluation


def test_what_is_from_elsewhere_and_what_is_half_of_it_have_targets():
    wrong = dict.fromkeys((DEVICE_RANGE, ACCELERATOR, SOFTWARE), 200)
    scores = {DEVICE_RANGE: 0.8, ACCELERATOR: 0.75, SOFTWARE: 0.8}
    evaluation = with_letters(classification(wrong), scores, {DEVICE_RANGE: 0.1, ACCELERATOR: 0.115, SOFTWARE: 0.1})
    auroc, mixed = verdict.judge(evaluation)[3:]
    # An entropy of 0.8 is above that of 80 % of the test inputs.
    assert auroc.gap.value == pytest.approx(-0.05, abs=1e-3)
    assert statements.verdict(auroc).startswith("missed by 0.030")
    assert mixed.gap == pytest.approx((0.015, 0.015 - 0.01 * np.sqrt(2), 0.015 + 0.01 * np.sqrt(2)))
    assert (mixed.met, mixed.significant) == (True, False)
    assert mixed.target.text == "ECE at a blend of 0.5"
    assert [
        j.gap.value
        for j in verdict.judge(
            with_letters(classification(wrong), dict.fromkeys(scores, 0.8), dict.fromkeys(scores, 0.1))
        )
    ] == [0.0] * 5


def test_without_controls_a_verdict_is_what_it_was():
    judgements = verdict.judge(classification({DEVICE_RANGE: 200, ACCELERATOR: 200, SOFTWARE: 200}))
    assert not any(j.blind or j.passed_by for j in judgements)


def test_a_missed_target_is_missed_whatever_the_controls_do():
    controls = {NOISE_OFF: {"accuracy": 0.9, "ece": 0.0, "nll": 0.325}}
    judgements = verdict.judge(classification({DEVICE_RANGE: 200, ACCELERATOR: 500, SOFTWARE: 200}, controls=controls))
    assert statements.verdict(judgements[0]).startswith("missed by")


def test_the_same_predictions_meet_every_target_for_sure():
    for evaluation in (
        classification({DEVICE_RANGE: 200, ACCELERATOR: 200, SOFTWARE: 200}),
        regression(
            dict.fromkeys((DEVICE_RANGE, ACCELERATOR, SOFTWARE), 1.0),
            dict.fromkeys((DEVICE_RANGE, ACCELERATOR, SOFTWARE), 1800),
        ),
    ):
        for judgement in verdict.judge(evaluation):
            assert judgement.gap.value == 0
            assert judgement.met
            assert judgement.significant
            assert statements.verdict(judgement) == "met"
            assert statements.main_cause(judgement, True) == "–"


def test_a_gap_of_accuracy_is_known_input_by_input():
    """16 of 2000 inputs are lost: the difference has a std of sqrt(16)/2000; unpaired it would be 5 times as wide."""
    judgement = verdict.judge(classification({DEVICE_RANGE: 200, ACCELERATOR: 216, SOFTWARE: 200}))[0]
    assert judgement.target is ACCURACY
    assert judgement.gap.value == pytest.approx(-0.008)
    half = 1.96 * np.sqrt(16) / COUNT
    # 500 resamples know a quantile to about 8 %, and the difference comes in steps of an input, 13 % of it.
    assert judgement.gap.value - judgement.gap.low == pytest.approx(half, rel=0.25)
    assert judgement.gap.high - judgement.gap.value == pytest.approx(half, rel=0.25)
    assert not judgement.met
    # As many as make the side that faces the target, 0.4 points, as wide as the 0.3 points to it; rounded up.
    half = judgement.gap.high - judgement.gap.value
    assert judgement.needed == pytest.approx(COUNT * (half / 0.003) ** 2)
    assert 3000 < judgement.needed < 4000
    assert statements.verdict(judgement) == "missed by 0.3 points, not significant"
    assert statements.doubt(judgement) == "the interval crosses the target: about 4000 inputs are needed"


def test_a_large_gap_is_missed_for_sure_and_a_small_one_met():
    missed = verdict.judge(classification({DEVICE_RANGE: 200, ACCELERATOR: 300, SOFTWARE: 200}))[0]
    assert (missed.met, missed.significant) == (False, True)
    assert statements.verdict(missed) == "missed by 4.5 points"
    met = verdict.judge(classification({DEVICE_RANGE: 200, ACCELERATOR: 201, SOFTWARE: 200}))[0]
    assert (met.met, met.significant) == (True, True)
    # As far on the good side: an array that is better than its posterior computes something else.
    better = verdict.judge(classification({DEVICE_RANGE: 200, ACCELERATOR: 100, SOFTWARE: 200}))[0]
    assert (better.met, better.significant) == (False, True)


def judged(gap):
    estimate = Estimate(0.9, 0.88, 0.92)
    return verdict.Judgement(ACCURACY, estimate, estimate, Estimate(*gap), None)


def test_a_p_value_says_what_the_interval_does():
    """The limit is 0.005: 1.96 standard errors on the side that faces it are the edge."""
    for gap in ((0.0, -0.005, 0.005), (0.008, 0.005, 0.02), (-0.008, -0.03, -0.005), (0.004, -0.002, 0.005)):
        assert judged(gap).p_value == pytest.approx(0.025)
    assert judged((0.0, -0.0025, 0.0025)).p_value == pytest.approx(stats.norm.sf(2 * 1.96), rel=1e-3)
    # Of both limits that which is less sure.
    assert judged((0.001, -0.02, 0.002)).p_value == pytest.approx(stats.norm.sf(1.96 * 6 / 21), rel=1e-3)
    assert judged((0.0, 0.0, 0.0)).p_value == 0


def test_many_targets_are_less_sure_together():
    """Benjamini and Yekutieli: of 13 alike, each needs a p that is 3.18 times smaller; a sure one stays sure."""
    single, sure = judged((0.0, -0.0048, 0.0048)), judged((0.0, -0.001, 0.001))
    assert single.significant
    assert verdict.jointly([single]) == [True]
    assert verdict.jointly([single] * 13) == [False] * 13
    assert verdict.jointly([single] * 12 + [sure]) == [False] * 12 + [True]
    text = answer.fidelity({"digits": [single] * 12 + [sure]}).text
    assert "Tested together, 1 of 13 verdict is significant (false discovery rate below 2.5 %)." in text
    assert "together" not in answer.fidelity({"digits": [sure] * 13}).text


def test_the_spread_between_chips_widens_the_gap():
    wrong = {DEVICE_RANGE: 200, ACCELERATOR: 201, SOFTWARE: 200}
    alone, many = (verdict.judge(classification(wrong, between_chips=b))[0] for b in (0.0, 0.02))
    assert alone.significant
    assert not many.significant
    assert alone.needed is None
    assert statements.doubt(many).endswith("more chips are needed")
    assert many.gap.high - many.gap.value == pytest.approx(np.hypot(alone.gap.high - alone.gap.value, 0.02), rel=1e-3)


def test_a_ratio_of_errors_and_a_coverage():
    evaluation = regression(
        {DEVICE_RANGE: 1.0, ACCELERATOR: 1.05, SOFTWARE: 0.8}, {DEVICE_RANGE: 1800, ACCELERATOR: 1850, SOFTWARE: 1900}
    )
    rmse, coverage, nll = verdict.judge(evaluation)
    # Every error is 5 % larger, so no resample differs.
    assert rmse.gap == pytest.approx((0.05, 0.05, 0.05), abs=1e-5)  # float32 weights
    assert statements.verdict(rmse) == "missed by 2.0 %"
    assert coverage.gap.value == pytest.approx(0.025)
    assert coverage.met
    assert not coverage.significant
    # Half of the mean square, which is near 1, grows by a tenth.
    assert nll.gap.value == pytest.approx((1.05**2 - 1) / 2, rel=0.05)
    assert statements.verdict(nll).startswith("missed by 0.002 nat, not significant")
    cost = dict(verdict.restriction(evaluation))
    assert cost[RMSE].value == pytest.approx(0.25)
    assert cost[COVERAGE].value == pytest.approx(-0.05)


ABLATION = {
    "ideal": {"accuracy": 0.9, "ece": 0.02},
    "only adc": {"accuracy": 0.85, "ece": 0.01},
    "only sigma_spread": {"accuracy": 0.93, "ece": 0.05},
    "only dac": {"accuracy": 0.89, "ece": 0.02},
}


def test_the_main_cause_of_a_miss_acts_in_its_direction():
    wrong = {DEVICE_RANGE: 200, ACCELERATOR: 300, SOFTWARE: 200}
    accuracy, ece, nll = verdict.judge(classification(wrong, ABLATION))
    assert nll.cause is None  # which this ablation does not know
    assert accuracy.cause == pytest.approx(("adc", -0.05))
    assert statements.main_cause(accuracy, True) == "quantisation by the ADC (−5.0 points alone)"
    assert ece.cause == pytest.approx(("sigma_spread", 0.03))
    better = verdict.judge(classification({**wrong, ACCELERATOR: 100}, ABLATION))[0]
    assert better.cause == pytest.approx(("sigma_spread", 0.03))


def test_a_miss_that_no_imperfection_explains():
    harmless = {chip: {"accuracy": 0.9, "ece": 0.02} for chip in ABLATION}
    judgement = verdict.judge(classification({DEVICE_RANGE: 200, ACCELERATOR: 300, SOFTWARE: 200}, harmless))[0]
    assert judgement.cause is None
    assert statements.main_cause(judgement, True) == "no single imperfection"
    assert statements.main_cause(judgement, False) == "no ablation in this run"


def test_the_sentence_names_what_is_missed_and_why():
    bad = verdict.judge(classification({DEVICE_RANGE: 200, ACCELERATOR: 300, SOFTWARE: 200}, ABLATION))
    good = verdict.judge(
        regression(
            dict.fromkeys((DEVICE_RANGE, ACCELERATOR, SOFTWARE), 1.0),
            dict.fromkeys((DEVICE_RANGE, ACCELERATOR, SOFTWARE), 1800),
        )
    )
    said = answer.fidelity({"digits": bad, "cubic": good})
    assert said.text.startswith("In 3 of 6 metrics the difference is within the target.")
    missed = "digits: accuracy missed by 4.5 points (difference −5.0 points); main cause: "
    assert said.details[0] == f"{missed}quantisation by the ADC (−5.0 points alone)."
    assert len(said.details) == 3
    assert not answer.fidelity({"cubic": good}).details
    rows = tables.verdicts({"digits": bad, "cubic": good}, {"digits": True, "cubic": False}).rows
    assert [row[2].text for row in rows][3:] == ["met", "met", "met"]
    assert rows[0][7].text == "quantisation by the ADC (−5.0 points alone)"


def test_a_coverage_far_from_its_nominal_value_is_a_limitation():
    scale = dict.fromkeys((DEVICE_RANGE, ACCELERATOR, SOFTWARE), 1.0)

    def limitations(held):
        evaluation = regression(scale, {DEVICE_RANGE: held, ACCELERATOR: held, SOFTWARE: 1800})
        return statements.warnings({"cubic": evaluation})

    assert limitations(1800) == []
    # 85.5 % is within 5 points of 90 %, 84.5 % is not.
    assert limitations(1710) == []
    assert limitations(1690) == [
        "cubic: coverage of the 90 % interval is 84.5 % on the accelerator (software BNN: 90.0 %)"
    ]


def test_every_variant_has_a_label_of_its_own():
    assert len(set(LABELS.values())) == len(LABELS)
    rows = tables.metrics_table("network", {key: {"ece": Estimate(0.1, 0.0, 0.2)} for key in LABELS}, ["ece"]).rows
    assert [row[0].text for row in rows] == list(LABELS.values())
    assert [row[1].text for row in rows] == ["10.0"] * len(LABELS)


def _beside(ratio, network="sums", samples=(1, 100)):
    """A file's circuits: digital logic that takes three times as much, and an SRAM macro with `ratio`, by passes."""
    count = len(samples)
    rivals = {
        "hardware": np.array(["digital"] * count + ["sram"] * count),
        "network": np.array(["weights"] * count + [network] * count),
        "generator": np.array(["gaussian_22nm"] * count + ["gaussian_65nm_lowest"] * count),
        "samples": np.array([*samples, *samples]),
        "total": 1e-9 * np.array([[3.0, 2.0, 4.0]] * count + [ratio] * count),
        "ratio": np.array([[3.0, 2.0, 4.0]] * count + [ratio] * count),
    }
    data = {f"rivals/{name}": values for name, values in rivals.items()}
    data |= {f"rivals/energy/{part}": np.zeros(2 * count) for part in RIVAL_PARTS}
    data |= {"variants/names": np.array(["dropout", "accelerator"]), "cost/samples": np.array(100)}
    data |= {f"variants/{name}/metrics/nll": np.full(3, nll) for name, nll in (("dropout", 0.2), ("accelerator", 0.3))}
    return Contents(Path("file.h5"), data, {}, {})


@pytest.mark.parametrize(
    ("ratio", "text"),
    [
        ([2.0, 1.5, 4.0], "0.5 (0.25 to 0.67) times the energy of SRAM macro (BNN, sums drawn)"),
        ([0.5, 0.2, 0.8], "2 (1.2 to 5) times the energy of SRAM macro (BNN, sums drawn)"),
        ([0.5, 0.25, 2.0], "2 (0.5 to 4) times the energy of SRAM macro (BNN, sums drawn), not significant"),
    ],
)
def test_the_array_beside_the_best_other_circuit(ratio, text):
    assert spending.same_network(_beside(ratio)) == text
    assert spending.others(_beside(ratio)) == [f"Array: {text}, NLL 0.3."]


def test_other_networks_are_said_beside_it():
    array, dropout = spending.others(_beside([0.1, 0.05, 0.2], "dropout"))
    assert array.startswith("Array: 0.33 (0.25 to 0.5) times the energy of digital logic (BNN, weights drawn)")
    assert dropout == "MC dropout (SRAM macro): 0.1 (0.05 to 0.2) times the energy of the array, NLL 0.2 in software."


def test_a_bar_that_goes_on_beyond_the_frame_leaves_the_figure_whole():
    found, other = _beside([0.5, 0.2, 0.8], "dropout"), _beside([0.5, 0.2, 0.8])
    found.data.update({name: np.append(of, other[name], axis=0) for name, of in found.data.items() if "rivals" in name})
    spent = {f"cost/energy/{part}": np.zeros(1) for part in cost_figures.PARTS}
    spent |= {"cost/energy/adc": np.array([3e-9]), "cost/total": 1e-9 * np.array([3.0, 2.0, 300.0])}
    found.data.update(spent)
    drawing = cost_figures.rivals({"digits": found})
    with warnings.catch_warnings():
        warnings.filterwarnings("error", "constrained_layout")  # where there is no place for all
        drawing.draw_without_rendering()
    assert [text.get_text() for text in drawing.axes[0].texts if "►" in text.get_text()] == [" ► 3"]


def test_a_network_is_compared_at_the_passes_of_the_array():
    """A rival of one pass is no rival of a hundred."""
    few = _beside([0.5, 0.2, 0.8], samples=(1,))
    assert spending.same_network(few) == "no other circuit to compare it with"


def test_a_miss_is_never_by_nothing():
    """Half a point is allowed: what is missed by less than a digit of the table is said in one that is not 0."""
    near = judged((0.0050004, 0.0050003, 0.0050005))
    assert statements.verdict(near) == "missed by 4 × 10⁻⁵ points"
    assert statements.verdict(judged((0.0056, 0.0055, 0.0057))) == "missed by 0.1 points"


def test_what_the_noise_changes_is_counted_both_ways():
    more, less, same = Estimate(0.1, 0.05, 0.2), Estimate(-0.1, -0.2, -0.05), Estimate(0.0, -0.1, 0.1)
    said = answer.noise({"a": {"auroc_x": more, "nll": same}, "b": {"auroc_x": less, "nll": more}}).text
    assert "elsewhere is significantly higher on 1 and lower on 1 of 2 tests" in said
    assert "the NLL is significantly higher on 1 of 2 data sets." in said
    assert answer.noise({"a": {"nll": same}}).text.endswith("the NLL does not change significantly.")
    assert answer.noise({"a": {"nll": same}, "b": {"nll": same}}).text.endswith("on any of 2 data sets.")
