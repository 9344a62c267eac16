"""Jobs that make several files: which tasks share one, and what it makes."""

from types import SimpleNamespace

import pytest

from magbayes.workflow import job, wanted
from magbayes.workflow.configuration import validate
from magbayes.workflow.store import FOLDER
from magbayes.workflow.tasks import tasks_of
from magbayes.workflow.wanted import of_scenario


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def shipped(monkeypatch):
    """Rates by which a default job of the fluctuation takes 10 s and one of pulses at least 40 s."""
    rates = {"fluctuation/native": 5e-8, "pulse/native": 1.3e-7}
    monkeypatch.setattr(wanted, "shipped_rates", lambda: rates)


def sizes(rule, **changes):
    """Tasks in each job of a rule."""
    return [len(keys) for keys in of_scenario(validate(changes)).jobs_of(rule)]


def names(scenario, keys):
    return [scenario.jobs[key]["about"]["name"] for key in keys]


def test_voltages_of_a_temperature_share_a_job(shipped):
    scenario = of_scenario(validate({}))
    jobs = scenario.jobs_of("fluctuation")
    assert [len(keys) for keys in jobs] == [10, 10, 10]
    for keys, temperature in zip(jobs, (270, 300, 330), strict=True):
        assert all(name.endswith(f"_{temperature}K") for name in names(scenario, keys))
    assert sorted(key for keys in scenario.shared for key in keys) == sorted(scenario.jobs)


def test_no_shared_job_takes_longer_than_it_may(shipped):
    # Three currents of 1 ns, some 50 s each, share a job; of three of 2 ns, some 70 s each, two.
    assert sizes("pulse") == [3, 2, 1]
    # What takes more than the time by itself shares with none, and neither does what takes another engine minutes.
    assert sizes("fluctuation", fluctuation={"replicas": 64 * 20, "other_replicas": 64 * 20}) == [1] * 30


def test_replicas_of_another_engine_share_no_job(shipped, monkeypatch):
    monkeypatch.setattr("magbayes.workflow.tasks.program_of", lambda engine: engine)
    for engine, expected in (("oommf", [1] * 30), ("both", [10] * 3 + [1] * 30)):
        scenario = of_scenario(validate({}).model_copy(update={"engine": engine}))
        assert [len(keys) for keys in scenario.jobs_of("fluctuation")] == expected


def test_jobs_are_cut_alike_as_long_as_one_is_to_be_done(shipped):
    """Processes of a cluster ask in the midst of a run, when other jobs of the group are done."""
    scenario = of_scenario(validate({}))
    before = scenario.jobs_of("pulse")
    for key in before[0]:
        path = FOLDER / f"{key}.h5"
        path.parent.mkdir(parents=True)
        path.touch()
    assert of_scenario(validate({})).jobs_of("pulse") == before


def described(log, output, **params):
    return SimpleNamespace(threads=1, rule="fluctuation_1", input=[], output=output, log=[str(log)], params=params)


def test_a_job_makes_what_is_missing_of_its_files_and_all_if_it_was_forced(tmp_path):
    paths = [tmp_path / name for name in "abc"]
    paths[1].write_text("there", encoding="utf-8")
    about = {"rule": "fit", "tasks": [{"seed": seed} for seed in range(3)]}

    def main(work):
        (path,) = work.output
        path.write_text(str(work.params.seed), encoding="utf-8")

    for expected in (["0", "there", "2"], ["0", "1", "2"]):
        tasks, works = job.works_of(described(tmp_path / "log", paths, **about))
        assert [task["seed"] for task in tasks] == [0, 2] if expected[1] == "there" else [0, 1, 2]
        for work in works:
            main(work)
        assert [path.read_text(encoding="utf-8") for path in paths] == expected


def test_other_temperatures_have_fewer_replicas_and_the_own_ones_files_do_not_depend_on_it():
    def protocols(**fluctuation):
        tasks = tasks_of(validate({"fluctuation": fluctuation}), "native")
        return {kelvin: tasks[f"micromag/smtj/+0V_{kelvin}K"].params["protocol"] for kelvin in (270, 300, 330)}

    shipped, more, few = protocols(), protocols(other_replicas=56), protocols(replicas=16)
    assert [of["replicas"] for of in shipped.values()] == [48, 64, 48]
    assert [of["replicas"] for of in few.values()] == [16, 16, 16]
    assert more[300] == shipped[300]
    assert more[270] != shipped[270]  # the control
