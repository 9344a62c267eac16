"""What of the OOMMF engine needs no OOMMF: its input, failures, and what is said where there is none."""

import re
import tempfile

import discretisedfield as df
import micromagneticmodel as mm
import pytest

from magbayes.micromag import StochasticMTJ, simulate
from magbayes.micromag.engines import EngineError, oommf
from tests.tracks import small_track

KEYS = {"samples": 4, "interval": 5e-12, "time_step": 1e-13}


def value(text, key):
    (found,) = re.findall(rf"^\s*{key} +(\S+)$", text, flags=re.MULTILINE)
    return float(found)


def test_step_and_samples(tmp_path):
    text = oommf.mif(StochasticMTJ().system(), tmp_path, states=False, **KEYS)
    assert value(text, "min_timestep") == value(text, "max_timestep") == pytest.approx(1e-13, rel=1e-8)
    assert value(text, "min_timestep") > 1e-13  # or a sliver of a step is left at the end of each sample
    assert (value(text, "stage_count"), value(text, "stopping_time")) == (4, pytest.approx(5e-12))
    assert (tmp_path / "m0.omf").exists()


def test_states_are_written_where_they_are_read(tmp_path):
    for states, event in ((True, "Stage 1"), (False, "Done")):
        text = oommf.mif(StochasticMTJ().system(), tmp_path, states=states, **KEYS)
        assert f"Schedule Oxs_TimeDriver::Magnetization mags {event}\n" in text


def test_the_seed_is_the_files_and_not_the_evolvers(tmp_path):
    text = oommf.mif(StochasticMTJ().system(), tmp_path, states=False, **KEYS)
    assert "uniform_seed" not in text
    assert oommf.seeded(text, 17).splitlines()[:2] == ["# MIF 2.2", "RandomSeed 17"]


def test_a_pulse_has_its_profile_with_heat_too(tmp_path):
    system = small_track().system(wall=1, current_density=6e11, pulse_width=5e-10)
    text = oommf.mif(system, tmp_path, states=True, **KEYS)
    assert "Xf_ThermSpinXferEvolve" in text
    assert re.search(r"^\s*J_profile ", text, flags=re.MULTILINE)


def test_without_heat_no_step_passes_over_a_pulse(tmp_path):
    """OOMMF's own largest step is 100 ps."""
    system = small_track().system(wall=1, temperature=0)
    keys = {"samples": 1, "interval": 1e-9, "time_step": 1e-13, "states": False}
    texts = {}
    for name, end in (("pulse", 3.5e-10), ("switch", 1.0)):
        function = {"func": lambda t, end=end: float(3e-10 < t < end), "dt": 1e-12}
        field = system.energy + mm.Zeeman(H=(0, 0, 1e4), name="pulse", **function)
        case = mm.System(name="pulse", energy=field, dynamics=system.dynamics, m=system.m, T=0)
        texts[name] = oommf.mif(case, tmp_path, **keys)
    assert value(texts["pulse"], "max_timestep") == pytest.approx(2.5e-11)
    assert "max_timestep" not in texts["switch"]


def test_a_matrix_that_oommfc_cannot_write_is_refused(tmp_path):
    system = small_track().system(wall=1, temperature=0)
    system.energy += mm.Zeeman(H=(0, 0, 1e4), name="turning", func=lambda t: [1.0] * 9, dt=1e-12)
    with pytest.raises(NotImplementedError, match="func of the term 'turning' only where H is a dictionary"):
        oommf.mif(system, tmp_path, states=False, **KEYS)


@pytest.mark.parametrize("name", ["a b", "x; exec touch /tmp/x", "${HOME}", "[exit]", "ä"])
def test_a_name_that_would_be_tcl_is_refused(name, tmp_path):
    mesh = df.Mesh(
        p1=(0, 0, 0),
        p2=(8e-9, 4e-9, 4e-9),
        n=(2, 1, 1),
        subregions={name: df.Region(p1=(0, 0, 0), p2=(4e-9, 4e-9, 4e-9))},
    )
    system = mm.System(
        name="one",
        energy=mm.Zeeman(H=(0, 0, 1e5)),
        dynamics=mm.Precession(gamma0=mm.consts.gamma0) + mm.Damping(alpha=0.1),
        m=df.Field(mesh, nvdim=3, value=(0, 0, 1), norm=1e6),
        T=300,
    )
    with pytest.raises(ValueError, match="letters, digits and underscores"):
        oommf.mif(system, tmp_path, states=False, **KEYS)
    assert not list(tmp_path.iterdir())


