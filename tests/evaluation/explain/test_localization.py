import numpy as np
import pytest

from cxrlib import evaluation
from cxrlib.evaluation import metrics


def maps_at(*points, size=8):
    maps = np.zeros((len(points), size, size))
    for i, (y, x) in enumerate(points):
        maps[i, y, x] = 1
    return maps


def squares(*corners, side=2, size=8):
    masks = np.zeros((len(corners), size, size), bool)
    for i, (y, x) in enumerate(corners):
        masks[i, y : y + side, x : x + side] = True
    return masks


def test_hits_are_counted():
    game = evaluation.pointing_game(
        maps_at((1, 1), (5, 5), (0, 0), (6, 2)),
        squares((0, 0), (5, 5), (4, 4), (5, 1))[..., None],  # masks may carry a channel
        ["a", "b", "c", "d"],
    )
    np.testing.assert_array_equal(game.hits, [1, 1, 0, 1])
    assert game.hit_rate.value == 0.75
    assert game.chance_level == 4 / 64
    assert game.n_empty == 0


def test_the_tolerance_is_a_distance():
    masks = squares((3, 3), (3, 3), (3, 3))  # rows and columns 3 and 4
    maps = maps_at((5, 4), (5, 5), (6, 4))  # 1, √2 and 2 pixels away
    for tolerance, hits in ((0, [0, 0, 0]), (1, [1, 0, 0]), (1.5, [1, 1, 0]), (2, [1, 1, 1])):
        game = evaluation.pointing_game(maps, masks, range(3), tolerance=tolerance)
        np.testing.assert_array_equal(game.hits, hits)
    assert evaluation.pointing_game(maps, masks, range(3), tolerance=1).chance_level == (4 + 8) / 64


def test_elsewhere_asks_the_masks_of_other_patients():
    masks = squares((0, 0), (0, 0), (4, 4))
    game = evaluation.pointing_game(maps_at((0, 0), (1, 1), (5, 5)), masks, ["a", "a", "b"])
    np.testing.assert_array_equal(game.hits, 1)
    assert game.shuffled_rate == 0  # a's maps miss b's mask, and b's map both of a's
    game = evaluation.pointing_game(maps_at((0, 0), (1, 1), (0, 1)), masks, ["a", "b", "c"])
    # a hits b's mask, not c's; b hits a's, not c's; c, which misses its own, hits both.
    assert game.shuffled_rate == 4 / 6
    np.testing.assert_array_equal(game.shuffled_hits, [1 / 2, 1 / 2, 1])


def test_a_shared_highest_value_counts_by_its_share():
    maps = np.zeros((2, 8, 8))
    maps[0, 0, :4] = 7
    maps[1] = 3  # the same everywhere: no better than a random point
    game = evaluation.pointing_game(maps, squares((0, 3), (2, 2)), ["a", "b"])
    np.testing.assert_array_equal(game.hits, [1 / 4, 4 / 64])


def test_a_map_that_is_nowhere_above_zero_points_nowhere():
    maps = np.stack([np.zeros((8, 8)), np.full((8, 8), -1.0), maps_at((0, 0))[0]])
    game = evaluation.pointing_game(maps, squares((0, 0), (0, 0), (0, 0)), range(3))
    np.testing.assert_array_equal(game.hits, [0, 0, 1])
    assert game.n_empty == 2


def test_the_interval_is_that_of_patients_drawn_again():
    rng = np.random.default_rng(1)
    patients = rng.integers(0, 20, 60)
    maps, masks = maps_at(*rng.integers(0, 8, (60, 2))), squares(*[(2, 2)] * 60, side=5)
    game = evaluation.pointing_game(maps, masks, patients, n_resamples=300, seed=3)
    expected = evaluation.patient_bootstrap(
        np.ones(60), game.hits, patients, metrics.sensitivity, n_resamples=300, seed=3
    )
    np.testing.assert_allclose(game.hit_rate, expected)
    assert expected.low < expected.value < expected.high


def test_with_no_hit_the_interval_is_wilsons():
    masks = squares(*[(4, 4)] * 40)
    game = evaluation.pointing_game(maps_at(*[(0, 0)] * 40), masks, range(40), n_resamples=20)
    assert game.hit_rate == pytest.approx(evaluation.wilson_interval(0, 40))


@pytest.mark.parametrize(
    ("masks", "words"),
    [
        ([], "expected masks, got none. Only phantoms"),
        (squares((0, 0), (0, 0)), r"shape \(3, 8, 8\), got \(2, 8, 8\)"),
        (squares((0, 0), (0, 0), (0, 0), size=9), r"got \(3, 9, 9\). Read them in"),
        (squares((0, 0), (9, 9), (9, 9)), "2 of 3 empty, the first at 1"),
        (squares((0, 0), (0, 0), (0, 0)) * 255, "from 0 to 255. For files of 0 and 255"),
    ],
)
def test_masks_that_cannot_be_used_are_refused(masks, words):
    for judge in (
        lambda m: evaluation.pointing_game(maps_at((0, 0), (0, 0), (0, 0)), m, range(3)),
        lambda m: evaluation.energy_inside_mask(maps_at((0, 0), (0, 0), (0, 0)), m),
    ):
        with pytest.raises(ValueError, match=words):
            judge(masks)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"maps": np.zeros((8, 8))}, r"expected maps of shape \(N, H, W\), got \(8, 8\)"),
        ({"maps": np.full((2, 8, 8), np.nan)}, "finite maps"),
        ({"tolerance": -1}, "0 pixels or more, got -1"),
        ({"patients": [1, 2, 3]}, "got 3"),
        ({"patients": [1, 1]}, "at least 2 patients"),
    ],
)
def test_other_bad_input_is_refused(changes, words):
    fine = {"maps": maps_at((0, 0), (1, 1)), "masks": squares((0, 0), (1, 1)), "patients": [1, 2]}
    evaluation.pointing_game(**fine)
    with pytest.raises(ValueError, match=words):
        evaluation.pointing_game(**fine | changes)


def test_the_share_inside_is_that_of_the_positive_sum():
    maps = np.zeros((4, 8, 8))
    maps[0, 0, 0], maps[0, 7, 7] = 3, 1
    maps[1] = 5
    maps[2, 0, 0], maps[2, 5, 5] = 2, -100
    shares = evaluation.energy_inside_mask(maps, squares(*[(0, 0)] * 4))
    np.testing.assert_allclose(shares, [3 / 4, 4 / 64, 1, np.nan])
