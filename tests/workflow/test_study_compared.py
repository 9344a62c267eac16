"""Studies: the point that others are compared with, what can be seen, and how numbers follow parameters."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy.constants import k, mu_0

from magbayes.compact_models.numbers import OfCells
from magbayes.data import container
from magbayes.data.estimate import Estimate
from magbayes.micromag.devices.device import demagnetising_factors
from magbayes.system.metrics.paired import RESAMPLES, Measured
from magbayes.workflow import forecast
from magbayes.workflow.configuration import ConfigurationError, validate
from magbayes.workflow.report import study as study_report
from magbayes.workflow.report.conclusion import conclusions
from magbayes.workflow.report.tables import study as study_tables
from magbayes.workflow.sources import merge
from magbayes.workflow.studies import resolving, sensitivities
from magbayes.workflow.studies.plan import make_plan
from magbayes.workflow.studies.points import KIND, VERSION, Point, cells_in, contents, pairing_in
from magbayes.workflow.studies.resolving import foreseen, line, sight
from magbayes.workflow.studies.study import read_study
from magbayes.workflow.tasks import tasks_of
from tests.workflow.conftest import TINY, write_study

DAMPINGS = {"smtj.damping": [0.2, 0.3, 0.4]}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"parameters": DAMPINGS}, 1),  # that of the base
        ({"parameters": {"smtj.damping": [0.2, 0.4]}}, 0),  # the first, where none is
        ({"parameters": DAMPINGS, "settings": {"smtj": {"damping": 0.4}}}, 2),
        ({"parameters": DAMPINGS, "reference": {"smtj.damping": 0.2}}, 0),
        ({"parameters": DAMPINGS | {"seed": [1, 2]}, "reference": {"smtj.damping": 0.4, "seed": 2}}, 5),
    ],
)
def test_the_reference(tmp_path, changes, expected):
    assert make_plan(write_study(tmp_path, **changes)).reference == expected


@pytest.mark.parametrize(
    ("changes", "parts"),
    [
        (
            {"reference": {"smtj.damping": 0.5}},
            ["reference: 0 of 2 points have smtj.damping = 0.5", "smtj.damping = 0.3"],
        ),
        ({"reference": {"temperature": 300}}, ["reference.temperature: no parameter", "smtj.damping"]),
        (
            {"parameters": DAMPINGS | {"seed": [1, 2]}, "reference": {"seed": 2}},
            ["reference: 3 of 6 points have seed = 2", "expected the values of one point"],
        ),
        ({"reference": 3}, ["reference: 3 is not accepted"]),
        ({"resolve": {"digits/nll": 0.01}}, ["resolve.digits/nll: not collected", "smtj/sigma_ratio"]),
        ({"resolve": {"smtj/sigma_ratio": 0}}, ["resolve.smtj/sigma_ratio", "greater than 0"]),
    ],
)
def test_a_wrong_reference_or_change_gets_one_line(tmp_path, changes, parts):
    with pytest.raises(ConfigurationError) as caught:
        read_study(write_study(tmp_path, **changes))
    assert "\n" not in str(caught.value)
    for part in parts:
        assert part in str(caught.value)


def networks(rng, levels, chips=4, inputs=120):
    """NLL of networks whose levels differ, on inputs and chips that all share."""
    common = rng.exponential(0.1, inputs) + 0.01 * rng.standard_normal((chips, 1))
    return [level + common + 0.005 * rng.standard_normal((chips, inputs)) for level in levels]


def batch_of(folder, plan, rng):
    """Files of a plan's batches: sigma goes with the cube of the damping, NLL with its root."""
    dampings = [point["smtj.damping"] for point in plan.points]
    scores = networks(rng, [0.1 * (damping / 0.3) ** 0.5 for damping in dampings])
    drawn = 0.02 * rng.standard_normal(64)
    paths = []
    for number, rows in enumerate(plan.batches.values()):
        points = []
        for members in rows:
            damping, nll = dampings[members[0]], scores[members[0]].astype(np.float32)
            sigma = 1e-6 * damping**3
            numbers = {
                "smtj/sigma_largest": Estimate(sigma, 0.96 * sigma, 1.04 * sigma),
                "digits/nll": Estimate(float(nll.mean()), float(nll.mean()) - 0.05, float(nll.mean()) + 0.05),
            }
            pairing = {"smtj/sigma_largest": {RESAMPLES: sigma * (1 + drawn)}, "digits/nll": {"nll": nll}}
            cells = {"smtj/sigma_largest": OfCells(0.8, np.array([[-0.2, 0.01], [-5, 0.1], [4, 0.1], [0.6, 0.02]]))}
            points.append(Point(str(damping), numbers, "", (), pairing, cells))
        paths.append(str(folder / f"{number}.h5"))
        container.write(paths[-1], KIND, VERSION, contents(points, plan.collect), {})
    return paths


