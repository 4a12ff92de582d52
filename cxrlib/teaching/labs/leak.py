"""``leak_lab``: siblings on both sides of a split, and what a validation metric then promises."""

from __future__ import annotations

import html
import math
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from cxrlib.teaching.labs import lab

COLUMNS = ("grouped", "validation", "test", "leaked")
STOPS = (2, 11)
MAX_RUNS = 120
MAX_VARIANTS = 4
# Images a patient, invented: many have one, a few have many.
IMAGES_PER_PATIENT = (2, 1, 4, 1, 3, 8, 1, 2, 6, 1, 3, 2, 1, 4, 2, 1, 5, 3, 1, 8, 2, 4, 2, 3)

Scale = Callable[[float], float]

IN_VALIDATION = 0.25  # share of the images
PLACES = {"left": 46, "right": 374, "top": 12, "bottom": 256}
SHAPES = {"validation": '<circle class="c0" r="5"/>', "test": '<path class="c1" d="M0-6 6 5H-6Z"/>'}

ICONS = (
    '<path class="shot" d="M-8-8H8V8H-8Z"/>',
    '<path class="shot val" d="M-8-8H8V8H-8Z"/>',
    '<g class="patient both"><rect x="-10" y="-10" width="20" height="20" rx="4"/></g>',
)


def leak_lab(
    runs: pd.DataFrame,
    *,
    metric: str = "AUC",
    images_per_patient: Sequence[int] | None = None,
    name: str = "leak_lab",
) -> lab.Lab:
    """Return a lab that goes from a split by image to a split by patient, over recorded runs.

    Parameters
    ----------
    runs : DataFrame
        A training, or the mean of some, a row, at most 120: ``grouped`` (share of the patients
        that the split keeps whole, 0 by image to 1 by patient, 2 to 11 different ones),
        ``validation`` and ``test``
        (scores from 0 to 1), ``leaked`` (share of the validation images whose patient
        is in training too). A column ``variant`` names up to four variants to choose from. Other
        columns, such as ``seed``, are not looked at.
    metric : str
        What the scores are; for ``"AUC"`` chance is drawn at 0.5.
    images_per_patient : sequence of int, optional
        Images of each patient in the drawing, 4 to 24 patients with 1 to 8 each; by default 24
        invented ones.
    name : str
        What the lab is called in links; two on a page need two names.

    Notes
    -----
    A mean of several rows stands with two standard errors to either side, and so does the mean
    difference of validation and test, row by row. Rows of one seed at different stops need not be
    independent of each other; those at one stop are taken to be.

    Raises
    ------
    ValueError
        For runs or settings it cannot show.
    """
    variants = _variants(runs)
    metric = lab.check_texts([metric], "metric", 1, 1)[0]
    families = _families(_check_sizes(images_per_patient))
    start, scale = variants[0]["stops"][0]["grouped"], _scale(variants, metric)
    return lab.Lab(
        kind="leak_lab",
        name=lab.check_name(name),
        title="The same patient on both sides: what does validation promise?",
        try_first=(
            "move the slider from split by image to split by patient. Which of the two scores "
            "moves, and which stays?"
        ),
        fallback=_patients(families, start) + _chart(variants, metric, scale),
        config={
            "variants": [{"name": one["name"], "stops": one["stops"]} for one in variants],
            "families": families,
            "metric": metric,
            "range": scale,
            "places": PLACES,
            "start": {"grouped": start, "variant": 0},
        },
    )


def _variants(runs: pd.DataFrame) -> list[dict]:
    table = _check_runs(runs)
    if "variant" not in table:
        return [_variant("", table)]
    if table["variant"].isna().any() or table["variant"].nunique() > MAX_VARIANTS:
        raise ValueError(
            f"expected 1 to {MAX_VARIANTS} names in the column `variant`, none of them missing, "
            f"got {table['variant'].unique()[:6].tolist()}. Choose some rows."
        )
    groups = table.groupby("variant", sort=False)
    return [_variant(str(title)[:40], group) for title, group in groups]


