"""The same picture more than once: within a split, across splits, under two labels."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pandas as pd
from scipy.ndimage import uniform_filter

from cxrlib.data.cases import Problem
from cxrlib.evaluation.audit.report import SHOWN, Finding, examples

BITS_APART = 12  # of 256; re-saved, resized or re-exposed copies differ in fewer
ALIKE = 0.985  # least correlation of two thumbnails
DETAIL, DETAIL_ALIKE = 5, 0.85  # and of what is left without each place's mean over 5 × 5 pixels
SAME_FILE = "the same picture as"  # how loading names files of one content
ROWS_AT_ONCE, OTHERS_AT_ONCE = 256, 4096  # held in memory, however many pictures there are


def hashes(thumbnails: np.ndarray) -> np.ndarray:
    """Describe pictures (N, 64, 64) by 256 bits each, as uint64 (N, 4).

    A bit says whether a place is brighter than the one to its left: the difference hash of
    N. Krawetz (2013), at 16 × 16 instead of 8 × 8, as chests are much more alike than holiday
    pictures are.
    """
    starts = range(0, len(thumbnails), ROWS_AT_ONCE)
    codes = [_hash(thumbnails[start : start + ROWS_AT_ONCE]) for start in starts]
    return np.concatenate([np.empty((0, 4), np.uint64), *codes])


def _hash(thumbnails: np.ndarray) -> np.ndarray:
    n = len(thumbnails)
    rows = thumbnails.reshape(n, 16, 4, 64).mean(axis=2)
    edges = np.linspace(0, 64, 18).round().astype(int)
    columns = np.stack([rows[:, :, a:b].mean(axis=2) for a, b in pairwise(edges)], axis=2)
    bits = np.diff(columns, axis=2) > 0.5  # half a grey level: noise in the black is not an edge
    return np.packbits(bits.reshape(n, 256), axis=1).view(np.uint64)


def near_pairs(codes: np.ndarray, most: int = BITS_APART) -> np.ndarray:
    """Return all pairs whose codes differ in at most ``most`` bits: (P, 2), in order.

    Compares everybody with everybody, a block at a time: exact, and in bounded memory.
    """
    pairs = [np.empty((0, 2), int)]
    for start in range(0, len(codes), ROWS_AT_ONCE):
        for start_other in range(start, len(codes), OTHERS_AT_ONCE):
            block = codes[start : start + ROWS_AT_ONCE]
            others = codes[start_other : start_other + OTHERS_AT_ONCE]
            apart = np.zeros((len(block), len(others)), np.uint16)
            for word in range(codes.shape[1]):
                apart += np.bitwise_count(block[:, None, word] ^ others[None, :, word])
            near = np.argwhere(apart <= most)
            near += (start, start_other)
            pairs.append(near[near[:, 0] < near[:, 1]])
    found = np.concatenate(pairs)
    return found[np.lexsort(found.T[::-1])]


def find(thumbnails: np.ndarray) -> pd.DataFrame:
    """Find pairs of pictures that are the same, exactly or nearly.

    Needs little memory besides the thumbnails, 32 bytes a picture and the pairs.

    Returns
    -------
    DataFrame
        Columns ``one``, ``other`` (row numbers), ``exact`` (no pixel of the thumbnails differs).

    Notes
    -----
    Codes only suggest a pair. It is named if the thumbnails correlate, and their details too. On
    smooth pictures the first two are not enough: among 258,120 pairs of different smooth fields
    with a little noise, codes alone take 6.7 % for doubles, the correlation of the whole leaves
    0.59 %, and that of the details none (``benchmarks/audit.py --only smooth``).
    """
    pairs = near_pairs(hashes(thumbnails))
    same, exact = np.zeros(len(pairs), bool), np.zeros(len(pairs), bool)
    for start in range(0, len(pairs), ROWS_AT_ONCE):
        part = slice(start, start + ROWS_AT_ONCE)
        one, other = (thumbnails[rows].reshape(len(rows), -1) for rows in pairs[part].T)
        exact[part] = (one == other).all(axis=1)
        same[part] = _correlated(one, other)
    kept = pairs[same]
    return pd.DataFrame({"one": kept[:, 0], "other": kept[:, 1], "exact": exact[same]})


def _correlated(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Tell which rows of pixels are alike, as a whole and in detail."""
    return alike(one, other, ALIKE) & alike(_details(one), _details(other), DETAIL_ALIKE)