@pytest.fixture
def results(tmp_path):
    """A study of three points of which the second is the reference, in two batches."""
    collect = ["smtj/sigma_largest", "digits/nll"]
    resolve = {"digits/nll": 0.0001}
    changes = {"parameters": DAMPINGS, "collect": collect, "points_per_job": 2, "resolve": resolve}
    plan = make_plan(write_study(tmp_path, **changes))
    paths = batch_of(tmp_path, plan, np.random.default_rng(1))
    return study_report.read_results(
        plan.header, plan.points, paths, list(plan.batches.values()), plan.reference, plan.base
    )


def test_what_pairs_points_comes_through_the_file_of_a_batch(tmp_path, results):
    batch = container.read(tmp_path / "0.h5", KIND, VERSION)
    pairing, cells = pairing_in(batch, ["smtj/sigma_largest", "digits/nll"]), cells_in(batch)
    assert [set(one) for one in pairing] == [{"smtj/sigma_largest", "digits/nll"}] * 2
    assert pairing[0]["digits/nll"]["nll"].shape == (4, 120)
    assert [one["smtj/sigma_largest"].voltage for one in cells] == [0.8, 0.8]
    assert batch.units["pairing/0/digits/nll/nll"] == "nat"


def test_changes_against_the_reference_are_paired(results):
    nll, sigma = results.changes["digits/nll"], results.changes["smtj/sigma_largest"]
    assert nll[1].tolist() == sigma[1].tolist() == [0, 0, 0]
    expected = 0.1 * (np.array([2 / 3, 1, 4 / 3]) ** 0.5 - 1)
    assert nll[:, 0] == pytest.approx(expected, abs=2e-3)
    # Its own intervals are ± 0.05, and would hide all of it.
    assert (nll[[0, 2], 2] - nll[[0, 2], 1] < 0.01).all()
    assert nll[0, 2] < 0 < nll[2, 1]
    # What the resamples share is gone: of each 4 %, only that of the change of sigma is left.
    assert sigma[2, 2] - sigma[2, 0] == pytest.approx(0.04 * sigma[2, 0], rel=0.05)
    text = study_report.table_text(results).splitlines()
    assert "digits/nll_change,digits/nll_change_low,digits/nll_change_high,failure,doubts" in text[0]


def test_a_study_without_its_reference_compares_nothing(results):
    changed = study_report.StudyResults(**vars_of(results) | {"failures": ["", "no pinning", ""]})
    assert changed.changes == {}
    assert changed.sensitivities == []
    assert changed.seen == {}


def vars_of(results):
    return {name: getattr(results, name) for name in type(results).__dataclass_fields__}


def test_what_a_study_sees_is_said(results):
    said = line("digits/nll", results.seen["digits/nll"], results.study.resolve["digits/nll"])
    assert said.startswith("digits/nll: a change of 0.00")
    assert "with 4 chips and 120 inputs; 0.0001 nat takes " in said
    sigma = line("smtj/sigma_largest", results.seen["smtj/sigma_largest"], 1e-12)
    assert sigma.endswith("times as many replicas")
    shown = study_tables.changes(results.points, results.good, results.changes, results.reference)
    assert [row[0].text for row in shown.rows] == ["1", "3"]
    assert all(cell.detail.endswith(", significant") for row in shown.rows for cell in row[2:])
    of_page = f"digits: NLL{said.removeprefix('digits/nll')}"
    page = study_report.page(results, study_report.pictures(results))
    for text in (
        "Against the reference",
        "Sensitivities",
        "by reweighting",
        "damping of the stochastic MTJ 0.3",
        of_page,
    ):
        assert text in page


