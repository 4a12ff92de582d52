from itertools import combinations, pairwise
from unittest import mock

import numpy as np
import pandas as pd
from hypothesis import given, settings, strategies as st

from cxrlib.evaluation.audit import duplicates

BLOCKS = [(256, 4096), (7, 4096), (1000, 9), (7, 11), (11, 3), (1, 1)]  # rows and columns


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000), st.integers(2, 40), st.integers(0, 130), st.sampled_from(BLOCKS))
def test_pairs_are_those_of_brute_force_in_blocks_of_any_size(seed, n, most, blocks):
    rng = np.random.default_rng(seed)
    bits = rng.random((n, 256)) < 0.5
    bits[n // 2] = bits[0] ^ (rng.random(256) < 0.02)
    codes = np.packbits(bits, axis=1).view(np.uint64)
    expected = [[a, b] for a, b in combinations(range(n), 2) if (bits[a] != bits[b]).sum() <= most]
    rows, columns = blocks
    with mock.patch.multiple(duplicates, BLOCK_ROWS=rows, BLOCK_COLUMNS=columns):
        assert duplicates.pairs_within(codes, most).tolist() == expected


def smooth(n, seed=0):
    """Smooth images of their own, shape (n, 64, 64)."""
    rng = np.random.default_rng(seed)
    waves = np.cos(np.pi * np.outer((np.arange(64) + 0.5) / 64, np.arange(9)))
    fields = waves @ rng.normal(size=(n, 9, 9)) @ waves.T
    return (128 + 12 * fields).clip(0, 255).astype(np.uint8)


def with_doubles(n=60):
    """Images of which some are copies, re-exposed, noisy, of one grey, or alike in code only."""
    images, rng = smooth(n), np.random.default_rng(1)
    images[10] = images[3]
    images[20] = (0.8 * images[4] + 20).astype(np.uint8)
    images[30] = (images[5] + rng.normal(scale=2, size=(64, 64))).clip(0, 255)
    images[40], images[41] = 90, 90
    images[50] = images[3]
    steps = np.arange(64) // 4
    images[55], images[56] = 5 * steps, np.where(steps < 15, steps, 255)  # only ever brighter
    return images


def plainly(images):
    """Pair by pair: codes from means over cells, and numpy's own correlation."""
    cells = np.linspace(0, 64, 18).round().astype(int)
    codes = []
    for image in images.astype(float):
        means = [
            [image[4 * r : 4 * r + 4, a:b].mean() for a, b in pairwise(cells)] for r in range(16)
        ]
        codes.append(np.diff(means, axis=1) > 0.5)
    found = []
    for a, b in combinations(range(len(images)), 2):
        one, other = images[a].astype(float), images[b].astype(float)
        if (codes[a] != codes[b]).sum() > 12 or not one.std() * other.std():
            continue
        if np.corrcoef(one.ravel(), other.ravel())[0, 1] < 0.985:
            continue
        if np.corrcoef(without_means(one).ravel(), without_means(other).ravel())[0, 1] >= 0.85:
            found.append((a, b, bool((one == other).all())))
    return found


def without_means(image):
    """Take from each pixel the mean of the 5 × 5 around it, repeated at the edge."""
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(image, 2, "edge"), (5, 5))
    return image - windows.mean(axis=(2, 3))


def test_doubles_of_two_patients_in_one_split_are_named():
    who = {"path": ["a", "b"], "patient_id": ["1", "2"]}
    cases = pd.DataFrame({**who, "split": "train", "label": "sick"})
    found = duplicates.check_duplicates(cases, smooth(1).repeat(2, axis=0))
    assert (found.verdict, found.numbers["of two patients"]) == ("look", 1)
    assert "too fine" in found.advice


def nearly_flat(n, noise, seed=0):
    """Different images that a wave across and one down make up, with noise on each."""
    rng = np.random.default_rng(seed)
    wave = np.cos(np.pi * (np.arange(64) + 0.5) / 64)
    across, down = rng.normal(size=(2, n, 1, 1))
    fields = across * wave + down * wave[:, None]
    fields *= 40 / fields.std(axis=(1, 2), keepdims=True)
    return (128 + fields + rng.normal(scale=noise, size=fields.shape)).clip(0, 255).astype(np.uint8)


def test_smooth_images_with_noise_are_no_doubles_of_each_other():
    images = nearly_flat(240, noise=2)
    near = duplicates.pairs_within(duplicates.difference_hash(images))
    one, other = (images[rows].reshape(len(rows), -1) for rows in near.T)
    assert len(near) > 2000  # of 28,680 pairs: codes say little here,
    whole = duplicates.correlated(one, other, duplicates.MIN_CORRELATION)
    assert whole.sum() > 50  # and not enough the whole
    assert len(duplicates.find_duplicates(images)) == 0
    some = images[:60]  # and a saved copy of such an image is found all the same
    found = duplicates.find_duplicates(np.concatenate([some, (0.9 * some + 10).astype(np.uint8)]))
    assert set(found["other"] - found["one"]) == {60}
    assert len(found) >= 58  # of 60: noise alone may change a code by more than 12 bits
    assert len(duplicates.find_duplicates(images[:0])) == 0


def test_doubles_are_those_of_a_plain_search(monkeypatch):
    images = with_doubles()
    expected = plainly(images)
    exact = {(3, 10), (3, 50), (10, 50)}
    assert {(a, b) for a, b, same in expected if same} == exact
    assert {(a, b) for a, b, _ in expected} == exact | {(4, 20), (5, 30)}
    for rows in (duplicates.BLOCK_ROWS, 2):  # also in blocks that cut pairs apart
        monkeypatch.setattr(duplicates, "BLOCK_ROWS", rows)
        found = duplicates.find_duplicates(images)
        assert list(found.itertuples(index=False, name=None)) == expected
    assert {(40, 41), (55, 56)} <= set(
        map(tuple, duplicates.pairs_within(duplicates.difference_hash(images)))
    )