def alike(one: np.ndarray, other: np.ndarray, least: float) -> np.ndarray:
    """Tell which rows correlate at least so much; a row of one number is like nothing."""
    one, other = (a - a.mean(axis=1, keepdims=True, dtype=np.float32) for a in (one, other))
    norms = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    return ((one * other).sum(axis=1) >= least * norms) & (norms > 0)


def _details(pixels: np.ndarray) -> np.ndarray:
    side = int(pixels.shape[1] ** 0.5)
    pictures = pixels.reshape(-1, side, side).astype(np.float32)
    mean = uniform_filter(pictures, (0, DETAIL, DETAIL), mode="nearest")
    return (pictures - mean).reshape(pixels.shape)


def contradictions(problems: Sequence[Problem]) -> Finding:
    """Name files that loading left out because the same file lies under two labels."""
    found = [p for p in problems if p.problem.startswith(SAME_FILE) and p.action == "left out"]
    numbers = {"files": len(found), "left out": _lines(found)}
    if not found:
        return Finding("two labels", "fine", "no file lies under two labels", numbers=numbers)
    says = f"{len(found):,} files are the same as one with another label; all are left out"
    advice = "Find out which label is right, and delete the other file."
    pictures = examples([p.path for p in found], [p.problem for p in found])
    return Finding("two labels", "fail", says, advice, numbers, pictures)


def _lines(problems: Sequence[Problem]) -> list[str]:
    return [f"{p.path}: {p.problem}" for p in problems[:SHOWN]]


def check(cases: pd.DataFrame, thumbnails: np.ndarray, problems: Sequence[Problem] = ()) -> Finding:
    """Judge the doubles: across splits or under two labels they fail, elsewhere they are named.

    Files of one content that loading kept, by its problems, are named too.
    """
    pairs = find(thumbnails)
    kept = [p for p in problems if p.problem.startswith(SAME_FILE) and p.action == "kept"]
    if pairs.empty and not kept:
        return Finding("duplicates", "fine", "no picture comes twice", numbers={"pairs": 0})
    split = cases["split"].astype("string").fillna("?").to_numpy()
    label = cases["label"].astype(str).to_numpy()
    patient = cases["patient_id"].astype("string").fillna("?").to_numpy()
    one, other = pairs["one"].to_numpy(), pairs["other"].to_numpy()
    crossing, contradicting = split[one] != split[other], label[one] != label[other]
    strangers = patient[one] != patient[other]
    numbers = {
        "pairs": len(pairs),
        "exact": int(pairs["exact"].sum()),
        "across splits": int(crossing.sum()),
        "under two labels": int(contradicting.sum()),
        "of two patients": int(strangers.sum()),
        "files of one content": len(kept),
    }
    bad = crossing | contradicting
    order = np.argsort(~bad, kind="stable")
    shown = [(one[i], other[i]) for i in order]
    paths = cases["path"].to_numpy()
    pictures = examples(
        [paths[k] for pair in shown for k in pair],
        [f"{split[k]}, {label[k]}, patient {patient[k]}" for pair in shown for k in pair],
    )
    said = ", ".join(f"{count:,} {what}" for what, count in numbers.items() if count)
    numbers["the same file"] = _lines(kept)
    if bad.any():
        advice = "Keep one of each pair, or all in one split; find out which label is right."
        return Finding("duplicates", "fail", said, advice, numbers, pictures)
    advice = "Doubles count twice. Keep one of each pair, or know that you did not."
    if strangers.any():
        advice += " Doubles of two patients hint at a patient id that is too fine."
    return Finding("duplicates", "look", said, advice, numbers, pictures)