def test_a_study_ends_in_a_conclusion(results):
    """Sigma goes with the cube of the damping, NLL with its root: both differ from the middle one at both others."""
    first, *others = conclusions(results)
    assert first == "3 of 3 points have results."
    sigma, nll = others
    low, high = ("damping of the stochastic MTJ 0.2", "damping of the stochastic MTJ 0.4")
    assert sigma.startswith(f"Largest sigma of an instant: from 0.008 µS ({low}) to 0.064 µS ({high}).")
    assert "It differs significantly from the reference at 2 of 2 other points." in sigma
    assert "It rises most with the damping of the stochastic MTJ: by 3 (" in sigma
    assert nll.startswith("digits: NLL: from 0.")
    # Points in doubt are told where they are an end.
    results.__dict__["doubted"] = np.array([True, False, False])
    said = conclusions(results)
    assert said[0] == "3 of 3 points have results; 1 of these is in doubt."
    assert f"({low}, in doubt)" in said[1]
    results.__dict__["doubted"] = np.array([True, True, True])
    said = conclusions(results)
    assert said[0] == "3 of 3 points have results; all of these are in doubt."
    assert f"({low}) to" in said[1]
    # The control: a change whose interval holds 0 is none.
    results.changes["digits/nll"][:, 1:] = [-1, 1]
    assert "at 0 of 2 other points" in conclusions(results)[2]


