"""``shortcut_lab``: occlude parts of a radiograph, and see which of them a network's answer needs.

A covered set is a whole number: bit i stands for square i, counted row by row from the top left.
Probabilities are kept as whole 65,535ths, so that the page and Python compare the same numbers.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from cxrlib.teaching.labs import lab

MAX_IMAGES = 6
MIN_SIDE, MAX_SIDE = 16, 128
MAX_SQUARES = 12  # 4,096 covered sets an image
MAX_BYTES = 700_000
BATCH_SIZE = 64
WHOLE = 65_535
MIN_DROP = 0.01  # a square that lowers the probability by less is not said to be used
LUNG_COVERAGE = 0.8
TOLERANCE = 5e-4  # how far probabilities may be from adding up to 1

Predict = Callable[[np.ndarray], np.ndarray]


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
    fill_value: float | str = 0,
    name: str = "shortcut_lab",
) -> lab.Lab:
    """Return a lab in which squares of a radiograph are covered, and a network's answer moves.

    The network is asked here, once for each way to cover the squares and each grey to cover them
    with: 2 × 4,096 times an image for 4 rows of 3 squares. The page looks its answers up. It opens
    on the image and the grey where the fewest squares change the answer, of several on the surest.

    Parameters
    ----------
    images : array, shape (N, H, W, 1) or (N, H, W)
        One to six grey images, 16 to 128 pixels a side, 0 to 255. Fractions are rounded.
    predict : keras.Model or function
        Takes float32 (n, H, W, 1) from 0 to 255 and gives probabilities, shape (n, K), or (n, 1)
        for the second of two classes. It is given at most 64 images at a time.
    class_names : sequence of str
        Two to four, in the order of the outputs.
    labels : array, shape (N,), (N, 1) or one-hot (N, K), optional
        True classes, shown beside the images.
    masks : array of bool, shape (N, H, W), optional
        Lungs. Buttons cover them, or all but them: the fewest squares that hold four fifths of
        the lungs; and it is said how much of the lungs a square holds. Without masks the buttons
        take the squares where lungs lie in most X-rays.
    titles : sequence of str, optional
        What the images are called; by default A, B, C.
    rows, columns : int
        Of the grid, 2 to 6 each and at most 12 squares.
    fill_value : float or "mean"
        Grey level of a covered square, 0 to 255; each image's own mean can be chosen beside it.
        With "mean" there is nothing to choose.
    name : str
        What the lab is called in links; two on a page need two names.

    Notes
    -----
    The answer is the class with the highest probability. What is called used is the square that,
    covered alone, lowers the probability of the bare image's answer most; a drop below 0.01 is
    not counted. The fewest squares that change the answer are found among all sets.

    Raises
    ------
    ValueError
        For images, answers or settings it cannot show.
    """
    images = check_images(images)
    n, height, width = images.shape
    names = lab.check_texts(class_names, "class_names", 2, 4)
    titles = lab.check_texts(list("ABCDEF"[:n]) if titles is None else titles, "titles", n, n)
    truth = None if labels is None else _check_labels(labels, n, len(names))
    lungs = None if masks is None else _check_masks(masks, images.shape)
    _check_grid(rows, columns)
    square = label_squares((height, width), rows, columns)
    by_mean = isinstance(fill_value, str) and fill_value == "mean"
    greys = [] if by_mean else [lab.check_number(fill_value, 0, 255, "fill_value")]
    ask = checked_predict(predict, len(names))
    tables = [
        [predict_all_sets(image, grey, square, ask) for grey in (*greys, float(image.mean()))]
        for image in images
    ]
    cases: list[dict] = [
        {
            "title": title,
            "lungs": usual_lung_set(rows, columns),
            "covers": [
                {
                    "probabilities": lab.to_base64(table[:, 1:].T.astype("<u2").tobytes()),
                    "most": most_influential_square(table),
                    "least": smallest_flipping_set(table),
                    "grey": round(grey),
                }
                for grey, table in zip((*greys, image.mean()), each, strict=True)
            ],
        }
        for title, image, each in zip(titles, images, tables, strict=True)
    ]
    for i, case in enumerate(cases):
        if truth is not None:
            case["label"] = int(truth[i])
        if lungs is not None:
            shares = lung_shares(lungs[i], square)
            case |= {"lungs": smallest_lung_set(shares), "shares": shares.round(4).tolist()}
    picture, fill = easiest_to_flip(tables)
    fills = ["black" if not grey else f"grey {grey:g}" for grey in greys]
    return lab.Lab(
        kind="shortcut_lab",
        name=lab.check_name(name),
        title="What does the network's answer hang on?",
        try_first=(
            "which square does the answer hang on? Let a press mark your guess, and mark it. Then "
            "look at another image, with its lungs alone and without them."
        ),
        fallback=_fallback(images, titles, [each[0] for each in tables], names, truth),
        config={
            "cases": cases,
            "class_names": names,
            "rows": np.diff(grid_edges(height, rows)).tolist(),
            "columns": np.diff(grid_edges(width, columns)).tolist(),
            "fills": [*fills, "its mean grey"],
            "start": {"picture": picture, "covered": 0, "square": 0, "press": "cover"}
            | {"guess": -1, "fill": fill},
        },
        max_bytes=MAX_BYTES,
    )


def _fallback(
    images: np.ndarray,
    titles: Sequence[str],
    tables: Sequence[np.ndarray],
    names: Sequence[str],
    truth: np.ndarray | None,
) -> str:
    shown, said = "", []
    for i, (image, title, table) in enumerate(zip(images, titles, tables, strict=True)):
        shown += lab.img_tag(image, f"Chest X-ray “{title}”, {len(image)} pixels high")
        given = table[0].argmax()
        label = "" if truth is None else f", its label is {names[truth[i]]}"
        share = table[0, given] / WHOLE
        said.append(f"{title}: the network answers {names[given]}, {share:.3f}{label}.")
    return f"{shown}<p>{html.escape(' '.join(said))}</p>"


# ---- a grid over an image, and the network's answers for every covered set


def grid_edges(length: int, parts: int) -> list[int]:
    """Return where ``parts`` parts of a side begin and end, in whole pixels."""
    return np.linspace(0, length, parts + 1).round().astype(int).tolist()


def label_squares(shape: tuple[int, int], rows: int, columns: int) -> np.ndarray:
    """Return for each pixel the number of its square, int (H, W)."""
    row = np.repeat(np.arange(rows), np.diff(grid_edges(shape[0], rows)))
    column = np.repeat(np.arange(columns), np.diff(grid_edges(shape[1], columns)))
    return row[:, None] * columns + column


def predict_all_sets(
    image: np.ndarray, grey: float, square: np.ndarray, predict: Predict
) -> np.ndarray:
    """Return the probabilities of every covered set, int (2**squares, classes).

    No more than 64 covered images exist at once. The first class gets what the others leave, as
    on the page.
    """

    def cover(sets: np.ndarray) -> np.ndarray:
        hidden = (sets[:, None, None] >> square) & 1 == 1
        return np.where(hidden, grey, image)[..., None].astype("float32")

    sets = np.arange(2 ** (int(square.max()) + 1))
    found = [predict(cover(sets[i : i + BATCH_SIZE])) for i in sets[::BATCH_SIZE]]
    others = np.rint(WHOLE * np.concatenate(found)[:, 1:]).astype(int)
    return np.column_stack([np.maximum(WHOLE - others.sum(axis=1), 0), others])


def most_influential_square(table: np.ndarray) -> int | None:
    """Return the square that, covered alone, lowers the bare image's answer most.

    None where every square alone lowers it by less than 0.01.
    """
    given = table[0].argmax()
    alone = 2 ** np.arange(len(table).bit_length() - 1)
    drops = table[0, given] - table[alone, given]
    return int(drops.argmax()) if drops.max() >= MIN_DROP * WHOLE else None


def smallest_flipping_set(table: np.ndarray) -> int | None:
    """Return the set of fewest squares that changes the answer; None where none does.

    Of several, the one that leaves least of the answer.
    """
    given = table[0].argmax()
    changed = np.flatnonzero(table.argmax(axis=1) != given)
    if not len(changed):
        return None
    counts = np.array([int(one).bit_count() for one in changed])
    return int(changed[np.lexsort((table[changed, given], counts))[0]])


def easiest_to_flip(tables: Sequence[Sequence[np.ndarray]]) -> tuple[int, int]:
    """Return image and grey where the fewest squares change the answer; of several, the surest."""

    def effort(place: tuple[int, int]) -> tuple[float, int]:
        table = tables[place[0]][place[1]]
        fewest = smallest_flipping_set(table)
        count = np.inf if fewest is None else fewest.bit_count()
        return count, -int(table[0].max())

    places = [(i, k) for i, each in enumerate(tables) for k in range(len(each))]
    return min(places, key=effort)


def usual_lung_set(rows: int, columns: int) -> int:
    """Return the set of squares where lungs lie in most X-rays: beside the middle, not below."""
    down = (np.arange(rows) + 0.5) / rows < 0.7
    across = np.abs((np.arange(columns) + 0.5) / columns - 0.5) > 0.1
    return int(np.sum(2 ** np.flatnonzero((down[:, None] & across).ravel())))


def lung_shares(mask: np.ndarray, square: np.ndarray) -> np.ndarray:
    """Return the share of the lungs' pixels in each square."""
    counts = np.bincount(square[mask], minlength=square.max() + 1)
    return counts / counts.sum()


