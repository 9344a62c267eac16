"""``magbayes show``, ``compare`` and ``schema``."""

import dataclasses
from pathlib import Path

import jax
import pytest

from magbayes import compact_models
from magbayes.compact_models import CompactModels, save
from magbayes.compact_models.fit import fit_domain_wall_mtj, fit_stochastic_mtj
from magbayes.data.container import provenance
from magbayes.workflow.command import main


@pytest.fixture(scope="module")
def models(fluctuation, pulses, rest, varied, held):
    ensembles = [fluctuation(v, lambda z, w=w: w * z) for v, w in ((-1.0, 0.1), (0.0, 0.2))]
    source = provenance({}, engine={"engine": "none"})
    smtj = fit_stochastic_mtj(ensembles, varied, seed=1)[0]
    return CompactModels({300.0: smtj}, fit_domain_wall_mtj(pulses, rest, varied, held), 300.0, provenance=source)


def test_show_has_every_bias_point_with_its_interval(models, tmp_path, capsys):
    save(tmp_path / "one.h5", models)
    assert main(["show", str(tmp_path / "one.h5")]) == 0
    said = capsys.readouterr().out
    sigma = f"{1e6 * models.smtj.conductance_sigma[0]:.3g} ("
    pulses = ("depinning", "20 (16.4 to 24.2)", "90 (86.7 to 92.6)", "by its barrier: 1e+06 s", "peak / K", "340")
    for word in ("engine none", "300 K", "-1", sigma, *pulses):
        assert word in said


def test_compare_counts_what_agrees(models, tmp_path, capsys):
    other = dataclasses.replace(models, stochastic=models.draw(jax.random.key(1)).stochastic)
    for name, model in (("one", models), ("other", other)):
        save(tmp_path / f"{name}.h5", model)
    assert main(["compare", str(tmp_path / "one.h5"), str(tmp_path / "other.h5")]) == 0
    said = capsys.readouterr().out
    assert "of 4 differences lie within the joint 95 % margin" in said
    assert said.count("sigma / µS") == said.count("depinning by 0.5 ns / %") == 2


def test_a_foreign_file_is_one_line(tmp_path, capsys):
    (tmp_path / "note.txt").write_text("no model")
    for file in ("note.txt", "nowhere.h5"):
        assert main(["show", str(tmp_path / file)]) == 1
        said = capsys.readouterr()
        assert said.out == ""
        assert said.err.count("\n") == 1
        assert file in said.err


def test_the_written_schema_is_the_one_in_force(capsys):
    assert main(["schema"]) == 0
    assert capsys.readouterr().out == (Path(compact_models.__file__).parent / "SCHEMA.md").read_text()


def test_sheets_are_written_and_made_into_models(tmp_path, capsys):
    assert main(["sheet", str(tmp_path / "mine")]) == 0
    said = capsys.readouterr().out
    assert "mine/smtj_sigma.csv" in said
    given = ["--smtj", str(tmp_path / "mine" / "smtj.yaml"), "--dwmtj", "leonard-2022"]
    assert main(["import", *given, str(tmp_path / "models.h5")]) == 0
    said = capsys.readouterr().out
    for word in (
        "dwmtj: domain-wall MTJ with notches",
        "arXiv:2111.11516",
        "not measured: other temperatures",
        "assumed: five",
    ):
        assert word in said
    # Each voltage left out: three of five can be.
    assert said.count("sigma less prediction / %") == 1
    assert "no wall was watched at rest; no barrier is known" in said
    # What is there is not overwritten, and the models can be written down again.
    assert main(["sheet", str(tmp_path / "mine")]) == 1
    assert "is there already" in capsys.readouterr().err
    assert main(["sheet", str(tmp_path / "again"), "--of", str(tmp_path / "models.h5")]) == 0
    again = ["--smtj", str(tmp_path / "again" / "smtj.yaml"), "--dwmtj", str(tmp_path / "again" / "dwmtj.yaml")]
    assert main(["import", *again, str(tmp_path / "again.h5")]) == 0
    one, other = (compact_models.load(tmp_path / name).smtj for name in ("models.h5", "again.h5"))
    assert other.conductance_sigma == pytest.approx(one.conductance_sigma, rel=1e-8)


def test_a_wrong_sheet_is_one_line(tmp_path, capsys):
    (tmp_path / "smtj.yaml").write_text("name: nothing\n")
    assert (
        main(["import", "--smtj", str(tmp_path / "smtj.yaml"), "--dwmtj", "leonard-2022", str(tmp_path / "m.h5")]) == 1
    )
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "source: missing; expected who measured it" in said
    assert not (tmp_path / "m.h5").exists()
