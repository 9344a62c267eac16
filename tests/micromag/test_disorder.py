"""Grains and rough edges of a drawn track, held against the theory of both."""

import numpy as np
import pytest

from magbayes.micromag.devices.grains import Grains, covariance, same_grain
from magbayes.micromag.devices.roughness import Roughness, spectrum
from magbayes.micromag.protocols.variation import TrackVariation
from tests.tracks import small_track

TRACK = small_track(notches=2)
ROUGH = TrackVariation(edge_roughness=0.8e-9, grain_anisotropy=0)
GRAINY = TrackVariation(edge_roughness=0, grain_anisotropy=0.03, grain_size=12e-9)


def drawn(variation, seed=1, track=TRACK):
    return variation.draw(track, np.random.default_rng(seed))


def film(size, seed, length=1e-6, points=1000):
    """A square film with a standard deviation of 1, by its points."""
    places = (np.arange(points) + 0.5) * length / points
    return Grains(size=size, spread=1.0, seed=seed).deviation(places, places)


@pytest.fixture(scope="module")
def films():
    """Four films of ten thousand grains each, 1 nm apart."""
    return [film(10e-9, seed) for seed in range(4)]


def product(films, lag):
    """Mean product of points that are `lag` apart, along either axis."""
    return np.mean([np.mean(f[lag:] * f[:-lag]) + np.mean(f[:, lag:] * f[:, :-lag]) for f in films]) / 2


@pytest.mark.parametrize("lag", [2, 5, 10])
def test_points_are_in_one_grain_as_often_as_in_theory(films, lag):
    """To 0.02: forty thousand grains know a covariance to 0.007. Grains a tenth larger or smaller are told apart."""
    assert product(films, lag) == pytest.approx(same_grain(np.array(lag / 10)), abs=0.02)
    if lag == 5:
        for factor in (0.9, 1.1):
            assert abs(product(films, lag) - same_grain(np.array(0.5 / factor))) > 0.02


def test_one_point_is_in_one_grain_and_far_ones_are_not():
    """The mean area of a grain is that of its circle. The integral of the probability is the mean area of the grain
    of a point, 1.280 times it (E. N. Gilbert, 1962)."""
    assert same_grain(np.zeros(1)) == pytest.approx(1, abs=1e-4)
    assert same_grain(np.array([2.4, 3.0])) == pytest.approx(0, abs=1e-5)
    distance = np.linspace(0, 2.5, 2001)
    area = np.trapezoid(2 * np.pi * distance * same_grain(distance), distance)
    assert area / (np.pi / 4) == pytest.approx(1.2802, abs=1e-3)


def test_a_film_has_the_mean_and_the_spread_that_are_asked_for(films):
    values = np.array(films)
    assert values.mean() == pytest.approx(0, abs=0.025)
    assert values.std() == pytest.approx(1, abs=0.03)
    assert len(np.unique(films[0])) == pytest.approx(1e-12 / (np.pi / 4 * 1e-16), rel=0.06)


def grains_of(track):
    """Mean deviation of K_i in the cells that are whole, (n,)."""
    return track.grain_share[track.coverage.fill == 1]


def test_cells_have_the_mean_of_their_grains():
    """Mean and standard deviation over 200 tracks of about 60 grains: known to 1 and 0.7 %.

    A cell that had the value at its middle would deviate by 12 % more.
    """
    values = np.concatenate([grains_of(drawn(GRAINY, seed)) for seed in range(200)]) / GRAINY.grain_anisotropy
    mean = np.full((40, 40), 1 / 1600)
    theory = np.sqrt(covariance(mean, mean, TRACK.cell_size / 40, GRAINY.grain_size))
    assert values.mean() == pytest.approx(0, abs=0.04)
    assert values.std() == pytest.approx(theory, rel=0.03)
    assert theory < 0.9


