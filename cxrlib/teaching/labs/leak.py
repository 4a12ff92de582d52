"""``leak_lab``: siblings on both sides of a split, and what a validation score then promises."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from cxrlib.teaching.labs import checks, lab
from cxrlib.teaching.labs import siblings as drawings

COLUMNS = ("whole", "validation", "test", "leaked")
STOPS = (2, 11)
MOST_RUNS = 120
MOST_VARIANTS = 4
# Pictures a patient, invented: many have one, a few have many.
SIBLINGS = (2, 1, 4, 1, 3, 8, 1, 2, 6, 1, 3, 2, 1, 4, 2, 1, 5, 3, 1, 8, 2, 4, 2, 3)


def leak_lab(
    runs: pd.DataFrame,
    *,
    score: str = "AUC",
    siblings: Sequence[int] | None = None,
    name: str = "leak_lab",
) -> lab.Lab:
    """Return a lab that goes from a split by picture to a split by patient, over recorded runs.

    Parameters
    ----------
    runs : DataFrame
        A training a row, at most 120: ``whole`` (share of the patients that the split keeps whole,
        0 by picture to 1 by patient, 2 to 11 different ones), ``validation`` and ``test`` (scores
        from 0 to 1), ``leaked`` (share of the validation pictures whose patient is in training
        too). Where there is a column ``labels``, it names up to four variants to choose from.
        Other columns, such as ``seed``, are not looked at.
    score : str
        What the scores are; for ``"AUC"`` chance is drawn at 0.5.
    siblings : sequence of int, optional
        Pictures of each patient in the drawing, 4 to 24 patients with 1 to 8 each; by default 24
        invented ones.
    name : str
        What the lab is called in links; two on a page need two names.

    Raises
    ------
    ValueError
        For runs or settings it cannot show.
    """
    variants = _variants(runs)
    if not isinstance(score, str) or not 1 <= len(score) <= 24:
        raise ValueError(f"expected `score` as a short text such as 'AUC', got {score!r}.")
    families = drawings.draw(_sizes(siblings))
    start = float(variants[0]["stops"][0]["whole"])
    return lab.Lab(
        kind="leak_lab",
        name=checks.link_name(name),
        title="The same patient on both sides: what does validation promise?",
        about="",
        first=(
            "move the slider from split by picture to split by patient. Which of the two scores "
            "moves, and which stays?"
        ),
        still=drawings.patients(families, start) + drawings.chart(variants, score),
        config={
            "variants": [{"name": one["name"], "stops": one["stops"]} for one in variants],
            "families": families,
            "score": score,
            "range": drawings.scale(variants, score),
            "places": drawings.PLACES,
            "start": {"whole": start, "labels": 0},
        },
    )


def _variants(runs: pd.DataFrame) -> list[dict]:
    table = _checked(runs)
    if "labels" not in table:
        return [_variant("", table)]
    if table["labels"].isna().any() or table["labels"].nunique() > MOST_VARIANTS:
        raise ValueError(
            f"expected 1 to {MOST_VARIANTS} names in the column `labels`, none of them missing, "
            f"got {table['labels'].unique()[:6].tolist()}. Choose some rows."
        )
    groups = table.groupby("labels", sort=False)
    return [_variant(str(title)[:40], group) for title, group in groups]


def _checked(runs: pd.DataFrame) -> pd.DataFrame:
    if not isinstance(runs, pd.DataFrame):
        raise ValueError(
            f"expected `runs` as a DataFrame, a training a row, got {type(runs).__name__}. "
            "Make one: pd.DataFrame(rows)."
        )
    lacking = [column for column in COLUMNS if column not in runs]
    if lacking or not 1 <= len(runs) <= MOST_RUNS:
        raise ValueError(
            f"expected 1 to {MOST_RUNS} rows with the columns {', '.join(COLUMNS)}, got "
            f"{len(runs)} rows without {', '.join(lacking) or 'a missing column'}. "
            "Rename columns, or choose rows."
        )
    for column in COLUMNS:
        try:
            numbers = runs[column].to_numpy(float)
        except (TypeError, ValueError):
            raise ValueError(
                f"expected numbers from 0 to 1 in the column `{column}`, got something else. "
                "Convert it: pd.to_numeric(...)."
            ) from None
        if not ((numbers >= 0) & (numbers <= 1)).all():
            raise ValueError(
                f"expected shares from 0 to 1 in the column `{column}`, got "
                f"{np.min(numbers):g} to {np.max(numbers):g}. Divide percent by 100, drop NaN."
            )
    return runs


def _variant(title: str, table: pd.DataFrame) -> dict:
    low, high = STOPS
    rounded = table.assign(whole=table["whole"].astype(float).round(4))
    means = rounded.groupby("whole")[list(COLUMNS[1:])].mean()
    if not low <= len(means) <= high:
        raise ValueError(
            f"expected {low} to {high} different numbers in the column `whole`"
            f"{f' for {title!r}' if title else ''}, got {len(means)}. "
            "Train with some patients kept whole and some not: 0, 0.5, 1."
        )
    counts = rounded.groupby("whole").size()
    return {
        "name": title,
        "runs": rounded,
        "stops": [
            {"whole": float(whole), "runs": int(counts[whole])}
            | {column: round(float(value), 5) for column, value in row.items()}
            for whole, row in means.iterrows()
        ],
    }


def _sizes(siblings: Sequence[int] | None) -> list[int]:
    sizes = np.asarray(SIBLINGS if siblings is None else siblings)
    fits = sizes.ndim == 1 and 4 <= len(sizes) <= 24 and sizes.dtype.kind in "iu"
    if not fits or sizes.min() < 1 or sizes.max() > 8 or sizes.max() == 1:
        raise ValueError(
            "expected `siblings` as 4 to 24 whole numbers from 1 to 8, not all of them 1, got "
            f"{np.ravel(sizes)[:30].tolist()}. It is a drawing: choose a few patients."
        )
    return sizes.tolist()
