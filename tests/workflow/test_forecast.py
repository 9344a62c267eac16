"""For the person who waits: what is to be done becomes a time, and what is unknown is called so."""

import pytest

from magbayes.workflow import amount, forecast
from magbayes.workflow.amount import amount_of, kind_of
from magbayes.workflow.configuration import validate
from magbayes.workflow.forecast import Amount
from magbayes.workflow.store import Store
from magbayes.workflow.tasks import tasks_of


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def amounts(**changes):
    """What every task of a configuration has to do, by name."""
    tasks = tasks_of(validate(changes), "native")
    return {name: amount_of(task.rule, task.params) for name, task in tasks.items()}


def test_amounts_follow_replicas_durations_and_meshes():
    before = amounts()
    after = amounts(fluctuation={"replicas": 128}, pulses={"replicas": 64})
    assert after["micromag/smtj/+0V_300K"] == pytest.approx(2 * before["micromag/smtj/+0V_300K"])
    # Trajectories from +z, 26 ns of them or 52; what starts in equilibrium needs no equilibration, and draws take time.
    plain, longer, drawn, more = (
        amounts(fluctuation=changes)["micromag/smtj/+0V_300K"]
        for changes in ({"draws": 0}, {"draws": 0, "duration": 42e-9}, {"draws": 20}, {"draws": 2000})
    )
    assert longer == pytest.approx(2 * plain)
    assert 16 / 26 * plain < drawn < 0.7 * plain
    assert more > 1.2 * drawn
    assert after["micromag/dwmtj/3e+11Apm2_1e-09s"] == pytest.approx(2 * before["micromag/dwmtj/3e+11Apm2_1e-09s"])
    assert after["micromag/dwmtj/rest"] == before["micromag/dwmtj/rest"]
    # Twice the cells along each axis are 3.95 times as many in a disk; the step is shorter, too.
    finer = amounts(smtj={"cell_size": 2e-9})
    assert finer["micromag/smtj/+0V_300K"] > 3.9 * before["micromag/smtj/+0V_300K"]
    # A damping of a tenth takes shorter steps.
    assert amounts(smtj={"damping": 0.003})["micromag/smtj/+0V_300K"] > before["micromag/smtj/+0V_300K"]


def test_what_was_measured_is_kept_where_snakemake_keeps_its_own(tmp_path, monkeypatch):
    """The next process reads it, a line that is not whole counts as none, and other folders get no file."""
    task = tasks_of(validate({}), "native")["micromag/smtj/+0V_300K"]
    measured = []
    monkeypatch.setitem(amount._MEASURED, "fluctuation", lambda params: measured.append(1) or 2.5)
    amount._known.cache_clear()
    assert amount_of(task.rule, task.params) == 2.5
    assert list(tmp_path.iterdir()) == []
    (tmp_path / ".snakemake").mkdir()
    for broken, times in ((False, 2), (False, 2), (True, 3)):
        amount._known.cache_clear()
        if broken:
            path = tmp_path / amount.KNOWN
            path.write_text(path.read_text(encoding="utf-8")[:40], encoding="utf-8")
        assert amount_of(task.rule, task.params) == 2.5
        assert len(measured) == times
    # Other parameters are measured on their own.
    assert amount_of(task.rule, {**task.params, "temperature": 1.0}) == 2.5
    assert len(measured) == 4
    amount._known.cache_clear()


def test_candidates_and_baselines_are_counted():
    before, after = (
        amounts(networks={"digits": {"kl_weight": kl, "prior_std": prior}})
        for kl, prior in ((1.0, 3.0), ([1.0, 0.3], [1.0, 2.0, 3.0]))
    )
    # A job trains three networks, and one more for each of six candidates.
    assert after["networks/digits"] == pytest.approx(3 * before["networks/digits"])
    assert after["baselines/digits"] == before["baselines/digits"]
    without = amounts(networks={"digits": {"baselines": {"laplace": 0}}})["baselines/digits"]
    assert without < before["baselines/digits"] < 1.5 * without


def test_a_job_is_expected_to_take_what_others_of_its_kind_took_here():
    tasks = tasks_of(validate({}), "native")
    fast, slow = tasks["micromag/smtj/+0V_300K"], tasks["networks/digits"]
    rate = (30 - forecast.start_up()) / amount_of(fast.rule, fast.params)
    forecast.record(fast.rule, [fast.params], 30.0)
    said = forecast.explain(3, forecast.amounts([[fast], [fast]]), 2)
    assert "3 files are in the store and reused" in said
    assert "2 fluctuation/native: 60 s" in said
    assert "about 30 s on 2 cores, by earlier runs here" in said
    assert forecast.rates()[kind_of(fast.rule, fast.params)] == pytest.approx(rate, rel=1e-4)
    # Two that share a job start once: 6 s less on one core.
    said = forecast.explain(3, forecast.amounts([[fast, fast]]), 1)
    assert f"1 fluctuation/native: {60 - forecast.start_up():.0f} s" in said
    assert " on 1 core, by" in said
    # A job that had nothing to do tells no rate, of a kind that nothing is known of either.
    forecast.record(
        "baselines",
        [
            dict(slow.params, dataset="idle")
            | {
                "settings": slow.params["settings"]
                | {"baselines": {"ensemble": 0, "dropout": 0.0, "nuts": 0, "laplace": 0}}
            }
        ],
        137.0,
    )
    assert "baselines/idle" not in forecast.rates()
    # Nor does a job of several count as one that took long.
    forecast.record(fast.rule, [fast.params] * 3, 3 * 30.0 - 2 * forecast.start_up())
    assert forecast.rates()[kind_of(fast.rule, fast.params)] == pytest.approx(rate, rel=1e-4)
    # A network of another data set goes by those that are known.
    forecast.record(slow.rule, [{**slow.params, "dataset": "mine"}], 10.0)
    assert forecast.rate_of("network/never-seen", {"network/a": 1.0, "network/b": 3.0}) == 2.0


def test_what_is_not_known_is_called_so():
    said = forecast.explain(0, [Amount("telepathy", 1, 5.0)], 2)
    assert "no file is in the store" in said
    assert "1 telepathy: time unknown" in said
    assert "1 jobs of unknown time are not in it" in said


def test_every_kind_of_the_default_scenario_has_a_shipped_rate():
    tasks = tasks_of(validate({}), "native")
    assert {kind_of(task.rule, task.params) for task in tasks.values()} <= forecast.shipped_rates().keys()


def test_what_most_waits_for_is_done_first():
    store = Store(tasks_of(validate({}), "native"))
    times = forecast.remaining(store.tasks, [[name] for name in store.closure(list(store.tasks))])
    # A network waits for the fit, and the fit for its ensembles; what trains in software alone can wait.
    assert times["micromag/smtj/+0V_300K"] > times["compact_models"] > times["networks/digits"]
    assert times["networks/digits"] > times["accelerator/digits"] > times["accelerator/diabetes"]
    assert times["baselines/digits"] < times["networks/digits"]
    alone = forecast.remaining(store.tasks, [["accelerator/digits"]])
    assert alone == {"accelerator/digits": pytest.approx(times["accelerator/digits"])}
    # A job of all voltages takes as long as they do, without their starts: it is before what takes less.
    names = [name for name, task in store.tasks.items() if task.together == "smtj/300K"]
    assert len(names) == 10
    each = forecast.remaining(store.tasks, [[name] for name in names])
    together = forecast.remaining(store.tasks, [names])
    expected = sum(each.values()) - 9 * forecast.start_up()
    assert together == dict.fromkeys(names, pytest.approx(expected))
