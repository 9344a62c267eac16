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
