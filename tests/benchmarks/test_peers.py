"""Peers do the same work: else a ratio would say nothing."""

from importlib.util import find_spec

import numpy as np
import pytest
from PIL import Image

from benchmarks import duplicates, intervals, training
from benchmarks.measuring import apart
from cxrlib import evaluation
from cxrlib.evaluation.audit.duplicates import difference_hash, pairs_within


@pytest.mark.parametrize("name", intervals.PEERS)
def test_each_metric_of_scikit_learn_is_the_one_of_ours(name):
    y, score, _ = intervals.cohort(n=100, patients=40)
    assert intervals.PEERS[name](y, score) == pytest.approx(getattr(evaluation, name)(y, score))


@pytest.mark.parametrize("name", intervals.MANY)
def test_so_is_each_of_many_classes(name):
    y, score, _ = intervals.cohort(3, n=100, patients=40)
    assert intervals.MANY[name](y, score) == pytest.approx(getattr(evaluation, name)(y, score))


def test_the_loop_gives_an_interval_near_ours():
    y, score, who = intervals.cohort(n=200, patients=80)
    ours = evaluation.patient_bootstrap(y, score, who, n_resamples=500)
    low, high = intervals.in_a_loop(y, score, who, intervals.PEERS["roc_auc"], 500)
    assert low < ours.value < high
    assert high - low == pytest.approx(ours.high - ours.low, rel=0.5)


def test_all_searches_among_codes_find_the_same_pairs():
    codes = difference_hash(duplicates.thumbnails(300))
    most = 12
    assert duplicates.by_ball_tree(codes, most) == len(pairs_within(codes, most)) > 0
    assert duplicates.by_products(codes, most) == len(pairs_within(codes, most))


def test_a_planted_double_counts_as_found_and_another_pair_does_not(tmp_path):
    for name in ("a", "b", f"{duplicates.COPY}a", f"{duplicates.COPY}b"):
        Image.fromarray(np.zeros((4, 4), np.uint8)).save(tmp_path / f"{name}.png")
    pairs = {frozenset(("a", f"{duplicates.COPY}a")), frozenset("ab")}
    assert duplicates.share_found(str(tmp_path), pairs) == {"found": 50, "others": 1}


@pytest.mark.skipif(find_spec("torch") is None, reason="PyTorch is not installed")
def test_pytorch_has_the_layers_of_keras():
    from cxrlib import models

    found = apart(training.count_in_torch, 32)()  # PyTorch and TensorFlow don't share a process
    assert found["parameters"] == models.first_cnn((32, 32, 1)).count_params()
