"""``magbayes compare`` of two scenarios: what it says, its page, and what it refuses."""

import base64
import shutil
from pathlib import Path

import pytest
import yaml

from magbayes.compact_models.store import VERSION
from magbayes.workflow.changes import ChangedKey, changed_keys
from magbayes.workflow.command import main
from magbayes.workflow.configuration import Configuration
from magbayes.workflow.report.comparison import compare_scenarios, sentences
from tests.system.evaluations import write_runs
from tests.workflow import browser as browsers

MODELS = Path(__file__).parents[2] / "compact_models" / "frozen" / f"version{VERSION}.h5"
CONFIGURATION = Configuration().model_dump(mode="json")


def write_scenario(folder, evaluation, **changes):
    """A folder of results as far as they are compared."""
    (folder / "accelerator").mkdir(parents=True)
    (folder / "networks").mkdir()
    shutil.copy(MODELS, folder / "compact_models.h5")
    shutil.copy(evaluation, folder / "accelerator" / "cubic.h5")
    text = base64.b64encode(yaml.safe_dump({**CONFIGURATION, **changes}).encode()).decode()
    page = f'<a download="{folder.name}.yaml" href="data:application/yaml;base64,{text}">configuration</a>'
    (folder / "report.html").write_text(page, encoding="utf-8")


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """A folder with results/one, of another seed, and silent."""
    folder = tmp_path_factory.mktemp("compared")
    paths = write_runs(folder)
    write_scenario(folder / "results" / "one", paths["one"], scenario="one")
    write_scenario(folder / "results" / "seed", paths["other seed"], scenario="seed", seed=2)
    accelerator = CONFIGURATION["accelerator"] | {"ideal": ["noise"]}
    write_scenario(folder / "results" / "silent", paths["silent"], scenario="silent", accelerator=accelerator)
    return folder / "results"


@pytest.fixture
def say(results, monkeypatch, capsys):
    """Run the command in the folder above the results; returns its status, what it said, and errors."""
    monkeypatch.chdir(results.parent)

    def run(*arguments):
        status = main(["compare", *map(str, arguments)])
        said = capsys.readouterr()
        return status, said.out, said.err

    return run


def test_runs_that_differ_by_their_seed_are_told_apart_by_nothing(say, results):
    status, text, errors = say("one", "seed")
    assert (status, errors) == (0, "")
    assert "One key of the configuration differs: seed is 1 in A, 2 in B." in text
    assert "The devices are the same." in text
    assert "cubic on the accelerator, B less A: no difference is significant in RMSE, NLL, " in text
    assert "trained once each, and intervals do not contain what another training changes" in text
    found = compare_scenarios(results / "one", results / "seed")
    assert not any(each.significant for each in found.every if each.name != "energy")


def test_noise_off_changes_the_auroc(say):
    """The control of the test above, and by the folders' paths in place of their names."""
    status, text, _ = say("results/one", "results/silent")
    assert status == 0
    assert "accelerator.ideal is [] in A, ['noise'] in B" in text
    (line,) = (line for line in text.splitlines() if line.startswith("- cubic on the accelerator"))
    assert "AUROC of outside −0." in line.partition("not significant")[0]
    table = next(line for line in text.splitlines() if line.strip().startswith("AUROC of outside"))
    assert table.endswith("  yes")
    assert "tested together (Benjamini and Yekutieli)" in text


def test_the_page_is_whole_and_stands_alone(say, tmp_path):
    status, text, _ = say("one", "silent", "--html", tmp_path / "page.html")
    assert status == 0
    assert text.endswith(f"{tmp_path / 'page.html'} is written\n")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert page.rstrip().endswith("</html>")
    for word in ("Configuration", "Devices", "Network cubic", "software BNN (device range)", "Provenance", "noise"):
        assert word in page
    assert "same 200 test inputs: differences are paired by input" in page
    assert page.count("data:image/svg+xml;base64,") == 1  # devices are the same, and have no figure


def test_the_page_in_a_browser(say, tmp_path, browser):
    say("one", "silent", "--html", tmp_path / "page.html")
    assert browsers.faults(browser, tmp_path / "page.html") == []
    assert browsers.unsorted(browser)[0] == []


def other_network(results, folder):
    shutil.copytree(results / "one", folder)
    (folder / "accelerator" / "cubic.h5").rename(folder / "accelerator" / "mine.h5")


BAD = {
    "nowhere": (lambda results, folder: None, "is no scenario with results, report.html is missing; expected a folder"),
    "empty": (lambda results, folder: folder.mkdir(), "is no scenario with results, report.html is missing"),
    "other network": (other_network, "have no network in common: cubic in one, mine in the other"),
    "link": (lambda results, folder: folder.symlink_to(results / "one"), "are one scenario; expected two"),
}


@pytest.mark.parametrize("bad", BAD)
def test_what_cannot_be_compared_is_one_line(bad, say, results, tmp_path):
    make, expected = BAD[bad]
    make(results, tmp_path / "other")
    status, text, errors = say("one", tmp_path / "other", "--html", tmp_path / "page.html")
    assert (status, text) == (1, "")
    assert errors.count("\n") == 1
    assert expected in errors
    assert str(tmp_path / "other") in errors
    assert not (tmp_path / "page.html").exists()


def test_a_report_of_something_else_is_one_line(say, results, tmp_path):
    shutil.copytree(results / "one", tmp_path / "other")
    (tmp_path / "other" / "report.html").write_text("<p>mine</p>", encoding="utf-8")
    status, _, errors = say("one", tmp_path / "other")
    assert status == 1
    assert errors.endswith("report.html: holds no configuration; expected the report of a scenario\n")


def test_a_page_of_two_files_is_refused(say, tmp_path):
    status, _, errors = say(MODELS, MODELS, "--html", tmp_path / "page.html")
    assert status == 1
    assert "is of two scenarios" in errors


def test_keys_that_differ_are_dotted():
    one = {"scenario": "a", "smtj": {"damping": 0.1, "type": "disk"}, "networks": {"digits": None}, "old": 1}
    other = {"scenario": "b", "smtj": {"damping": 0.2, "type": "disk"}, "networks": {"digits": {"steps": 5}}}
    assert list(changed_keys(one, other)) == [
        ChangedKey("smtj.damping", 0.1, 0.2),
        ChangedKey("networks.digits", None, {"steps": 5}),
        ChangedKey("old", 1, "–"),
    ]


def test_devices_of_other_draws_are_said(results, tmp_path):
    """A sigma that is a fifth larger is seen, with its unit."""
    from dataclasses import replace

    from magbayes.compact_models.store import load, save

    shutil.copytree(results / "one", tmp_path / "wide")
    models = load(MODELS)
    names = ("conductance_sigma", "sigma_low", "sigma_high", "resampled_sigma")
    wider = {t: replace(of, **{name: 1.2 * getattr(of, name) for name in names}) for t, of in models.stochastic.items()}
    save(tmp_path / "wide" / "compact_models.h5", replace(models, stochastic=wider))
    found = sentences(compare_scenarios(results / "one", tmp_path / "wide"))
    (line,) = (text for text in found if text.startswith("Devices"))
    assert line.startswith("Devices, B less A: smallest sigma of an instant +")
    assert " µS; largest sigma of an instant +" in line
    assert "spacing of the levels" not in line
