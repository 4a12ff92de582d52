"""``shortcut_lab``: cover parts of a radiograph, and see which of them a network's answer needs."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from cxrlib.teaching.labs import lab, squares

MOST_PICTURES = 6
LEAST_SIDE, MOST_SIDE = 16, 128
MOST_SQUARES = 12  # 4,096 covered sets a picture
LONGEST = 24  # letters of a name
LARGEST = 400_000  # bytes
BATCH = 64


def shortcut_lab(
    images: ArrayLike,
    predict: Any,
    class_names: Sequence[str],
    *,
    labels: ArrayLike | None = None,
    masks: ArrayLike | None = None,
    titles: Sequence[str] | None = None,
    rows: int = 4,
    columns: int = 3,
    fill: float | str = 0,
    name: str = "shortcut_lab",
) -> lab.Lab:
    """Return a lab in which squares of a radiograph are covered, and a network's answer moves.

    The network is asked here, once for each way to cover the squares: 4,096 times a picture for
    4 rows of 3 squares. The page looks its answers up.

    Parameters
    ----------
    images : array, shape (N, H, W, 1) or (N, H, W)
        One to six grey pictures, 16 to 128 pixels a side, 0 to 255. Fractions are rounded.
    predict : keras.Model or function
        Takes float32 (n, H, W, 1) from 0 to 255 and gives probabilities, shape (n, K), or (n, 1)
        for the second of two classes. It is given at most 64 pictures at a time.
    class_names : sequence of str
        Two to four, in the order of the outputs.
    labels : array, shape (N,), (N, 1) or one-hot (N, K), optional
        True classes, shown beside the pictures.
    masks : array of bool, shape (N, H, W), optional
        Lungs. With them there is a button to cover the fewest squares that hold four fifths of the
        lungs, and it is said how much of the lungs a square holds.
    titles : sequence of str, optional
        What the pictures are called; by default A, B, C.
    rows, columns : int
        Of the grid, 2 to 6 each and at most 12 squares.
    fill : float or "mean"
        Grey level of a covered square, 0 to 255, or each picture's own mean.
    name : str
        What the lab is called in links; two on a page need two names.

    Notes
    -----
    The answer is the class with the highest probability. What is called used is the square that,
    covered alone, lowers the probability of the bare picture's answer most; a drop below 0.01 is
    not counted. The fewest squares that change the answer are found among all sets.

    Raises
    ------
    ValueError
        For pictures, answers or settings it cannot show.
    """
    pictures = _pictures(images)
    names = _texts(class_names, "class_names", 2, 4)
    titles = _texts(list("ABCDEF"[: len(pictures)]) if titles is None else titles, "titles",
                    len(pictures), len(pictures))  # fmt: skip
    truth = None if labels is None else _truth(labels, len(pictures), len(names))
    lungs = None if masks is None else _lungs(masks, pictures.shape)
    square = squares.grid(pictures.shape[1:], *_grid(rows, columns))
    greys = [_grey(fill, picture) for picture in pictures]
    ask = squares.asker(predict, len(names))
    tables = [
        squares.answers(picture, ask, square, grey, BATCH)
        for picture, grey in zip(pictures, greys, strict=True)
    ]
    cases = [
        {
            "title": title,
            "answers": lab.base64_of(table[:, 1:].T.astype("<u2").tobytes()),
            "most": squares.most_used(table),
            "least": squares.least_set(table),
            "grey": round(grey),
        }
        for title, grey, table in zip(titles, greys, tables, strict=True)
    ]
    for i, case in enumerate(cases):
        if truth is not None:
            case["label"] = int(truth[i])
        if lungs is not None:
            shares = squares.lung_shares(lungs[i], square)
            case |= {"lungs": squares.lung_set(shares), "shares": shares.round(4).tolist()}
    height, width = pictures.shape[1:]
    return lab.Lab(
        kind="shortcut_lab",
        name=lab.link_name(name),
        title="What does the network's answer hang on?",
        about="",
        first=(
            "cover one square after the other until the answer changes. Which square did it? "
            "Then let a press mark your guess, and mark it."
        ),
        still=_still(pictures, titles, tables, names, truth),
        config={
            "cases": cases,
            "classes": names,
            "rows": np.diff(squares.edges(height, rows)).tolist(),
            "columns": np.diff(squares.edges(width, columns)).tolist(),
            "start": {"picture": 0, "covered": 0, "square": 0, "press": "cover", "guess": -1},
        },
        largest=LARGEST,
    )


def _still(
    pictures: np.ndarray,
    titles: Sequence[str],
    tables: Sequence[np.ndarray],
    names: Sequence[str],
    truth: np.ndarray | None,
) -> str:
    shown, said = "", []
    for i, (picture, title, table) in enumerate(zip(pictures, titles, tables, strict=True)):
        shown += lab.image(picture, f"Chest X-ray “{title}”, {len(picture)} pixels high")
        given = table[0].argmax()
        label = "" if truth is None else f", its label is {names[truth[i]]}"
        share = table[0, given] / squares.WHOLE
        said.append(f"{title}: the network answers {names[given]}, {share:.3f}{label}.")
    return f"{shown}<p>{html.escape(' '.join(said))}</p>"


def _pictures(images: ArrayLike) -> np.ndarray:
    array = np.asarray(images)
    if array.ndim == 4 and array.shape[3] == 1:
        array = array[..., 0]
    if array.ndim != 3 or not 1 <= len(array) <= MOST_PICTURES:
        raise ValueError(
            f"expected 1 to {MOST_PICTURES} grey pictures of shape (N, H, W, 1), got shape "
            f"{np.shape(images)}. Choose a few: images[:4]; one picture is images[:1]."
        )
    low, high = min(array.shape[1:]), max(array.shape[1:])
    if low < LEAST_SIDE or high > MOST_SIDE:
        raise ValueError(
            f"expected {LEAST_SIDE} to {MOST_SIDE} pixels a side, got {array.shape[1:]}. Give "
            "smaller pictures, and a function that makes them as large as the network wants them."
        )
    return np.stack([lab.grey_picture(one, most=MOST_SIDE) for one in array])


def _texts(texts: object, argument: str, fewest: int, most: int) -> list[str]:
    known = [] if isinstance(texts, str) or not np.iterable(texts) else list(texts)
    fits = all(isinstance(one, str) and 1 <= len(one.strip()) <= LONGEST for one in known)
    if not fits or not fewest <= len(known) <= most or len(set(known)) < len(known):
        count = f"{fewest} to {most}" if fewest < most else f"{fewest}"
        raise ValueError(
            f"expected `{argument}` as {count} different texts of 1 to {LONGEST} letters, got "
            f"{texts!r}. Name each one, shortly."
        )
    return [str(one).strip() for one in known]


def _truth(labels: ArrayLike, n: int, classes: int) -> np.ndarray:
    array = np.asarray(labels)
    one_hot = array.shape == (n, classes) and classes > 1
    if one_hot and np.array_equal(np.sort(array, axis=1)[:, -2:], np.tile([0, 1], (n, 1))):
        return array.argmax(axis=1)
    if array.shape not in ((n,), (n, 1)) or not np.isin(array, np.arange(classes)).all():
        raise ValueError(
            f"expected `labels` as {n} whole numbers from 0 to {classes - 1}, or one-hot of shape "
            f"({n}, {classes}), got shape {array.shape}: {np.ravel(array)[:8].tolist()}. "
            "Choose the same rows as in `images`."
        )
    return array.reshape(n).astype(int)


def _lungs(masks: ArrayLike, shape: tuple[int, int, int]) -> np.ndarray:
    array = np.asarray(masks)
    if array.shape == (*shape, 1):
        array = array[..., 0]
    if array.shape != shape or array.dtype.kind not in "buif" or not array.any((1, 2)).all():
        raise ValueError(
            f"expected `masks` of shape {shape}, True in the lungs, none of them empty, got shape "
            f"{np.shape(masks)} and {array.dtype}. Read them at the pictures' size, the same rows."
        )
    return array > 0


def _grid(rows: int, columns: int) -> tuple[int, int]:
    for count, argument in ((rows, "rows"), (columns, "columns")):
        lab.choice(count, range(2, 7), argument)
    if rows * columns > MOST_SQUARES:
        raise ValueError(
            f"expected at most {MOST_SQUARES} squares, got {rows} × {columns} = {rows * columns}: "
            f"a network asked {2 ** (rows * columns):,} times a picture. Take fewer: 4 × 3."
        )
    return int(rows), int(columns)


def _grey(fill: float | str, picture: np.ndarray) -> float:
    if isinstance(fill, str) and fill == "mean":
        return float(picture.mean())
    if isinstance(fill, (str, bool)) or np.ndim(fill) or not 0 <= fill <= 255:
        raise ValueError(
            f"expected `fill` as a grey level from 0 to 255 or 'mean', got {fill!r}. 0 is black."
        )
    return float(fill)
