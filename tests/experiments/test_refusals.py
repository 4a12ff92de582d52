"""How often a detector refuses each kind: shares, intervals and AUCs that can be worked out."""

from types import SimpleNamespace

import numpy as np
import pytest

from cxrlib import data, evaluation
from cxrlib.experiments import refusals
from tests.experiments.conftest import children

SIDE = 24


@pytest.fixture(scope="module")
def val(tmp_path_factory):
    cases = children(tmp_path_factory.mktemp("children"), train=20, siblings=True)
    return data.read_images(cases[cases["split"] == "train"], SIDE, "stretch")


@pytest.fixture
def adults(monkeypatch, val):
    """Let one collection be real, and the other one phantoms; make few of all other kinds."""
    monkeypatch.setattr(refusals, "N", 12)

    def load(name, **_):
        cases = val.cases.head(6).copy()
        cases.attrs["source"] = "folder" if name == "adults" else "phantoms"
        return cases

    monkeypatch.setattr(data, "load", load)


def brightness(threshold, turn_threshold=np.inf):
    """Return a detector whose distance is how bright a picture is, and its turn score how dark."""
    return SimpleNamespace(
        distance=lambda _, images: images.mean(axis=(1, 2, 3)),
        turn_score=lambda images: -images.mean(axis=(1, 2, 3)),
        threshold=threshold,
        turn_threshold=turn_threshold,
    )


def test_each_kind_is_counted_and_ordered_against_validation(val, adults):
    bright = val.images.mean(axis=(1, 2, 3))
    limit = float(np.median(bright))
    found = refusals.measure(None, brightness(limit), val, "stretch")
    assert "covid-collection" not in found  # phantoms are no other hospital
    usual, adult, mirrored = (found[name] for name in (refusals.USUAL, "adults", "mirrored"))
    assert next(iter(found)) == refusals.USUAL
    assert (usual.rate.k, usual.rate.n) == ((bright > limit).sum(), 20)
    assert usual.n_groups == val.cases["patient_id"].nunique() < 20
    assert usual[2:] == pytest.approx((0.5, 0.5))
    assert mirrored == usual  # as bright as before
    assert (adult.rate.k, adult.rate.n) == ((bright[:6] > limit).sum(), 6)
    expected = evaluation.roc_auc(np.repeat([0, 1], [20, 6]), np.r_[bright, bright[:6]])
    assert adult.distance_auc == pytest.approx(expected)
    assert adult.turn_auc == pytest.approx(1 - expected)


def test_either_limit_refuses(val, adults):
    everything = refusals.measure(None, brightness(np.inf, -1e3), val, "stretch")
    nothing = refusals.measure(None, brightness(np.inf), val, "stretch")
    assert {one.rate.value for one in everything.values()} == {1}
    assert {one.rate.value for one in nothing.values()} == {0}


def test_a_share_has_patients_drawn_again_and_wilson_s_interval_for_single_pictures():
    refused = np.repeat([True, False], [6, 4])
    single = refusals.rate(refused, np.arange(10))
    assert single == (*evaluation.wilson_interval(6, 10), 6, 10)
    whole = refusals.rate(refused, np.arange(10) // 2)  # five patients with two each
    assert (whole.value, whole.k, whole.n) == (0.6, 6, 10)
    assert whole.high - whole.low > single.high - single.low
    three = refusals.rate(np.ones(300, bool), np.arange(300) % 3)  # crops of three photographs
    assert three.low == pytest.approx(evaluation.wilson_interval(3, 3).low)


def test_pictures_are_of_the_films_size_and_named_for_what_they_are(val, adults):
    found = refusals.pictures(val, "stretch", seed=1)
    assert {"photographs", "handwritten digits", "noise", "drawn by this course"} <= set(found)
    for images, groups in found.values():
        assert images.shape[1:] == (SIDE, SIDE, 1)
        assert images.dtype == np.uint8
        assert len(images) == len(groups)
    assert len(np.unique(found["photographs"].groups)) == 3
    np.testing.assert_array_equal(found["inverted"].images, 255 - val.images)
    np.testing.assert_array_equal(found["flipped top to bottom"].images[:, 0], val.images[:, -1])
    np.testing.assert_array_equal(found["mirrored"].images[:, :, 0], val.images[:, :, -1])
    again = refusals.pictures(val, "stretch", seed=1)
    np.testing.assert_array_equal(found["photographs"].images, again["photographs"].images)