def smallest_lung_set(shares: np.ndarray) -> int:
    """Return the set of fewest squares that hold at least four fifths of the lungs."""
    order = np.argsort(-shares, kind="stable")
    enough = int(np.searchsorted(np.cumsum(shares[order]), LUNG_COVERAGE - 1e-9)) + 1
    return int(np.sum(2 ** order[:enough]))


# ---- what it asks of its arguments


def checked_predict(predict: Any, n_classes: int) -> Predict:
    """Return a function from images to checked probabilities (n, classes)."""
    # A Keras model's `predict` prints and sets itself up at each call; this does neither.
    call = getattr(predict, "predict_on_batch", predict)
    if not callable(call):
        raise ValueError(
            f"expected `predict` as a Keras model or a function, got {type(predict).__name__}. "
            "Pass what takes images (n, H, W, 1) and gives probabilities."
        )

    def ask(batch: np.ndarray) -> np.ndarray:
        given = np.asarray(call(batch))
        widths = (1, 2) if n_classes == 2 else (n_classes,)
        if given.ndim != 2 or len(given) != len(batch) or given.shape[1] not in widths:
            raise ValueError(
                f"expected answers of shape ({len(batch)}, {' or '.join(map(str, widths))}) for "
                f"{n_classes} class names, got {given.shape}. Give as many names as classes."
            )
        given = given.astype(float)
        sums = given.sum(axis=1) if given.shape[1] > 1 else np.ones(len(given))
        if not ((given >= 0) & (given <= 1)).all() or np.abs(sums - 1).max() > TOLERANCE:
            raise ValueError(
                "expected probabilities from 0 to 1 that add up to 1, got "
                f"{given.min():g} to {given.max():g} with sums from {sums.min():.4g} to "
                f"{sums.max():.4g}. Let the network end in a sigmoid or softmax."
            )
        return np.column_stack([1 - given, given]) if given.shape[1] == 1 else given

    return ask