def test_grains_do_not_depend_on_the_mesh():
    """Cells of 2 nm hold in fours what those of 4 nm hold, to the sixteenth of a cell that decides about a boundary."""
    coarse = drawn(GRAINY)
    fine = drawn(GRAINY, track=TRACK.changed(cell_size=2e-9))
    other = drawn(GRAINY, 2)
    joined = fine.grain_share.reshape(len(fine.grain_share) // 2, 2, -1, 2).mean(axis=(1, 3))
    whole = coarse.coverage.fill == 1
    spread = coarse.grain_share[whole].std()
    assert (joined - coarse.grain_share)[whole].std() < 0.05 * spread
    assert (other.grain_share - coarse.grain_share)[whole].std() > spread


def test_grains_add_to_the_anisotropy_of_the_film_alone():
    """Total K of a track with grains is that without times one and the mean deviation of its material."""
    made = drawn(GRAINY.model_copy(update={"interface_anisotropy": 0, "notch_depth": 0, "notch_position": 0}))
    x, y = made.coverage.parts
    mean = np.average(made.deviation(x, y), weights=made.coverage.fine)
    plain, grainy = (device.system(0).energy for device in (TRACK, made))
    bare = TRACK.bare(300.0)
    change = (grainy.uniaxialanisotropy.K.array - plain.uniaxialanisotropy.K.array).sum()
    assert change == pytest.approx(
        bare.anisotropy_factor * TRACK.anisotropy * mean * TRACK.coverage.fill.sum(), rel=1e-9
    )
    assert np.array_equal(grainy.edge.K.array, plain.edge.K.array)


def sums(weights, values):
    return np.array([(weights * film).sum() for film in values])


def test_a_sum_over_a_film_spreads_as_grains_do_and_not_as_points():
    """Of 400 films, whose standard deviation is known to 3.5 %.

    Deviations that change places between grains keep the spread and not the values; points that do lose it.
    """
    rng = np.random.default_rng(3)
    x = (np.arange(60) + 0.5) * 1e-9
    walls = [np.exp(-(((x[:, None] - place) / 8e-9) ** 2)) * np.ones(60) for place in (20e-9, 40e-9)]
    weights = walls[0] - walls[1]
    made = [Grains(size=12e-9, spread=1.0, seed=seed).deviation(x, x) for seed in range(400)]
    theory = np.sqrt(covariance(weights, weights, 1e-9, 12e-9))
    assert sums(weights, made).std() == pytest.approx(theory, rel=0.12)
    permuted = []
    for values in made:
        deviations, grain = np.unique(values, return_inverse=True)
        permuted.append(rng.permutation(deviations)[grain].reshape(values.shape))
    assert sums(weights, permuted).std() == pytest.approx(theory, rel=0.15)
    assert abs(np.corrcoef(sums(weights, made), sums(weights, permuted))[0, 1]) < 0.3
    shuffled = [rng.permutation(values.ravel()).reshape(values.shape) for values in made]
    assert sums(weights, shuffled).std() < 0.5 * theory


@pytest.fixture(scope="module")
def edges():
    """Both edges of 400 tracks at places 5 nm apart, (tracks, 2, places), in standard deviations."""
    x = np.arange(-40, 41) * 5e-9
    rng = np.random.default_rng(5)
    return np.array([Roughness.drawn(4e-7, 1.0, 25e-9, rng).displacement(x) for _ in range(400)])


@pytest.mark.parametrize("lag", [0, 2, 5, 10])
def test_edges_are_correlated_as_they_should(edges, lag):
    """Four thousand independent lengths know a correlation to 0.015; a length a fifth larger is told apart."""
    measured = (edges[..., lag:] * edges[..., : edges.shape[-1] - lag]).mean()
    assert measured == pytest.approx(np.exp(-((lag / 5) ** 2)), abs=0.06)
    if lag == 5:
        assert abs(measured - np.exp(-((lag / 6) ** 2))) > 0.06


def test_both_edges_are_independent_and_the_waves_hold_all_of_the_variance(edges):
    assert (edges[:, 0] * edges[:, 1]).mean() == pytest.approx(0, abs=0.06)
    assert spectrum(5e-7, 25e-9).sum() == pytest.approx(1)
    assert spectrum(5e-7, 25e-9)[-1] < 1e-6


@pytest.mark.parametrize("size", [4e-9, 2e-9])
def test_each_half_of_a_rough_track_has_the_area_of_its_drawing(size):
    """To 1e-4, by a hundred thousand places; halves that are alike are wrong by more than 1e-3."""
    made = drawn(ROUGH, track=TRACK.changed(cell_size=size))
    x = ((np.arange(100_000) + 0.5) / 100_000 - 0.5) * made.length
    upper, lower = made.edges(x).mean(axis=1) * made.length / size**2
    half = made.rows // 2
    fill = made.coverage.fill
    assert fill.shape == (round(made.length / size), made.rows)
    assert fill[:, half:].sum() == pytest.approx(upper, rel=1e-4)
    assert fill[:, :half].sum() == pytest.approx(lower, rel=1e-4)
    assert abs(upper - lower) > 1e-3 * upper
    assert fill[:, [0, -1]].sum() > 0
    assert made.mesh.n[1] == made.rows > TRACK.changed(cell_size=size).rows


def test_a_track_is_drawn_again_from_its_seed():
    """And what else is asked of it, such as another temperature, leaves its film and its edges alone."""
    both = TrackVariation(edge_roughness=0.8e-9, grain_anisotropy=0.03)
    one, again, other = drawn(both), drawn(both), drawn(both, 2)
    assert one == again
    assert np.array_equal(one.grain_share, again.grain_share)
    assert one.roughness != other.roughness
    assert one.grains.seed != other.grains.seed
    hot = one.at(358.0)
    assert np.array_equal(hot.coverage.fill, one.coverage.fill)
    assert np.array_equal(hot.grain_share, one.grain_share)
    assert hot.anisotropy < one.anisotropy


def test_a_track_without_disorder_is_the_track():
    none = TrackVariation(interface_anisotropy=0, notch_position=0, notch_depth=0, edge_roughness=0, grain_anisotropy=0)
    made = drawn(none)
    for name in ("fill", "along", "across", "fine"):
        assert np.array_equal(getattr(made.coverage, name), getattr(TRACK.coverage, name))
    one, other = (device.system(0).energy.uniaxialanisotropy.K.array for device in (TRACK, made))
    assert np.array_equal(one, other)


def test_sums_over_material_and_their_weights_belong_together():
    """Of a drawing with cells that borrow: the weights of parts are the transpose of the sums over cells."""
    made = drawn(ROUGH)
    rng = np.random.default_rng(7)
    cells, parts = rng.normal(size=made.coverage.fill.shape), rng.normal(size=made.coverage.fine.shape)
    assert len(made.coverage.lent[0]) > 0
    assert (cells * made.coverage.of_material(parts)).sum() == pytest.approx(
        (made.coverage.of_parts(cells) * parts).sum(), rel=1e-9
    )
    assert made.coverage.of_material(np.ones_like(parts)) == pytest.approx(made.coverage.fill, abs=1e-8)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"grain_anisotropy": 0.03, "grain_size": 2e-9}, "grain_size 2e-09 m is below dwmtj.cell_size"),
        ({"grain_anisotropy": 0.2}, "grain_anisotropy 0.2: grains 3 standard deviations softer"),
        ({"edge_roughness": 4e-9}, "edge_roughness 4e-09 m: 3 standard deviations are above dwmtj.notch_depth"),
    ],
)
def test_disorder_that_is_unusual_is_said(keys, said):
    assert TrackVariation().warnings(TRACK) == []
    assert any(said in warning for warning in TrackVariation(**keys).warnings(TRACK))
