"""What a run says while it runs: short reasons, what runs and what remains, and which keys have changed."""

import base64
import logging
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest
import yaml
from snakemake.persistence import ParamsChange
from snakemake_interface_logger_plugins.common import LogEvent

from magbayes.workflow import forecast
from magbayes.workflow.changes import since
from magbayes.workflow.configuration import validate
from magbayes.workflow.progress import Progress, short
from magbayes.workflow.tasks import scenario_tasks
from magbayes.workflow.wanted import of_scenario

FILES = [f"results/store/fit/00/{number:032x}.h5" for number in range(40)]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_a_reason_has_no_parameters_and_few_files():
    """As Snakemake writes it of a job whose table of costs has changed, the whole table before and now."""
    task = scenario_tasks(validate({}))["accelerator/digits"].params
    changed = ParamsChange({str(task)}, {str({**task, "seed": 2})}, set(FILES[:1]))
    whole = (
        f"Input files updated by another job: {', '.join(FILES)}; Params have changed since last execution: {changed}"
    )
    whole += "; Software environment definition has changed since last execution"
    assert len(whole) > 10_000
    assert short(whole) == (
        f"Input files updated by another job: {', '.join(FILES[:3])} and 37 more; Params have changed since last "
        "execution; Software environment definition has changed since last execution"
    )
    assert short("Forced execution") == "Forced execution"
    assert short(f"Missing output files: {FILES[0]}; Code has changed since last execution") == (
        f"Missing output files: {FILES[0]}; Code has changed since last execution"
    )


@dataclass(eq=False)
class Job:
    """A job of Snakemake's as far as a person is told of it."""

    message: str
    output: list = field(default_factory=list)


@pytest.fixture
def run():
    """A filter over the default scenario, and a function that says which line a record becomes."""
    wanted = of_scenario(validate({}))
    names = {"fit": "compact_models", "network": "networks/digits", "accelerator": "accelerator/digits"}
    jobs = [Job(rule, [str(wanted.store.path(name))]) for rule, name in names.items()]
    numbers = {job: number for number, job in enumerate([*jobs, Job("All of results/default", ["results/default/a"])])}
    waiting = dict(numbers)
    dag = SimpleNamespace(jobid=numbers.__getitem__, needrun_jobs=lambda: list(waiting))
    progress = Progress(SimpleNamespace(dag=dag, cores=2), wanted)

    def say(event, **own):
        record = logging.makeLogRecord({"msg": "Execute 1 jobs...", "event": event, **own})
        assert progress.filter(record)
        if event == LogEvent.JOB_FINISHED:
            waiting.pop(next(job for job, number in numbers.items() if number == own["job_id"]))
        return record

    return say


def test_one_line_says_what_runs_and_what_remains(run):
    tasks = scenario_tasks(validate({}))
    names = ("compact_models", "networks/digits", "accelerator/digits")
    times = forecast.seconds_of([*forecast.amounts([tasks[name]] for name in names)])
    said = run(LogEvent.JOB_STARTED, jobs=[0]).msg
    assert said == f"0 of 4 jobs done; running: fit; about {forecast.in_words(sum(times) / 2)} left"
    run(LogEvent.JOB_FINISHED, job_id=0)
    said = run(LogEvent.JOB_STARTED, jobs=[1, 2]).msg
    assert (
        said == f"1 of 4 jobs done; running: network, accelerator; about {forecast.in_words(sum(times[1:]) / 2)} left"
    )
    for number in (1, 2):
        run(LogEvent.JOB_FINISHED, job_id=number)
    # Of what is left the time is not known.
    assert run(LogEvent.JOB_STARTED, jobs=[3]).msg == "3 of 4 jobs done; running: All of results/default"


def test_a_record_on_a_job_is_cut_and_others_are_left(run):
    reason = f"Missing output files: {', '.join(FILES)}"
    record = run(LogEvent.JOB_INFO, reason=reason, input=FILES, output=FILES[:2], log=[])
    assert record.input == [*FILES[:3], "and 37 more"]
    assert (record.output, record.log) == (FILES[:2], [])
    assert record.reason == short(reason)
    assert run(LogEvent.PROGRESS, done=1, total=4).msg == "Execute 1 jobs..."
    assert run(None).msg == "Execute 1 jobs..."
    # A record without what is known of it, as of another version, ends no run.
    assert run(LogEvent.JOB_INFO).msg == "Execute 1 jobs..."


def report(folder, configuration, name="0.html"):
    """The report of a scenario, as its folder shows it."""
    folder.mkdir(parents=True, exist_ok=True)
    text = base64.b64encode(yaml.safe_dump(configuration).encode()).decode()
    (folder / name).write_text(f'<a href="data:application/yaml;base64,{text}">', encoding="utf-8")
    (folder / "report.html").unlink(missing_ok=True)
    (folder / "report.html").symlink_to(name)


def test_changed_keys_are_named(tmp_path):
    default, other = (validate(v).model_dump(mode="json") for v in ({}, {"accelerator": {"adc_bits": 7}, "seed": 2}))
    folder = tmp_path / "results" / "default"
    assert since(str(folder), default, "store/0.html") == []  # nothing was made yet
    report(folder, default)
    assert since(str(folder), default, "store/0.html") == []
    assert since(str(folder), other, "store/1.html") == [
        f"changed since {folder} was made: accelerator.adc_bits from 8 to 7, seed from 1 to 2"
    ]
    assert since(str(folder), default, "store/1.html") == [
        f"changed since {folder} was made: no key of the configuration, but code, libraries or files of data"
    ]
    many = {f"key{number}": number for number in range(9)}
    assert since(str(folder), default | many, "store/1.html")[0].endswith("key5 from – to 5 and 3 more keys")
    (folder / "0.html").write_text("mine", encoding="utf-8")
    assert since(str(folder), other, "store/1.html") == []


def test_a_scenario_knows_what_has_changed(tmp_path):
    wanted = of_scenario(validate({"accelerator": {"adc_bits": 7}}))
    assert wanted.changed() == []
    report(tmp_path / "results" / "default", validate({}).model_dump(mode="json"))
    assert wanted.changed() == ["changed since results/default was made: accelerator.adc_bits from 8 to 7"]


def test_a_dry_run_looks_into_its_own_folder(tmp_path, monkeypatch, capsys):
    """Snakemake has left the folder when Python ends, where a file of the store would not be found."""
    wanted = of_scenario(validate({}))
    path = tmp_path / wanted.files[0]
    path.parent.mkdir(parents=True)
    path.touch()
    monkeypatch.chdir("/")
    forecast.explain_dry_run(SimpleNamespace(dryrun=True, cores=1), wanted, tmp_path)
    assert "1 files are in the store and reused" in capsys.readouterr().out
