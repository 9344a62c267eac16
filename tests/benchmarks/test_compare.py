"""Two checkouts compared, on recorded times: equal ones agree, a slower one is seen, drift is no difference."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from tests.benchmarks import clock, compare, engine

RECORDED = json.loads(Path(__file__).with_name("compare_times.json").read_text(encoding="utf-8"))
"""Four pairs of one checkout with itself, as `--times` writes them: eight calls of a case in one process."""

CASES = tuple(RECORDED[0][0])

SLOWER = 1.2


def pairs(name):
    """Recorded times (old, new) of a case."""
    return ([run[side][name] for run in RECORDED] for side in (0, 1))


def scatter():
    """Standard deviation of the log ratios of neighbours, pooled over the cases."""
    logs = [np.subtract(*(np.log(times) for times in pairs(name))) for name in CASES]
    return float(np.sqrt(np.mean([np.var(values, ddof=1) for values in logs])))


@pytest.mark.parametrize("name", CASES)
def test_a_checkout_agrees_with_itself_and_not_with_a_slower_one(name):
    old, new = pairs(name)
    same = compare.ratio(old, new)
    assert same.low < 1 < same.high
    slow = compare.ratio(old, [SLOWER * time for time in new])
    assert slow.low > 1
    assert slow.low < SLOWER < slow.high
    assert compare.ratio([SLOWER * time for time in new], old).high < 1


def test_intervals_hold_the_truth_as_often_as_they_say():
    rng = np.random.default_rng(1)
    tries = 2000
    inside = sum(
        found.low < SLOWER < found.high
        for found in (
            compare.ratio(*np.exp(scatter() * rng.normal(size=(2, compare.USUAL)) + np.log([[1], [SLOWER]])))
            for _ in range(tries)
        )
    )
    # Four standard errors: a false alarm in 16 000.
    assert abs(inside / tries - compare.LEVEL) < 4 * math.sqrt(compare.LEVEL * (1 - compare.LEVEL) / tries)


def test_drift_cancels_in_this_order_and_not_in_another():
    def compared_under_drift(turns):
        clock, times = 0, {0: [], 1: []}
        for turn in turns:
            for side in turn:
                times[side].append(math.exp(0.05 * clock))  # 5 % slower from run to run
                clock += 1
        return compare.ratio(times[0], times[1])

    even = compare.turns(6)
    assert compared_under_drift(even).value == pytest.approx(1)
    plain = [(0, 1)] * 6
    assert compared_under_drift(plain).value == pytest.approx(math.exp(0.05))


def test_a_case_without_times_has_its_reason_and_no_number():
    runs = [({"disk": 1.0, "track": 1.0}, {"disk": 1.1 + 0.01 * i, "track": "ImportError: gone"}) for i in range(3)]
    (disk, found), (track, nothing) = compare.lines(["disk", "track"], runs)
    assert "1.11" in disk
    assert found.value == pytest.approx(1.11, rel=0.001)
    assert "ImportError: gone" in track
    assert nothing is None


@pytest.mark.parametrize("times", [([1.0, 1.0], [1.0, 1.0]), ([1.0, 1.0, 0.0], [1.0, 1.0, 1.0])])
def test_too_few_times_and_times_of_nothing_are_refused(times):
    with pytest.raises(ValueError, match="3 or more, all above 0 s"):
        compare.ratio(*times)


def fake_runs(monkeypatch, factor):
    """Recorded times in place of processes; those of NEW by a factor longer."""
    calls = []

    def measured(folder, names, scratch):
        calls.append(folder)
        run = max(0, len(calls) - 3) // 2
        side, slower = (1, factor) if folder.name == "new" else (0, 1.0)
        return {name: slower * RECORDED[run][side][name] for name in names}

    monkeypatch.setattr(compare, "measured", measured)
    return calls


@pytest.mark.parametrize(("factor", "code"), [(1.0, 0), (SLOWER, 1)])
def test_the_command_guards(monkeypatch, tmp_path, capsys, factor, code):
    calls = fake_runs(monkeypatch, factor)
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "pyproject.toml").touch()
    places = [str(tmp_path / name) for name in ("old", "new")]
    assert (
        compare.main(
            [*places, "--cases", *CASES, "--repeats", "4", "--limit", "1.05", "--times", str(tmp_path / "t.json")]
        )
        == code
    )
    text = capsys.readouterr().out
    assert all(name in text for name in CASES)
    assert [call.name for call in calls] == ["old", "new", *["old", "new", "new", "old"] * 2]
    assert len(json.loads((tmp_path / "t.json").read_text())) == 4


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere", "HEAD"], "'nowhere': neither a folder nor a revision"),
        (["tests", "HEAD"], "tests: no pyproject.toml in it; accepted: the root of a checkout"),
        ([".", ".", "--repeats", "2"], "--repeats 2: expected 3 or more"),
    ],
)
def test_what_cannot_be_compared_is_named(monkeypatch, capsys, arguments, message):
    monkeypatch.chdir(compare.ROOT)
    with pytest.raises(SystemExit):
        compare.main(arguments)
    assert message in capsys.readouterr().err


def test_another_package_than_that_of_the_checkout_is_refused(tmp_path):
    """Else a package that is installed would be compared with itself."""
    other = tmp_path / "other"
    other.mkdir()
    links = compare.links.make
    try:
        compare.links.make = lambda folder, root: links(folder, compare.ROOT)
        with pytest.raises(compare.CheckoutError, match="not the package of"):
            compare.measured(other, ["disk"], tmp_path)
    finally:
        compare.links.make = links


@pytest.mark.slow
def test_a_case_of_a_checkout_is_timed(tmp_path):
    found = compare.measured(compare.ROOT, ["disk"], tmp_path)
    assert 0 < found["disk"] < 60


def test_a_difference_within_the_scatter_is_no_number():
    assert clock.difference([2.2, 2.3, 2.25], [1.0, 1.1, 1.05]) == pytest.approx(1.2)
    # Runs too short to tell from their start: the difference of the best is -0.04 s, or within the scatter.
    assert math.isnan(clock.difference([1.21, 1.30, 1.25], [1.25, 1.27, 1.33]))
    assert math.isnan(clock.difference([1.31, 1.50, 1.40], [1.25, 1.27, 1.33]))


def test_a_table_has_a_dash_for_what_could_not_be_measured(capsys):
    engine.table("Title", ("a", "b"), [(math.nan, 0.5)])
    assert "| – | 0.5 |" in capsys.readouterr().out
