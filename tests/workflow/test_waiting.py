"""For the person who waits: times of earlier runs become an estimate, and unknown ones are called so."""

from pathlib import Path

import pytest

from magbayes.workflow import forecast as waiting


def benchmark(path, seconds):
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"s\th:m:s\n{seconds}\t0:00:01\n", encoding="utf-8")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_a_job_is_expected_to_take_what_it_or_its_like_took():
    benchmark("logs/one/networks/digits.tsv", 30.0)
    benchmark("logs/one/networks/cubic.tsv", 10.0)
    said = waiting.explain({"network": ["logs/one/networks/digits.tsv"]}, {}, 2)
    assert "1 network: 30 s each" in said
    assert "about 15 s on 2 cores" in said
    # Another scenario has none of its own.
    said = waiting.explain({"network": ["logs/other/networks/digits.tsv"] * 600}, {}, 2)
    assert "600 network: 30 s each" in said
    assert "about 2.5 h on 2 cores" in said


def test_what_is_not_known_is_called_so():
    said = waiting.explain({"fit": ["logs/one/compact_models.tsv"]}, {}, 2)
    assert "1 fit: time unknown" in said
    assert "no time is known" in said
    benchmark("logs/one/report.tsv", 8.0)
    said = waiting.explain({"fit": ["logs/one/compact_models.tsv"], "report": ["logs/one/report.tsv"]}, {}, 2)
    assert "about 4 s on 2 cores, by earlier runs; 1 jobs of unknown time are not in it" in said


def test_points_are_counted_by_what_they_are_made_of():
    path = Path("logs/points/batch/a.times.tsv")
    path.parent.mkdir(parents=True)
    path.write_text("rule\ts\nfluctuation\t10.0\nfluctuation\t20.0\nfit\t5.0\n", encoding="utf-8")
    jobs = {"points": ["logs/points/batch/b.tsv", "logs/points/batch/c.tsv"]}
    said = waiting.explain(jobs, {"fluctuation": 8, "fit": 2, "network": 0}, 2)
    assert "8 fluctuation in 2 batches of points: 15 s each" in said
    assert "about 65 s on 2 cores" in said
    assert "network" not in said