@pytest.fixture
def user(monkeypatch, tmp_path):
    """An ordinary user without OOMMF."""
    monkeypatch.setattr(oommf.os, "geteuid", lambda: 1000, raising=False)
    monkeypatch.delenv("OOMMFTCL", raising=False)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(
        oommf.shutil, "which", lambda name: str(tmp_path / name) if (tmp_path / name).exists() else None
    )
    oommf._version.cache_clear()
    yield tmp_path
    oommf._version.cache_clear()


def test_without_oommf_one_line_says_what_was_looked_for(user):
    with pytest.raises(oommf.EngineNotFoundError) as caught:
        oommf.require()
    message = str(caught.value)
    for word in ("OOMMFTCL is not set", "'oommf' is not on the PATH", "docker is not installed", "--sdm conda"):
        assert word in message
    assert "\n" not in message


def test_an_oommf_that_does_not_start_is_not_taken(user, monkeypatch):
    monkeypatch.setenv("OOMMFTCL", str(user / "nowhere.tcl"))
    (user / "oommf").write_text("#!/bin/sh\nexit 1\n")
    (user / "oommf").chmod(0o755)
    with pytest.raises(oommf.EngineNotFoundError, match=r"nowhere.tcl' and does not start.*on the PATH does"):
        oommf.require()


def test_the_one_on_the_path_is_taken(user):
    (user / "oommf").write_text("#!/bin/sh\necho '<1> oommf.tcl OOMMF 2.1a0' >&2\n")
    (user / "oommf").chmod(0o755)
    program = oommf.require()
    assert (program.start(user), program.version) == ([str(user / "oommf")], "2.1a0")


def test_root_is_refused_in_words(monkeypatch):
    monkeypatch.setattr(oommf.os, "geteuid", lambda: 0, raising=False)
    with pytest.raises(oommf.EngineNotFoundError, match="refuses to run as root"):
        oommf.require()


def test_as_many_processes_as_the_job_has_cores(monkeypatch):
    monkeypatch.setenv("NPROC", "3")
    assert oommf.processes() == 3


@pytest.fixture
def stand_in(monkeypatch, tmp_path):
    """Put a shell script in OOMMF's place; returns the folder for scratch."""

    def build(action):
        (tmp_path / "oommf").write_text(f"[ $1 = launchhost ] && exit 0\n{action}\n")
        monkeypatch.setattr(oommf, "require", lambda: oommf.Program(("sh", str(tmp_path / "oommf")), "none"))
        scratch = tmp_path / "scratch"
        scratch.mkdir()
        monkeypatch.setattr(tempfile, "tempdir", str(scratch))
        monkeypatch.setenv("NPROC", "2")
        return scratch

    return build


def test_one_replica_that_fails_ends_all_and_only_its_folder_stays(stand_in):
    scratch = stand_in('case $PWD in */00001) sleep 1; echo "numerical trouble"; exit 1 ;; *) sleep 1000 ;; esac')
    with pytest.raises(EngineError, match="numerical trouble") as caught:
        simulate(StochasticMTJ().system(), replicas=5, duration=2e-12, sample_interval=1e-12, seed=1, engine="oommf")
    left = [path for path in scratch.rglob("*") if path.is_dir()]
    assert [path.name for path in left if path.parent != scratch] == ["00001"]
    mif = next(scratch.rglob("*.mif"))
    assert str(mif) in str(caught.value)
    assert "RandomSeed" in mif.read_text()


def test_an_end_before_its_time_is_an_error(stand_in):
    stand_in("exit 0")
    with pytest.raises(EngineError, match="before its time: 0 of 2 samples"):
        simulate(StochasticMTJ().system(), replicas=1, duration=2e-12, sample_interval=1e-12, seed=1, engine="oommf")
