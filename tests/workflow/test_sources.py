"""Where a configuration's values come from, and what is said of them before Snakemake or a job works with them."""

import subprocess
import sys
from types import SimpleNamespace

import pytest
from snakemake.common.configfile import load_configfile

from magbayes.workflow.command import main
from magbayes.workflow.configuration import ConfigurationError, validate
from magbayes.workflow.sources import Given, check_arguments, of_workflow, over, read_argument, read_file
from magbayes.workflow.studies.wanted import wanted
from tests.workflow.conftest import ROOT, write_study


def given(folder, *texts, arguments=(), replace=False):
    """What a run is given by files of these texts and by arguments."""
    paths = []
    for number, text in enumerate(texts):
        paths.append(folder / f"{number}.yaml")
        paths[-1].write_text(text, encoding="utf-8")
    settings = SimpleNamespace(configfiles=paths, config_args=list(arguments), replace_workflow_config=replace)
    return of_workflow(SimpleNamespace(config_settings=settings))


def test_files_and_arguments_stand_over_each_other(tmp_path):
    values, places = given(tmp_path, "smtj: {damping: 0.1}", "smtj: {diameter: 44e-9}", arguments=["temperature=310"])
    configuration = validate(values, places)
    assert (configuration.smtj.damping, configuration.smtj.diameter, configuration.temperature) == (0.1, 44e-9, 310.0)
    assert configuration.networks.digits.kl_weight == 0.1  # of the default scenario
    assert given(tmp_path, "seed: 2", replace=True).values == {"seed": 2}


def test_a_wrong_value_is_named_with_its_place(tmp_path):
    files = ("seed: 2\nsmtj:\n  diameter: 1\n", "temperature: yes")
    values, places = given(tmp_path, *files, arguments=["accelerator={rows: 0}"])
    with pytest.raises(ConfigurationError) as caught:
        validate(values, places)
    lines = sorted(str(caught.value).splitlines())
    assert [line.rpartition(" (")[2] for line in lines] == [
        "--config accelerator)",
        f"{tmp_path}/0.yaml, line 3)",
        f"{tmp_path}/1.yaml, line 1)",
    ]
    assert lines[2].startswith("temperature: true is not accepted; yes, no, on, off, true and false are no numbers")


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("networks={digits: null}", {"digits": None}),
        ('networks={"digits": null}', {"digits": None}),
        ("seed=3", 3),
        ("temperature=3.1e2", 310.0),
        ("scenario=2026-11-26", "2026-11-26"),
        ("scenario=", None),
        ("study=a=b.yaml", "a=b.yaml"),
        ("accelerator={ideal: [dac, adc]}", {"ideal": ["dac", "adc"]}),
    ],
)
def test_an_argument_is_read_as_in_a_file(argument, value):
    key = argument.partition("=")[0]
    assert read_argument(argument).values == {key: value}


def test_a_network_is_left_out_on_the_command_line_too(tmp_path):
    values, places = given(tmp_path, arguments=["networks={digits: null}"])
    assert list(validate(values, places).networks.selected()) == ["diabetes", "cubic"]


@pytest.mark.parametrize(
    ("argument", "parts"),
    [
        ("seed=010", ["--config seed", "leading zero"]),
        ("smtj={diameter: 1, diameter: 2}", ["--config smtj", "diameter: given before"]),
        ("smtj={diameter: 1", ["--config smtj", "not YAML"]),
        ("smtj.damping=0.1", ["--config 'smtj.damping=0.1'", "smtj={damping: 0.1}"]),
        ("temperature", ["--config 'temperature'", "KEY=VALUE"]),
        ("=3", ["--config '=3'", "KEY=VALUE"]),
        ("1st=3", ["--config '1st=3'", "KEY=VALUE"]),
        ("temperature =3", ["--config 'temperature =3'", "KEY=VALUE"]),
        ("__use_yte__=true", ["--config __use_yte__", "templates run code"]),
        ("smtj=[" + "[" * 1000, ["--config smtj", "within each other"]),
    ],
)
def test_a_wrong_argument_gets_one_line(argument, parts):
    with pytest.raises(ConfigurationError) as caught:
        check_arguments(["-n", "--cores", "2", "--config", argument, "engine=native"])
    assert "\n" not in str(caught.value)
    for part in parts:
        assert part in str(caught.value)


TEMPLATE = "__use_yte__: true\n?if __import__('pathlib').Path('{}').touch() is None:\n  seed: 2\n"


