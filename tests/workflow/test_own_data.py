"""Data and posteriors of a user's own: refused before the first job, and said in log, file and report."""

import hashlib
import os
from types import SimpleNamespace

import jax
import numpy as np
import pytest
import yaml

from magbayes import compact_models
from magbayes.compact_models.store import VERSION
from magbayes.data import container
from magbayes.system.datasets import DataSettings, idx, load_dataset
from magbayes.system.network.file import read_networks
from magbayes.system.network.imported import moved_for
from magbayes.system.network.posterior import software_predict
from magbayes.workflow.configuration import ConfigurationError, validate
from magbayes.workflow.job import Work
from magbayes.workflow.report.tables import costs
from magbayes.workflow.scripts import train_network
from magbayes.workflow.sources import Given
from magbayes.workflow.studies.plan import make_plan
from magbayes.workflow.studies.wanted import wanted
from magbayes.workflow.tasks import contents, scenario_tasks, tasks_of
from tests.workflow.conftest import ROOT, TINY, write_study

ALONE = {"digits": None, "diabetes": None, "cubic": None}


@pytest.fixture
def table(tmp_path):
    """A table of two classes that one raw feature of about 1000 tells apart."""
    random = np.random.default_rng(0)
    kinds = np.arange(80) % 2
    size = 1000 + 100 * (2 * kinds - 1) + random.normal(0, 20, 80)
    rows = [
        f"{a:.4f},{b:.4f},{'cat' if kind else 'ant'}"
        for a, b, kind in zip(size, random.normal(size=80), kinds, strict=True)
    ]
    path = tmp_path / "mine.csv"
    path.write_text("\n".join(["size,noise,kind", *rows]))
    return path


def network(path, **changes):
    return {"data": {"source": "csv", "path": str(path), "task": "classification"}, "hidden": [], **changes}


def posterior(path, **changes):
    """Weights for raw inputs: class 1 from a size of 1000 on; some stds far beyond what devices offer."""
    mean = np.array([[-0.05, 0.05], [0.0, 0.0], [50.0, -50.0]])
    std = np.array([[1e-4, 1e-4], [1e-6, 1e-6], [0.1, 0.1]])
    arrays = {"mean0": mean, "std0": std, "input_mean": np.array(0.0), "input_scale": np.array(1.0)} | changes
    np.savez(path, **{name: array for name, array in arrays.items() if array is not None})
    return str(path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"convolutions": [{"channels": 2}]}, r"networks\.mine: mine: convolutions need images"),
        ({"posterior": __file__}, r"networks\.mine: .*test_own_data\.py: not an NPZ file"),
        ({"start": __file__}, r"networks\.mine: .*test_own_data\.py: not an HDF5 file"),
        ({"hidden": [10**18]}, r"networks\.mine: hidden \[1000000000000000000\] .* GB of memory, and "),
        (
            {"data": {"source": "csv", "path": __file__, "task": "classification"}},
            r"networks\.mine: .*test_own_data\.py",
        ),
    ],
)
def test_what_cannot_be_is_refused_before_the_first_job(table, tmp_path, monkeypatch, changes, message):
    monkeypatch.chdir(tmp_path)
    networks = {"networks": ALONE | {"mine": network(table, **changes)}}
    with pytest.raises(ConfigurationError, match=message) as caught:
        wanted(Given(networks, {}))
    assert "\n" not in str(caught.value)
    path = write_study(tmp_path)
    (tmp_path / "base.yaml").write_text(yaml.safe_dump(TINY | networks))
    with pytest.raises(ConfigurationError, match=message):
        make_plan(path)


def test_a_job_reads_the_files_that_its_run_has_checked(table, monkeypatch):
    """Every job plans anew: what the run has read whole is not read again, and what can be is let through."""
    good, bad = (ALONE | {"mine": network(table, hidden=hidden)} for hidden in ([4], [10**18]))
    assert wanted(Given({"networks": good}, {})).networks == ["mine"]
    assert wanted(Given({"networks": bad}, {}), reads=False).networks == ["mine"]


@pytest.fixture
def job(table, tmp_path):
    """Parameters of the jobs of a network that is imported, and the compact models beside them."""
    newest = ROOT / "tests" / "compact_models" / "frozen" / f"version{VERSION}.h5"
    compact_models.save(tmp_path / "models.h5", compact_models.load(newest))
    settings = network(table, posterior=posterior(tmp_path / "p.npz"), baselines={"ensemble": 0, "dropout": 0})
    tasks = tasks_of(validate(TINY | {"networks": ALONE | {"mine": settings}}), "native")

    def run(script, name, **inputs):
        output = tmp_path / f"{name}.h5"
        inputs = {"models": str(tmp_path / "models.h5")} | inputs
        script.main(Work(SimpleNamespace(**tasks[f"{name}/mine"].params), SimpleNamespace(**inputs), [str(output)]))
        return output

    return run


def test_weights_for_raw_inputs_are_right_on_them_and_what_the_devices_change_is_said(job, tmp_path, capsys, table):
    output = job(train_network, "networks")
    said = capsys.readouterr().out
    provenance = container.read(output, "magbayes network", 2).provenance
    assert any("target 'kind', 2 features ('size', 'noise')" in line for line in provenance["data"])
    far, change, cost = provenance["posterior"]
    assert far.startswith("inputs are up to ")
    assert change.startswith("layer 0: ")
    assert "were brought into the range of the devices" in change
    assert cost.startswith("test inputs in software, before any device: accuracy / % 100 as imported, ")
    for line in (*provenance["data"], *provenance["posterior"]):
        assert line in said
    # The right answer, and the control: without the origin that the posterior asks for it is at chance.
    tasks = tasks_of(validate(TINY | {"networks": ALONE | {"mine": network(table)}}), "native")
    params = tasks["networks/mine"].params
    dataset = load_dataset("mine", params["seed"], DataSettings(**params["settings"]["data"]))
    found = {}
    for name, data in (("moved", moved_for(tmp_path / "p.npz", dataset)), ("as it is", dataset)):
        outputs = software_predict(read_networks(output).unconstrained, jax.random.key(0), data.test_inputs, 20)
        found[name] = (outputs.mean(axis=0).argmax(axis=1) == data.test_targets).mean()
    assert found["moved"] == 1
    assert found["as it is"] < 0.7


def test_a_report_has_the_hashes_of_a_persons_own_files(table, tmp_path):
    """Of data and posterior, as other programs tell them; without such files there is nothing to say."""
    values = {"networks": ALONE | {"mine": network(table, posterior=posterior(tmp_path / "p.npz"))}}
    files = scenario_tasks(validate(TINY | values))["report"].params["files"]
    assert files == {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in (table, tmp_path / "p.npz")}
    rows = costs.own_files(files).rows
    assert [row[0].text for row in rows] == list(files)
    assert [row[1].text for row in rows] == list(files.values())
    assert scenario_tasks(validate(TINY))["report"].params["files"] == {}


def test_other_files_in_a_folder_are_no_part_of_its_data(tmp_path):
    """A folder of downloads may hold a terabyte beside them, which a hash would take hours for."""
    for part in idx.PARTS:
        (tmp_path / f"{part}.gz").write_text(part)
    before = contents([str(tmp_path)])
    assert len(before) == len(idx.PARTS)
    (tmp_path / "film.mkv").touch()
    os.truncate(tmp_path / "film.mkv", 10**12)
    assert contents([str(tmp_path)]) == before
    (tmp_path / f"{idx.PARTS[0]}.gz").write_text("others")
    assert contents([str(tmp_path)]) != before
