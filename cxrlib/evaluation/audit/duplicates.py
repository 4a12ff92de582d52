"""The same image more than once: within a split, across splits, under two labels."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
from scipy.ndimage import uniform_filter

from cxrlib.data.cases import Problem
from cxrlib.evaluation.audit.report import Affected, Example, Finding, affected, counted

MAX_HAMMING_DISTANCE = 12  # of 256; re-saved, resized or re-exposed copies differ in fewer
MIN_CORRELATION = 0.985  # least correlation of two thumbnails
DETAIL_WINDOW = 5  # pixels, of a mean around each place; details are what it leaves
MIN_DETAIL_CORRELATION = 0.85
SAME_FILE = "the same image as"  # how loading names files of one content
BLOCK_ROWS, BLOCK_COLUMNS = 256, 4096  # held in memory, however many images there are


def difference_hash(thumbnails: np.ndarray) -> np.ndarray:
    """Describe images (N, 64, 64) by 256 bits each, as uint64 (N, 4).

    A bit says whether a place is brighter than the one to its left: the difference hash of
    N. Krawetz (2013), at 16 × 16 instead of 8 × 8, as chests are much more alike than holiday
    images are.
    """
    starts = range(0, len(thumbnails), BLOCK_ROWS)
    codes = [_hash(thumbnails[start : start + BLOCK_ROWS]) for start in starts]
    return np.concatenate([np.empty((0, 4), np.uint64), *codes])


def _hash(thumbnails: np.ndarray) -> np.ndarray:
    n = len(thumbnails)
    rows = thumbnails.reshape(n, 16, 4, 64).mean(axis=2)
    edges = np.linspace(0, 64, 18).round().astype(int)
    columns = np.stack([rows[:, :, a:b].mean(axis=2) for a, b in pairwise(edges)], axis=2)
    bits = np.diff(columns, axis=2) > 0.5  # half a grey level: noise in the black is not an edge
    return np.packbits(bits.reshape(n, 256), axis=1).view(np.uint64)


def pairs_within(codes: np.ndarray, max_distance: int = MAX_HAMMING_DISTANCE) -> np.ndarray:
    """Return all pairs whose codes differ in at most ``max_distance`` bits: (P, 2), in order.

    Compares everybody with everybody, a block at a time: exact, and in bounded memory.
    """
    pairs = [np.empty((0, 2), int)]
    for start in range(0, len(codes), BLOCK_ROWS):
        for start_other in range(start, len(codes), BLOCK_COLUMNS):
            block = codes[start : start + BLOCK_ROWS]
            others = codes[start_other : start_other + BLOCK_COLUMNS]
            distance = np.zeros((len(block), len(others)), np.uint16)
            for word in range(codes.shape[1]):
                distance += np.bitwise_count(block[:, None, word] ^ others[None, :, word])
            near = np.argwhere(distance <= max_distance)
            near += (start, start_other)
            pairs.append(near[near[:, 0] < near[:, 1]])
    found = np.concatenate(pairs)
    return found[np.lexsort(found.T[::-1])]


def find_duplicates(thumbnails: np.ndarray) -> pd.DataFrame:
    """Find pairs of images that are the same, exactly or nearly.

    Needs little memory besides the thumbnails, 32 bytes an image and the pairs.

    Returns
    -------
    DataFrame
        Columns ``one``, ``other`` (row numbers), ``exact`` (no pixel of the thumbnails differs).

    Notes
    -----
    Codes only suggest a pair. It is named if the thumbnails correlate, and their details too. On
    smooth images the first two are not enough: among 258,120 pairs of different smooth fields
    with a little noise, codes alone take 6.7 % for doubles, the correlation of the whole leaves
    0.59 %, and that of the details none (``benchmarks/alarms.py``).
    """
    pairs = pairs_within(difference_hash(thumbnails))
    same, exact = np.zeros(len(pairs), bool), np.zeros(len(pairs), bool)
    for start in range(0, len(pairs), BLOCK_ROWS):
        part = slice(start, start + BLOCK_ROWS)
        one, other = (thumbnails[rows].reshape(len(rows), -1) for rows in pairs[part].T)
        exact[part] = (one == other).all(axis=1)
        same[part] = correlated(one, other, MIN_CORRELATION)
        same[part] &= correlated(_details(one), _details(other), MIN_DETAIL_CORRELATION)
    kept = pairs[same]
    return pd.DataFrame({"one": kept[:, 0], "other": kept[:, 1], "exact": exact[same]})


def correlated(one: np.ndarray, other: np.ndarray, min_correlation: float) -> np.ndarray:
    """Tell which rows correlate at least so much; a row of one number is like nothing."""
    one, other = (a - a.mean(axis=1, keepdims=True, dtype=np.float32) for a in (one, other))
    norms = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    return ((one * other).sum(axis=1) >= min_correlation * norms) & (norms > 0)


def _details(pixels: np.ndarray) -> np.ndarray:
    side = int(pixels.shape[1] ** 0.5)
    images = pixels.reshape(-1, side, side).astype(np.float32)
    mean = uniform_filter(images, (0, DETAIL_WINDOW, DETAIL_WINDOW), mode="nearest")
    return (images - mean).reshape(pixels.shape)


def check_contradicting_labels(problems: Sequence[Problem]) -> Finding:
    """Name files that loading left out because the same file lies under two labels."""
    found = [p for p in problems if p.problem.startswith(SAME_FILE) and p.action == "left out"]
    numbers = {"files": len(found)}
    if not found:
        return Finding("two labels", "fine", "no file lies under two labels", numbers=numbers)
    summary = f"{len(found):,} files are the same as one with another label; all are left out"
    advice = "Find out which label is right, and delete the other file."
    return Finding("two labels", "fail", summary, advice, numbers, _twins(found))


def _twins(problems: Sequence[Problem]) -> tuple[Affected, ...]:
    """Name each file with its problem; the first of two that are the same shows both."""
    labelled = re.compile(rf"{SAME_FILE} (.*), labelled ('.*') here and ('.*') there$", re.DOTALL)
    named, shown = [], set()
    for each, p in zip(affected(problems), problems, strict=True):
        told = labelled.match(p.problem)
        if told and p.path not in shown:
            pair = (Example(p.path, told[2]), Example(told[1], told[3]))
            shown |= {e.path for e in pair}
            each = replace(each, examples=pair)
        named.append(each)
    return tuple(named)


def check_duplicates(
    cases: pd.DataFrame, thumbnails: np.ndarray, problems: Sequence[Problem] = ()
) -> Finding:
    """Judge the doubles: across splits or under two labels they fail, elsewhere they are named.

    Files of one content that loading kept, by its problems, are named too.
    """
    pairs = find_duplicates(thumbnails)
    kept = [p for p in problems if p.problem.startswith(SAME_FILE) and p.action == "kept"]
    if pairs.empty and not kept:
        return Finding("duplicates", "fine", "no image comes twice", numbers={"pairs": 0})
    split = cases["split"].astype("string").fillna("?").to_numpy()
    label = cases["label"].astype(str).to_numpy()
    patient = cases["patient_id"].astype("string").fillna("?").to_numpy()
    one, other = pairs["one"].to_numpy(), pairs["other"].to_numpy()
    across, contradicting = split[one] != split[other], label[one] != label[other]
    two_patients = patient[one] != patient[other]
    counts = {
        "pairs": len(pairs),
        "exact": int(pairs["exact"].sum()),
        "across splits": int(across.sum()),
        "under two labels": int(contradicting.sum()),
        "of two patients": int(two_patients.sum()),
        "files of one content": len(kept),
    }
    bad = across | contradicting
    path = cases["path"].astype(str).to_numpy()
    kinds = {"across splits": across, "under two labels": contradicting}
    named = []
    for i in np.argsort(2 - contradicting.astype(int) - bad, kind="stable"):  # worst first
        a, b = sorted((one[i], other[i]), key=lambda k: path[k])
        worse = "".join(f", {kind}" for kind, is_so in kinds.items() if is_so[i])
        images = (Example(path[k], f"{split[k]}, {label[k]}, patient {patient[k]}") for k in (a, b))
        named.append(
            Affected(
                (path[a], path[b]),
                f"{path[a]} and {path[b]}: the same image{worse}",
                "fail" if bad[i] else "look",
                tuple(images),
            )
        )
    in_pairs = {path for each in named for path in each.key}
    found = (*named, *affected([p for p in kept if p.path not in in_pairs]))
    parts = [f"{count:,} {what}" for what, count in counts.items() if count and what != "pairs"]
    summary = ", ".join([counted(len(pairs), "pair"), *parts] if len(pairs) else parts)
    if bad.any():
        advice = "Keep one of each pair, or all in one split; find out which label is right."
        return Finding("duplicates", "fail", summary, advice, counts, found)
    advice = "Doubles count twice. Keep one of each pair, or know that you did not."
    if two_patients.any():
        advice += " Doubles of two patients hint at a patient id that is too fine."
    return Finding("duplicates", "look", summary, advice, counts, found)