def check_images(images: ArrayLike) -> np.ndarray:
    """Return one to six grey images as uint8 (N, H, W)."""
    array = np.asarray(images)
    if array.ndim == 4 and array.shape[3] == 1:
        array = array[..., 0]
    if array.ndim != 3 or not 1 <= len(array) <= MAX_IMAGES:
        raise ValueError(
            f"expected 1 to {MAX_IMAGES} grey images of shape (N, H, W, 1), got shape "
            f"{np.shape(images)}. Choose a few: images[:4]; one image is images[:1]."
        )
    return np.stack([lab.check_image(one, MIN_SIDE, MAX_SIDE) for one in array])


def _check_labels(labels: ArrayLike, n: int, n_classes: int) -> np.ndarray:
    array = np.asarray(labels)
    one_hot = array.shape == (n, n_classes) and n_classes > 1
    if one_hot and np.array_equal(np.sort(array, axis=1)[:, -2:], np.tile([0, 1], (n, 1))):
        return array.argmax(axis=1)
    if array.shape not in ((n,), (n, 1)) or not np.isin(array, np.arange(n_classes)).all():
        raise ValueError(
            f"expected `labels` as {n} whole numbers from 0 to {n_classes - 1}, or one-hot of "
            f"shape ({n}, {n_classes}), got shape {array.shape}: {np.ravel(array)[:8].tolist()}. "
            "Choose the same rows as in `images`."
        )
    return array.reshape(n).astype(int)


def _check_masks(masks: ArrayLike, shape: tuple[int, ...]) -> np.ndarray:
    array = np.asarray(masks)
    if array.shape == (*shape, 1):
        array = array[..., 0]
    if array.shape != shape or array.dtype.kind not in "buif" or not array.any((1, 2)).all():
        raise ValueError(
            f"expected `masks` of shape {shape}, True in the lungs, none of them empty, got shape "
            f"{np.shape(masks)} and {array.dtype}. Read them at the images' size, the same rows."
        )
    return array > 0


def _check_grid(rows: int, columns: int) -> None:
    for count, argument in ((rows, "rows"), (columns, "columns")):
        lab.check_choice(count, range(2, 7), argument)
    if rows * columns > MAX_SQUARES:
        raise ValueError(
            f"expected at most {MAX_SQUARES} squares, got {rows} × {columns} = {rows * columns}: "
            f"a network asked {2 ** (rows * columns):,} times an image. Take fewer: 4 × 3."
        )
