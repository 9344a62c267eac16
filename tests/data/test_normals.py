"""The generator against published words, and its normals against theory; false alarms of 1e-4."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from magbayes.data.normals import box_muller, normals, threefry

FALSE_ALARM = 1e-4
COUNT = 500_000


@pytest.mark.parametrize(
    ("counter", "key", "words"),
    [
        ((0, 0), (0, 0), (0x9D1C5EC6, 0x8BD50731)),
        ((0xFFFFFFFF, 0xFFFFFFFF), (0xFFFFFFFF, 0xFFFFFFFF), (0xFD36D048, 0x2D17272C)),
        ((0x243F6A88, 0x85A308D3), (0x13198A2E, 0x03707344), (0xBA3E4725, 0xF27D669E)),
    ],
)
def test_the_words_are_those_of_the_authors(counter, key, words):
    """Known answers of Random123 for Threefry-2x32 with 13 rounds."""
    as_words = lambda pair: tuple(jnp.uint32(word) for word in pair)  # noqa: E731
    assert tuple(int(word) for word in threefry(as_words(key), as_words(counter))) == words


def _fits(drawn):
    """Kolmogorov-Smirnov and four moments; 500 000 draws tell a std that is 1 % off, or tails cut at 3."""
    standard_errors = np.sqrt(np.array([1, 2, 15, 96]) / drawn.size)
    moments = np.array([np.mean(drawn**power) for power in range(1, 5)]) - [0, 1, 0, 3]
    limit = stats.norm.ppf(1 - FALSE_ALARM / 10)
    return stats.kstest(drawn, "norm").pvalue > FALSE_ALARM / 5 and (np.abs(moments) < limit * standard_errors).all()


@pytest.mark.slow
def test_both_rows_are_standard_normal_and_independent():
    first, second = (np.asarray(row, float) for row in normals(jax.random.key(3), COUNT))
    assert _fits(first)
    assert _fits(second)
    limit = stats.norm.ppf(1 - FALSE_ALARM / 2) / np.sqrt(COUNT)
    # Between the rows, their sizes, and neighbours.
    pairs = ((first, second), (first[1:], first[:-1]), ((first**2 - 1) / np.sqrt(2), (second**2 - 1) / np.sqrt(2)))
    assert all(abs(np.mean(left * right)) < limit for left, right in pairs)


@pytest.mark.parametrize("wrong", [lambda x: 1.01 * x, lambda x: np.clip(x, -3, 3), lambda x: x + 0.01])
def test_wrong_normals_fail_that_test(wrong):
    assert not _fits(wrong(np.asarray(normals(jax.random.key(3), COUNT)[0], float)))


def test_another_key_gives_other_normals_and_the_same_key_the_same():
    first, again, other = (normals(jax.random.key(seed), 1000)[0] for seed in (0, 0, 1))
    assert (first == again).all()
    assert abs(np.corrcoef(first, other)[0, 1]) < 0.15


def test_the_ends_of_the_words_are_finite():
    words = jnp.array([0, 1, 2**31, 2**32 - 1], jnp.uint32)
    for row in box_muller(*(grid.ravel() for grid in jnp.meshgrid(words, words))):
        assert jnp.isfinite(row).all()
        assert jnp.abs(row).max() < 6.8


def test_the_series_are_sine_and_cosine():
    """A full turn: radius 1 from the word of exp(-1/2); words of an even grid of angles."""
    second = jnp.arange(0, 2**32, 65_537, dtype=jnp.uint32)
    first = jnp.full(second.shape, round(np.exp(-0.5) * 2**32), jnp.uint32)
    x, y = (np.asarray(row, float) for row in box_muller(first, second))
    np.testing.assert_allclose(np.hypot(x, y), 1, atol=1e-6)
    assert len(np.unique(np.round(np.arctan2(y, x) / (np.pi / 4)))) >= 8
