"""Phantoms: truth, randomness, knobs."""

from dataclasses import replace

import numpy as np
import pytest

from cxrlib.phantoms import KINDS, SITES, draw

SICK = [kind for kind in KINDS if kind != "normal"]


@pytest.mark.parametrize("kind", KINDS)
def test_shapes_types_and_the_same_bytes_again(kind):
    first, again = (draw(kind, size=96, seed=3, aspect_ratio=1.25) for _ in range(2))
    assert first.image.shape == first.lung_mask.shape == first.lesion_mask.shape == (96, 120)
    assert first.image.dtype == np.uint8
    assert first.lung_mask.dtype == first.lesion_mask.dtype == bool
    assert first.image.tobytes() == again.image.tobytes()
    assert first.image.tobytes() != draw(kind, size=96, seed=4, aspect_ratio=1.25).image.tobytes()
    assert first == first
    assert first != again, "a phantom is equal to itself alone"


@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize("age", ["child", "adult"])
def test_two_dark_lungs_between_bright_neighbours(site, age):
    ordinary = draw("normal", size=112, seed=8, site=site, age=age)
    image, lungs = ordinary.image.astype(float), ordinary.lung_mask
    assert 0.12 < lungs.mean() < 0.55
    middle = slice(50, 62)
    assert lungs[:, :56].sum() > 300
    assert lungs[:, 56:].sum() > 300
    assert image[lungs].mean() + 20 < image[:, middle][~lungs[:, middle]].mean()


@pytest.mark.parametrize("kind", SICK)
@pytest.mark.parametrize("seed", range(4))
def test_lesion_lies_in_the_lung_and_is_brighter_than_the_same_lung_without(kind, seed):
    sick = draw(kind, size=112, seed=seed, age="child")
    healthy = draw("normal", size=112, seed=seed, age="child")
    assert sick.lesion_mask.any()
    assert not (sick.lesion_mask & ~sick.lung_mask).any()
    assert not healthy.lesion_mask.any()
    assert (sick.lung_mask == healthy.lung_mask).all()
    gain = sick.image.astype(float) - healthy.image
    lesion = sick.lesion_mask
    assert gain[lesion].mean() > 5
    assert gain[lesion].mean() > gain[sick.lung_mask & ~lesion].mean()


def test_covid_lies_on_both_sides_and_further_out_than_viral():
    def from_the_middle(kind):
        columns = []
        for seed in range(12):
            lesion = draw(kind, size=96, seed=seed, age="adult").lesion_mask
            assert lesion[:, :48].any()
            assert lesion[:, 48:].any()
            columns.append(np.abs(np.nonzero(lesion)[1] - 47.5).mean())
        return np.mean(columns)

    assert from_the_middle("covid") > from_the_middle("viral") + 3


def test_difficulty_dims_the_lesion():
    healthy = draw("normal", size=112, seed=5).image.astype(float)
    gains = []
    for difficulty in (0.0, 0.5, 1.0):
        sick = draw("bacterial", size=112, seed=5, difficulty=difficulty)
        gains.append((sick.image - healthy)[sick.lesion_mask].mean())
    assert gains[0] > gains[1] > gains[2] > 0


def test_size_changes_the_grid_and_not_the_body():
    shares = [draw("normal", size=size, seed=2).lung_mask.mean() for size in (64, 128, 256)]
    assert np.ptp(shares) < 0.02


def test_siblings_resemble_each_other_more_than_strangers():
    def picture(seed, patient):
        image = draw("normal", size=64, seed=seed, patient=patient, marker="").image
        return image.ravel().astype(float)

    kin, strangers = [], []
    for patient in range(10):
        one = picture(100 + patient, patient)
        kin.append(np.corrcoef(one, picture(200 + patient, patient))[0, 1])
        strangers.append(np.corrcoef(one, picture(200 + patient, patient + 50))[0, 1])
    assert np.mean(kin) > np.mean(strangers)


def test_a_marker_changes_its_own_place_only():
    plain = draw("viral", size=128, seed=1, marker="").image
    for marker, (down, right) in ((("X", (0.9, 0.9), 0.08), (0.8, 0.8)), ("Q", (0.2, 0))):
        rows, columns = np.nonzero(plain != draw("viral", size=128, seed=1, marker=marker).image)
        assert rows.size > 10
        assert rows.min() >= down * 128
        assert columns.min() >= right * 128
    assert (draw("viral", size=128, seed=1).image != plain).any(), "the site's habit"
    bare = draw("viral", size=128, seed=1, site=replace(SITES["a"], marker=None)).image
    assert (bare == plain).all()


def test_a_patient_out_of_sight_has_neither_lungs_nor_spine():
    far = replace(SITES["a"], translation=9)
    assert not draw("normal", size=64, seed=1, site=far).lung_mask.any()


def test_hospitals_look_different():
    a, b = (
        np.mean([draw("normal", size=64, seed=s, site=site).image.mean() for s in range(8)])
        for site in "ab"
    )
    assert abs(a - b) > 3


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [("flu", {}), ("normal", {"site": "z"}), ("normal", {"age": "old"}),
     ("normal", {"difficulty": 2}), ("normal", {"size": 8}), ("normal", {"aspect_ratio": 9})],
)  # fmt: skip
def test_wrong_arguments_are_named(kind, wrong):
    with pytest.raises(ValueError, match=r"expected .*, got"):
        draw(kind, **wrong)