def test_before_it_starts_a_study_says_what_is_known(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    plan = make_plan(write_study(tmp_path, collect=["digits/nll"], resolve={"digits/nll": 0.002}))
    heading, nothing = foreseen(plan)
    assert heading.endswith("level of 5 %:")
    assert nothing == "  of digits/nll nothing is known yet: no result is in the store"
    # Of two results of the network, whatever points they are of; one of another network, and one of an older version.
    rng = np.random.default_rng(2)
    scores = dict(zip(("a", "b"), networks(rng, [0.1, 0.12]), strict=True))

    def read(path, task, names):
        if path.stem not in scores:
            raise ValueError(f"{path} is of another network")
        return {"digits/nll": Measured(Estimate(0.1, 0, 0.2), {"nll": scores[path.stem]})}

    monkeypatch.setattr(resolving, "_read", read)
    for name in ("a", "b", "c"):
        path = tmp_path / "results" / "store" / "accelerator" / name / f"{name}.h5"
        path.parent.mkdir(parents=True)
        path.write_bytes(b"")
    heading, said = foreseen(plan)
    assert "by other results in the store" in heading
    assert f"with {validate(TINY).evaluation.chips} chips and 120 inputs; 0.002 nat" in said
    scores.popitem()
    assert "or less: what pairing gains is not known from one point" in foreseen(plan)[1]
    wanted = SimpleNamespace(foreseen=lambda: foreseen(plan), missing=list, changed=list)
    forecast.say_before_the_first_job(SimpleNamespace(cores=1), wanted)
    assert "digits/nll: a change of " in capsys.readouterr().err


def test_nothing_is_seen_of_what_has_no_interval():
    alike = Measured(Estimate(1.0, 1.0, 1.0))
    assert sight("dwmtj/level_jitter", [alike, alike], None, 1) is None


FILM = {"smtj": {"renormalise": "none", "interface_anisotropy": 1.3e-3, "measured_at": 300, "bloch_temperature": None}}


def closed_form(configuration, key, factor, voltage):
    """Sigma in S of a rigid spin at small angles, with one parameter changed."""
    kelvin = configuration.temperature * (factor if key == "temperature" else 1)
    own = key.removeprefix("smtj.")
    changes = {} if key == "temperature" else {own: factor * getattr(configuration.smtj, own)}
    device = configuration.smtj.changed(**changes)
    scale = device.perpendicular_conductance(device.area) * device.polarisation_squared
    return scale * device.macrospin_sigma(voltage, kelvin)


@pytest.mark.parametrize("sign", [1, -1])
def test_sensitivities_by_reweighting_are_those_of_a_closed_form(sign):
    """Those of the cells in closed form, against finite differences of sigma itself; of the wrong sign they differ."""
    configuration = validate(TINY | {"smtj": TINY["smtj"] | FILM["smtj"]})
    device, voltage = configuration.smtj, 0.8
    factors = demagnetising_factors(device.magnetisation)
    coefficients = device.coefficients(voltage, configuration.temperature)
    anisotropy = coefficients["uniaxialanisotropy"]
    shape = mu_0 / 2 * coefficients["demag"] * (factors[2] - factors[0])
    stiff = anisotropy - shape
    assert stiff * device.volume > 5 * k * configuration.temperature
    of_cells = np.array([0.0, -sign * anisotropy / stiff / 2, sign * shape / stiff / 2, 0.5])
    cells = {"smtj/sigma_largest": OfCells(voltage, np.column_stack([of_cells, np.full(4, 0.01)]))}
    found = {each.parameter: each.slope for each in sensitivities.by_reweighting(configuration, cells)}
    assert set(found) == {"temperature", *(f"smtj.{name}" for name in sensitivities.OF_THE_FILM)}
    right = []
    for key, slope in found.items():
        step = 1e-3
        above, below = (np.log(closed_form(configuration, key, 1 + way * step, voltage)) for way in (1, -1))
        right.append(slope.value == pytest.approx((above - below) / (2 * step), abs=1e-3))
        assert slope.low <= slope.value <= slope.high
    assert all(right) == (sign == 1)


def columns_and_numbers(points, sigma):
    columns = {name: np.array([point[name] for point in points]) for name in points[0]}
    return columns, {"smtj/sigma_largest": [Measured(Estimate(s, 0.99 * s, 1.01 * s)) for s in sigma]}


def test_sensitivities_by_neighbours_and_by_a_plane():
    grid = [{"a": a, "b": b} for a in (0.9, 1.0, 1.1) for b in (1.9, 2.0, 2.1)]
    columns, numbers = columns_and_numbers(grid, [point["a"] ** 3 / point["b"] for point in grid])
    found = sensitivities.by_points(columns, numbers, 4, False, 1)
    assert [(each.parameter, each.how, round(each.slope.value, 6)) for each in found] == [
        ("a", sensitivities.NEIGHBOURS, 3.0),
        ("b", sensitivities.NEIGHBOURS, -1.0),
    ]
    # Of a zip the first parameter stands for all.
    (first,) = sensitivities.by_points(
        {name: column[[0, 4, 8]] for name, column in columns.items()},
        {name: values[::4] for name, values in numbers.items()},
        1,
        True,
        1,
    )
    assert first.parameter == "a"
    rng = np.random.default_rng(3)
    cloud = [{"a": a, "b": b, "seed": 1} for a, b in np.exp(0.05 * rng.standard_normal((12, 2)))]
    columns, numbers = columns_and_numbers(cloud, [point["a"] ** 3 / point["b"] for point in cloud])
    found = sensitivities.by_points(columns, numbers, 0, False, 1)
    assert [(each.parameter, each.how, round(each.slope.value, 6)) for each in found] == [
        ("a", sensitivities.PLANE, 3.0),
        ("b", sensitivities.PLANE, -1.0),
    ]
    few = {name: column[:7] for name, column in columns.items()}
    assert sensitivities.by_points(few, {"x/y": numbers["smtj/sigma_largest"][:7]}, 0, False, 1) == []


def test_the_page_has_no_empty_parts(results):
    alone = study_report.StudyResults(**vars_of(results) | {"failures": ["no", "no", ""]})
    page = study_report.page(alone, study_report.pictures(alone))
    assert "Against the reference" not in page
    assert page.count("<h2") == page.count("</h2>")


def test_one_chip_tells_nothing_of_others():
    rng = np.random.default_rng(5)
    one, other = (Measured(Estimate(0.1, 0, 0.2), {"nll": scores}) for scores in networks(rng, [0.1, 0.12], chips=1))
    seen = sight("digits/nll", [one, other], 10, 1)
    said = line("digits/nll", seen, seen.change / 2)
    assert "with one chip and 120 inputs" in said
    assert said.endswith(" test inputs")
    assert " chips or " not in said


def test_points_share_random_numbers():
    """Seeds follow from the scenario's seed and the names of jobs, whatever the values of a point."""

    def seeds(changes):
        tasks = tasks_of(validate(merge(TINY, changes)), "native")
        return {
            (name, key): task.params[key] for name, task in tasks.items() for key in task.params if key.endswith("seed")
        }

    ours = seeds({})
    assert len(ours) > 10
    others = {"smtj": {"diameter": 48e-9, "damping": 0.1}, "accelerator": {"adc_bits": 6}, "evaluation": {"chips": 3}}
    assert seeds(others) == ours
    # The control.
    assert not set(seeds({"seed": 2}).values()) & set(ours.values())