@pytest.mark.parametrize("option", ["--configfile", "--configfiles"])
def test_a_template_is_refused_before_snakemake_runs_it(tmp_path, option, capsys, monkeypatch):
    ran = tmp_path / "ran"
    path = tmp_path / "mine.yaml"
    path.write_text(TEMPLATE.format(ran), encoding="utf-8")
    monkeypatch.setattr(subprocess, "run", lambda command, **_: load_configfile(path))
    assert main(["run", "-n", option, str(path)]) == 1
    said = capsys.readouterr().err
    assert said == (
        f"{path}: line 1: __use_yte__: templates run code and are not accepted; write the values themselves\n"
    )
    assert not ran.exists()
    subprocess.run(["snakemake"])
    assert ran.exists()  # control: it is code, and Snakemake runs it


@pytest.mark.parametrize(
    ("data", "part"),
    [
        ("a: é".encode("latin-1"), "not UTF-8"),
        ("a: 1".encode("utf-16"), "UTF-16"),
        (b"", "nothing"),
        (b"\x89HDF\r\n\x1a\n", "not UTF-8"),
        (b"a:\n\tb: 1", "a tab"),
        ("\n".join(["l0: &l0 {}", *(f"l{i}: &l{i} {{a: *l{i - 1}, b: *l{i - 1}}}" for i in range(1, 60))]), "aliases"),
    ],
    ids=["latin", "utf-16", "empty", "binary", "tab", "bomb"],
)
def test_what_snakemake_would_choke_on_is_refused_first(tmp_path, capsys, data, part):
    path = tmp_path / "mine.yaml"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    assert main(["run", "--cores", "2", "--configfile", str(path), "-n"]) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"{path}: ")
    assert said.count("\n") == 1
    assert part in said


@pytest.mark.parametrize("text", ["", "a: [", "[1]", "seed: 1\nseed: 2"])
def test_a_study_and_its_base_are_read_alike(tmp_path, text):
    from magbayes.workflow.studies.study import read_study

    path = write_study(tmp_path)
    (tmp_path / "base.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"base\.yaml: "):
        read_study(path)
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"study\.yaml: "):
        read_study(path)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "arguments", "parts"),
    [
        ("seed: 1\nseed: 2", [], ["mine.yaml: line 2: seed: given before, on line 1"]),
        ("smtj:\n  diameter: 40", [], ["smtj.diameter: 40 is not accepted", "mine.yaml, line 2)"]),
        ("seed: 1", ["seed=010"], ["--config seed", "leading zero"]),
        ("seed: 1", ["study=[1]"], ["study: [1] is not accepted"]),
    ],
)
def test_snakemake_says_it_in_one_line(tmp_path, text, arguments, parts):
    (tmp_path / "mine.yaml").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "snakemake", "-n", "--snakefile", str(ROOT / "Snakefile")]
    command += ["--configfile", "mine.yaml", *(["--config", *arguments] if arguments else [])]
    answer = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert answer.returncode == 1
    text = answer.stdout + answer.stderr
    said = [line for line in text.splitlines() if parts[0] in line]
    assert len(said) == 1, text
    for part in parts:
        assert part in said[0]
    assert "Traceback" not in text


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ({"networks": None}, "networks: null is not accepted; expected keys with values"),
        ({"scenario": None}, "scenario: null is not accepted; "),
        ({"study": None}, "study: null is not accepted; expected the path of a study's file, or no key of this name"),
        ({"study": True}, "study: true is not accepted; "),
        ({"study": ["a"]}, "study: ['a'] is not accepted; "),
    ],
)
def test_a_value_is_quoted_in_the_words_of_yaml(values, line):
    with pytest.raises(ConfigurationError) as caught:
        wanted(Given(values, {}), reads=False)
    assert str(caught.value).startswith(line)
    assert "None" not in str(caught.value)


def test_keys_below_a_value_do_not_replace_it(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("seed:\n  of: 3\n")
    with pytest.raises(ConfigurationError, match=rf"seed: 1 and keys below it; only one .* \({path}, line 1\)$"):
        over({"seed": 1}, [read_file(path)])
    # What a file leaves out by null may be filled again.
    assert over({"networks": {"digits": None}}, [Given({"networks": {"digits": {"steps": 3}}}, {})]).values == {
        "networks": {"digits": {"steps": 3}}
    }
