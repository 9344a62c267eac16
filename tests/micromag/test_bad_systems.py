"""Generated mistakes: random ubermag systems with one value spoilt, and OVF files with one thing in them changed.

What ubermag refuses itself never reaches an engine. All else is refused in one line that names the term and the
parameter, or it means the same as without the change.
"""

import math

import discretisedfield as df
import micromagneticmodel as mm
import numpy as np
import pytest
import ubermagutil.typesystem as ts

from magbayes.micromag.llg.model import translate
from tests.micromag.random_systems import system

SEEDS = range(40)


NO_VALUES = ("name", "crystalclass", "subregions", "wave", "dt", "t0")


def parameters(case):
    """Every number, vector, dictionary and field of a system: part of the system, term, key, value."""
    for part in ("energy", "dynamics"):
        for term in getattr(case, part):
            for key, value in term:
                if isinstance(value, ts.Descriptor) or key in NO_VALUES:
                    continue
                if isinstance(value, int | float | tuple | list | dict | df.Field) and not callable(value):
                    yield part, term, key, value


def with_value(case, part, term, key, value):
    """The system with another value of one parameter; None where ubermag refuses it."""
    kept = {name: old for name, old in term if not isinstance(old, ts.Descriptor) and name != "name"}
    try:
        changed = type(term)(**kept | {key: value}, name=term.name)
        terms = [changed if one is term else one for one in getattr(case, part)]
        build = mm.Energy if part == "energy" else mm.Dynamics
        parts = {"energy": case.energy, "dynamics": case.dynamics, part: build(terms=terms)}
        return mm.System(name=case.name, m=case.m, T=case.T, **parts)
    except (ValueError, TypeError, AttributeError):
        return None


def poisoned(value, poison, mesh):
    """The value with one number in it replaced."""
    if isinstance(value, dict):
        first, *rest = value.items()
        return {first[0]: poisoned(first[1], poison, mesh), **dict(rest)}
    if isinstance(value, df.Field):
        field = df.Field(value.mesh, nvdim=value.nvdim, value=value.array.copy())
        field.array.flat[0] = poison
        return field
    return (poison, *value[1:]) if isinstance(value, tuple | list) else poison


def as_field(value, mesh, **changes):
    """A uniform field in place of a number or vector."""
    components = len(value) if isinstance(value, tuple | list) else 1
    return df.Field(mesh, nvdim=components, value=value, **changes)


def shifted(mesh):
    """The mesh half a cell further."""
    return df.Mesh(p1=mesh.region.pmin + mesh.cell / 2, p2=mesh.region.pmax + mesh.cell / 2, n=mesh.n)


SPOILT = {
    "nan": lambda value, mesh: poisoned(value, math.nan, mesh),
    "inf": lambda value, mesh: poisoned(value, -math.inf, mesh),
    "unknown region": lambda value, mesh: {"nowhere": value} if not isinstance(value, dict) else value | {"nowhere": 1},
    "another unit": lambda value, mesh: as_field(value, mesh, unit="T"),
    "other cells": lambda value, mesh: as_field(value, shifted(mesh)),
}
# A direction has no unit, as its length does not count.
DIRECTIONS = {"u", "u1", "u2", "mp"}


@pytest.mark.slow
@pytest.mark.parametrize("kind", SPOILT)
def test_a_spoilt_value_is_refused_by_term_and_parameter(kind):
    refused = 0
    for seed in SEEDS:
        case = system(seed)
        for part, term, key, value in parameters(case):
            plain = not isinstance(value, dict | df.Field)
            if kind in ("another unit", "other cells") and not plain:
                continue
            if kind == "another unit" and key in DIRECTIONS and not (key == "u" and part == "dynamics"):
                continue
            spoilt = with_value(case, part, term, key, SPOILT[kind](value, case.m.mesh))
            if spoilt is None:
                continue
            with pytest.raises((ValueError, NotImplementedError)) as caught:
                translate(spoilt)
            line = str(caught.value)
            assert "\n" not in line
            assert ("nowhere" if kind == "unknown region" else term.name) in line, (seed, term, key, line)
            if kind in ("nan", "inf", "another unit", "other cells"):
                assert repr(key) in line, (seed, term, key, line)
            refused += 1
    # Enough of them come so far, or the test would see nothing.
    assert refused >= 40


def test_the_systems_are_good_until_they_are_spoilt():
    for seed in SEEDS:
        translate(system(seed))


@pytest.fixture
def ovf(tmp_path):
    """A magnetisation in a text file, and the magnetisation."""
    mesh = df.Mesh(p1=(0, 0, 0), p2=(12e-9, 8e-9, 4e-9), n=(3, 2, 1))
    m = df.Field(mesh, nvdim=3, value=np.random.default_rng(0).normal(size=(3, 2, 1, 3)), norm=8e5, unit="A/m")
    m.to_file(tmp_path / "m.omf", representation="txt")
    return tmp_path / "m.omf", m


def model_of(path):
    """What the engine makes of a magnetisation from a file."""
    m = df.Field.from_file(path)
    return translate(mm.System(name="file", energy=mm.Zeeman(H=(0, 0, 1)), m=m))


def in_nanometres(text):
    lines = []
    for line in text.splitlines():
        key, _, value = line.removeprefix("# ").partition(": ")
        if key == "meshunit":
            line = "# meshunit: nm"
        elif key[:1] in tuple("xyz") and key[1:] in ("base", "stepsize", "min", "max"):
            line = f"# {key}: {1e9 * float(value):.12g}"
        lines.append(line)
    return "\n".join(lines) + "\n"


def test_a_file_in_nanometres_is_the_same_magnet(ovf):
    path, m = ovf
    path.write_text(in_nanometres(path.read_text()))
    assert df.Field.from_file(path).mesh.region.units == ("nm", "nm", "nm")
    assert model_of(path).cell == pytest.approx(tuple(m.mesh.cell), rel=1e-12)


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("valueunits: A/m A/m A/m", "valueunits: T T T", "'T'"),
        ("valueunits: A/m A/m A/m", "valueunits: kA/m kA/m kA/m", "'kA/m'"),
        ("meshunit: m", "meshunit: inch", "inch"),
    ],
)
def test_another_unit_in_a_file_is_refused(ovf, old, new, named):
    path, _ = ovf
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    with pytest.raises((ValueError, NotImplementedError), match=named) as caught:
        model_of(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("seed", range(5))
def test_a_damaged_file_is_refused_or_the_same(ovf, seed):
    """Bytes of the header's words and of the numbers, changed at random; what opens has finite values or is refused."""
    path, _ = ovf
    good, random = path.read_bytes(), np.random.default_rng(seed)
    for _ in range(40):
        data = bytearray(good)
        for place in random.integers(len(data), size=random.integers(1, 4)):
            data[place] = random.integers(256)
        path.write_bytes(bytes(data[: random.integers(1, len(data))] if random.random() < 0.3 else data))
        try:
            field = df.Field.from_file(path)
        except Exception:  # discretisedfield's own door
            continue
        try:
            model = translate(mm.System(name="file", energy=mm.Zeeman(H=(0, 0, 1)), m=field))
        except (ValueError, NotImplementedError):
            continue
        assert np.isfinite(model.saturation).all()
        assert model.cell == pytest.approx(tuple(field.mesh.cell))
