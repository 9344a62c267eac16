"""Seeds by name: stable, apart from each other, and the only way to random numbers in the package."""

import ast
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from magbayes.data.keys import generator_of, random_key
from magbayes.data.seeds import LARGEST, derive, generator, text_of

ROOT = Path(__file__).parents[2]

# What begins a stream of random numbers, by the end of its name.
BEGINNINGS = {
    *("default_rng", "SeedSequence", "RandomState", "PCG64", "Philox", "MT19937"),  # NumPy
    *("random.key", "random.PRNGKey", "wrap_key_data", "rng_key"),  # JAX and numpyro
    *("crc32", "adler32"),  # seeds of one's own making
}
# The idiom itself; the noise of an engine, which its seed and the replica's index give; the keys of a compiled program,
# which takes them as plain words.
ALLOWED = {"data/seeds.py", "data/keys.py", "micromag/llg/ensemble.py", "micromag/llg/equilibrium.py"}
# NumPy's global state, but for what has none.
GLOBAL = {"np.random", "numpy.random"}
NO_STATE = {"Generator"}


def beginnings(source):
    """What in a module's text begins a stream of random numbers or uses a global one, as it is written."""
    nodes = list(ast.walk(ast.parse(source)))
    calls = [ast.unparse(node.func) for node in nodes if isinstance(node, ast.Call)]
    library = [ast.unparse(node) for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)]
    return [line for line in library if line.startswith(("import random", "from random "))] + [
        call
        for call in calls
        if any(call == name or call.endswith(f".{name}") for name in BEGINNINGS)
        or (call.rpartition(".")[0] in GLOBAL and call.rpartition(".")[2] not in NO_STATE)
    ]


def test_seeds_and_generators_are_those_of_ever():
    # Worth a new version of the package if they change: every result does.
    assert derive(1, "smtj/-0.6V_300K") == 1441597638
    assert derive(1, "a") == 537842289
    assert generator(1, "a").integers(2**31) == 2085079729


def test_a_name_is_a_path_that_may_come_in_parts():
    assert derive(1, "a", 2) == derive(1, "a/2") == derive(np.int64(1), "a", np.int64(2))
    assert derive(1, "2/3") != derive(12, "3")


def test_seeds_differ_by_name_and_seed():
    assert len({derive(seed, name) for seed in range(100) for name in ("a", "b", "a/b", "b/a")}) == 400
    assert (generator(1, "a").random(4) != generator(1, "b").random(4)).all()
    assert (generator(1, "a").random(4) != generator(2, "a").random(4)).all()


def test_seeds_are_uniform_and_collide_no_more_than_they_must():
    seeds = np.array([derive(7, "name", index) for index in range(100_000)])
    assert seeds.min() >= 1
    assert seeds.max() <= LARGEST
    # 2.3 pairs are expected to agree; more than 11 have a probability of 1e-5.
    assert len(seeds) - len(set(seeds.tolist())) <= 11
    counts = np.histogram(seeds, 100, (1, LARGEST))[0]
    # Chi-squared of 99 degrees of freedom, two-sided at 1e-4.
    assert 53 < ((counts - 1000) ** 2 / 1000).sum() < 161
    # Neighbours' first numbers are uncorrelated to 4.5 standard deviations.
    first = np.array([generator(7, "name", index).standard_normal() for index in range(10_000)])
    assert abs(np.corrcoef(first[:-1], first[1:])[0, 1]) < 0.045


def test_the_check_of_collisions_rejects_a_shorter_hash():
    seeds = [derive(7, "name", index) % 2**28 for index in range(100_000)]
    assert len(seeds) - len(set(seeds)) > 11


@pytest.mark.parametrize("impl", [None, "rbg", "unsafe_rbg"])
def test_keys_follow_the_names(impl):
    key, again, other = (random_key(1, name, impl=impl) for name in ("a", "a", "b"))
    assert key == again
    assert key != other
    assert generator_of(key, "x").random() == generator_of(again, "x").random() != generator_of(other, "x").random()
    assert generator_of(key, "x").random() != generator_of(key, "y").random()


def test_seeds_need_no_jax():
    code = "import sys; from magbayes.data.seeds import generator; generator(1, 'a'); print('jax' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "False"


@pytest.mark.parametrize("package", ["data", "micromag", "compact_models", "system", "workflow"])
def test_random_numbers_begin_nowhere_else(package):
    paths = [path for path in (ROOT / package).rglob("*.py") if str(path.relative_to(ROOT)) not in ALLOWED]
    assert len(paths) > 3
    assert {str(p): calls for p in paths if (calls := beginnings(p.read_text(encoding="utf-8")))} == {}


@pytest.mark.parametrize(
    "line",
    [
        "np.random.default_rng(seed + 1)",
        "default_rng()",
        "numpy.random.SeedSequence((seed, 1))",
        "jax.random.key(seed)",
        "random.PRNGKey(0)",
        "np.random.normal()",
        "import random",
        "zlib.crc32(name)",
    ],
)
def test_the_check_sees_what_would_begin_elsewhere(line):
    assert len(beginnings(line)) == 1


@pytest.mark.parametrize("line", ["jax.random.split(key)", "jax.random.normal(key)", "rng.random(3)", "derive(1, 'a')"])
def test_the_check_lets_pass_what_goes_on_from_a_key(line):
    assert beginnings(line) == []


def test_what_is_allowed_is_there_and_needed():
    for name in ALLOWED:
        assert beginnings((ROOT / name).read_text(encoding="utf-8"))


def test_text_of_a_number_in_a_name():
    assert [text_of(v) for v in (300.0, 300.0001, 0.5e-9, 5.5e11)] == ["300", "300.0001", "5e-10", "5.5e+11"]
    assert [text_of(v, "+") for v in (0.0, -0.6, 0.2)] == ["+0", "-0.6", "+0.2"]
    neighbours = [np.nextafter(v, np.inf) for v in (300.0, 1e-9, -0.6)]
    assert all(float(text_of(v)) == v for v in neighbours)