def _check_runs(runs: pd.DataFrame) -> pd.DataFrame:
    if not isinstance(runs, pd.DataFrame):
        raise ValueError(
            f"expected `runs` as a DataFrame, a training a row, got {type(runs).__name__}. "
            "Make one: pd.DataFrame(rows)."
        )
    lacking = [column for column in COLUMNS if column not in runs]
    if lacking or not 1 <= len(runs) <= MAX_RUNS:
        raise ValueError(
            f"expected 1 to {MAX_RUNS} rows with the columns {', '.join(COLUMNS)}, got "
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
    rounded = table.assign(grouped=table["grouped"].astype(float).round(4))
    rounded["gap"] = rounded["validation"] - rounded["test"]
    groups = rounded.groupby("grouped")
    means = groups[list(COLUMNS[1:])].mean()
    noise = 2 * groups[["validation", "test", "gap"]].sem()
    if not low <= len(means) <= high:
        raise ValueError(
            f"expected {low} to {high} different numbers in the column `grouped`"
            f"{f' for {title!r}' if title else ''}, got {len(means)}. "
            "Train with some patients kept whole and some not: 0, 0.5, 1."
        )
    counts = groups.size()
    return {
        "name": title,
        "runs": rounded,
        "stops": [
            {"grouped": float(whole), "runs": int(counts[whole])}
            | {column: round(float(value), 5) for column, value in row.items()}
            | {
                f"{column}_noise": None if np.isnan(value) else round(float(value), 5)
                for column, value in noise.loc[whole].items()
            }
            for whole, row in means.iterrows()
        ],
    }


def _check_sizes(sizes: Sequence[int] | None) -> list[int]:
    array = np.asarray(IMAGES_PER_PATIENT if sizes is None else sizes)
    fits = array.ndim == 1 and 4 <= len(array) <= 24 and array.dtype.kind in "iu"
    if not fits or array.min() < 1 or array.max() > 8 or array.max() == 1:
        raise ValueError(
            "expected `images_per_patient` as 4 to 24 whole numbers from 1 to 8, not all 1, "
            f"got {np.ravel(array)[:30].tolist()}. It is a drawing: choose a few patients."
        )
    return array.tolist()


def _families(sizes: Sequence[int], seed: int = 0) -> list[dict]:
    """Draw for each patient when it is kept whole, and sides by image and by patient.

    ``rank`` is its place in the order in which patients become whole, so that a larger share keeps
    the same patients whole and some more. Sides: 1 is validation.
    """
    rng = np.random.default_rng(seed)
    wanted = round(IN_VALIDATION * sum(sizes))
    side = np.zeros(len(sizes), int)
    for patient in rng.permutation(len(sizes)):
        if np.dot(side, sizes) + sizes[patient] <= wanted:
            side[patient] = 1
    images = np.zeros(sum(sizes), int)
    images[rng.permutation(sum(sizes))[:wanted]] = 1
    ranks = rng.permutation(len(sizes))
    ends = np.cumsum(sizes)
    return [
        {"rank": int(rank), "side": int(own), "pictures": images[end - size : end].tolist()}
        for rank, own, size, end in zip(ranks, side, sizes, ends, strict=True)
    ]


def _patients(families: Sequence[dict], share: float) -> str:
    """Draw each patient as a block of its images, split by the rule."""
    whole = math.floor(share * len(families) + 0.5)
    blocks = ""
    for i, family in enumerate(families):
        count = len(family["pictures"])
        sides = [family["side"]] * count if family["rank"] < whole else family["pictures"]
        wide, tall = min(count, 4), 1 + (count > 4)
        squares = "".join(
            f'<path class="shot{" val" if one else ""}" '
            f'd="M{4 + 14 * (k % 4)} {4 + 14 * (k // 4)}h11v11h-11z"/>'
            for k, one in enumerate(sides)
        )
        x, y = 66 * (i % 6) + (66 - 14 * wide - 5) / 2, 40 * (i // 6) + (40 - 14 * tall - 5) / 2
        blocks += (
            f'<g class="patient{" both" if 0 < sum(sides) < count else ""}" '
            f'transform="translate({2 + x:g} {2 + y:g})">'
            f'<rect width="{14 * wide + 5}" height="{14 * tall + 5}" rx="4"/>{squares}</g>'
        )
    tall = 40 * math.ceil(len(families) / 6) + 4
    return (
        '<div class="drawing families"><div>'
        f'<svg viewBox="0 0 400 {tall}" role="img" aria-label="Patients as blocks, their images '
        f'as squares, in training or in validation">{blocks}</svg></div><p class="lab-legend">'
        f"<span>{lab.svg_icon(ICONS[0])}image in training</span>"
        f"<span>{lab.svg_icon(ICONS[1])}in validation</span><span>{lab.svg_icon(ICONS[2])}"
        "patient on both sides</span></p></div>"
    )


def _scale(variants: Sequence[dict], metric: str) -> list[float]:
    """Return where the chart begins and ends: whole tenths around all scores."""
    low = min(one["runs"][column].min() for one in variants for column in SHAPES)
    if metric == "AUC":
        low = min(low, 0.5)
    return [min(math.floor(10 * low + 1e-9) / 10, 0.9), 1.0]


def _chart(variants: Sequence[dict], metric: str, scale: Sequence[float]) -> str:
    """Draw every run as a mark, and the means as lines; the first stop is marked."""
    low, high = scale
    left, right, top, bottom = PLACES.values()

    def x(whole: float) -> float:
        return left + (right - left) * whole

    def y(value: float) -> float:
        return bottom - (bottom - top) * (value - low) / (high - low)

    tenths = range(round(10 * low), 11)
    ticks = "".join(
        f'<path class="hair" d="M{left} {y(t / 10):g}H{right}"/>'
        f'<text x="{left - 8}" y="{y(t / 10) + 4:g}" text-anchor="end">{t / 10:.1f}</text>'
        for t in tenths
    )
    ends = "".join(
        f'<text x="{x(t):g}" y="{bottom + 20}" text-anchor="middle">{100 * t:g} %</text>'
        for t in (0, 0.5, 1)
    )
    chance = f'<path class="curve chance" d="M{left} {y(0.5):g}H{right}"/>'
    dotted = lab.svg_icon('<path class="curve chance" d="M-12 0H12"/>')
    chance, known = (chance, f"<span>{dotted}chance</span>") if metric == "AUC" else ("", "")
    groups = "".join(_runs(one, i, x, y) for i, one in enumerate(variants))
    first = variants[0]["stops"][0]
    text = html.escape(
        f"{metric} of validation (discs) and of new patients (triangles) by the share of patients "
        "that the split keeps whole"
    )
    return (
        f'<div class="drawing promise"><p class="upright soft">{html.escape(metric)}</p><div>'
        f'<svg viewBox="0 0 400 {bottom + 44}" role="img" aria-label="{text}">{ticks}{ends}{chance}'
        f'<text x="{left - 20}" y="{bottom + 38}">by image</text>'
        f'<text x="{right + 24}" y="{bottom + 38}" text-anchor="end">by patient</text>'
        f'<path class="veil" d="M-12 {top}H12V{bottom}H-12Z" '
        f'transform="translate({x(first["grouped"]):g})"/>{groups}'
        f'<path class="line gap" d="M{x(first["grouped"]):g} {y(first["validation"]):g}'
        f'V{y(first["test"]):g}"/></svg></div>'
        '<p class="flat soft">patients kept whole by the split</p><p class="lab-legend">'
        f"<span>{lab.svg_icon(SHAPES['validation'])}validation</span>"
        f"<span>{lab.svg_icon(SHAPES['test'])}new patients</span>"
        f"{known}<span>bars: two standard errors of the mean</span></p></div>"
    )


def _runs(one: dict, i: int, x: Scale, y: Scale) -> str:
    """Draw a variant: its means as lines, its rows as marks, and beside them the means' noise."""
    marks, lines, bars = "", "", ""
    for column, shape in SHAPES.items():
        aside = -4 if column == "validation" else 4
        marks += "".join(
            f'<g transform="translate({x(whole) + aside:g} {y(value):.1f})">{shape}</g>'
            for whole, value in zip(one["runs"]["grouped"], one["runs"][column], strict=True)
        )
        places = " ".join(f"{x(s['grouped']):g} {y(s[column]):.1f}" for s in one["stops"])
        lines += f'<path class="curve mean {column}" d="M{places}"/>'
        for stop in one["stops"]:
            half = stop[f"{column}_noise"] or 0
            ends = [y(stop[column] + sign * half) for sign in (1, -1)]
            if half:
                bars += (
                    f'<path class="noise {column}" d="M{x(stop["grouped"]) + 3 * aside - 4:g} '
                    f'{ends[0]:.1f}h8m-4 0V{ends[1]:.1f}m-4 0h8"/>'
                )
    return f'<g data-variant="{i}"{" hidden" if i else ""}>{lines}{marks}{bars}</g>'
