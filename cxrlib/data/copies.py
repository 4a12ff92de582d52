"""What is known of this copy of a data set, and the note that says where its images come from.

The same set goes round in many copies. Some have the files as they were published, in others all
were brought to one size. What width and height tell is then a fact about the copy, not about the
patients.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd

from cxrlib.data.cases import DataError, check_columns
from cxrlib.data.registry import Source
from cxrlib.data.validation import same_aspect_ratio

DESCRIPTIONS = {
    "folder": "real X-rays of the set {name}, from a folder on this machine",
    "cache": "real X-rays of the set {name}, from the cache",
    "download": "real X-rays of the set {name}, downloaded",
    "phantoms": "**phantoms**, drawn by a program and laid out like the set {name}, not patients",
}
PHANTOM = "phantom-"  # before the source of a drawn image
SHARED_SIDE = 0.9  # proportion of files: small originals may have been left as they were


class Copy(NamedTuple):
    """What the files of one source tell about the copy that was loaded.

    Attributes
    ----------
    source : str
        As in the column ``source``.
    images : int
        Files that can be used.
    sizes : int
        Different sizes (width and height) among them.
    resized : str
        To what they were resized after they had been published; empty where sizes don't tell.
    aspect_ratio : {"kept", "lost", "unknown"}
        Whether width over height is that of the published file, as far as sizes tell. It is lost
        where files of many sizes were squeezed, cut or padded to one.
    masks : int
        Images with a lung mask.
    masks_by : str
        Who made the masks; empty where there are none, or nobody knows.
    """

    source: str
    images: int
    sizes: int
    resized: str
    aspect_ratio: str
    masks: int
    masks_by: str


def describe(cases: pd.DataFrame, published: Sequence[Source] = ()) -> tuple[Copy, ...]:
    """Describe each source of a whole case table by its rows and by how it was published.

    Parameters
    ----------
    cases : DataFrame
        All images of the copy: a few may have one size by chance.
    published : sequence of Source
        Entries of the registry; nothing is known of a source that is not among them.
    """
    known = {source.name: source for source in published}
    return tuple(
        _describe(str(name), rows, known.get(str(name)))
        for name, rows in cases.groupby("source", sort=True)
    )


def _describe(name: str, rows: pd.DataFrame, source: Source | None) -> Copy:
    sizes = list(dict.fromkeys(zip(rows["width"], rows["height"], strict=True)))
    masks = int(rows["mask_path"].notna().sum()) if "mask_path" in rows else 0
    masks_by = source.masks_by if source else ""
    resized, aspect_ratio = _resized(rows, sizes, source) if source else ("", "unknown")
    if name.startswith(PHANTOM):  # drawn as it is
        resized, aspect_ratio, masks_by = "", "kept", "the program that drew the lungs"
    masks_by = masks_by if masks else ""
    return Copy(name, len(rows), len(sizes), resized, aspect_ratio, masks, masks_by)


def _resized(rows: pd.DataFrame, sizes: list[tuple[int, int]], source: Source) -> tuple[str, str]:
    """Return to what files were resized, and whether their aspect ratio is the published one."""
    published = source.published_size
    if len(sizes) == 1 and sizes[0] != published and len(rows) > 1:
        kept = published is not None and same_aspect_ratio(sizes[0], published)
        width, height = sizes[0]
        return f"{width} × {height} pixels", "kept" if kept else "lost"
    if published:
        return "", "kept" if sizes == [published] else "unknown"
    shorter = rows[["width", "height"]].min(axis=1).value_counts(normalize=True)
    shared = len(sizes) > 1 and shorter.iloc[0] >= SHARED_SIDE
    return f"{shorter.index[0]} pixels on the shorter side" if shared else "", "kept"


def provenance(cases: pd.DataFrame) -> pd.DataFrame:
    """Tell which copy of a set a table holds, and who made its masks.

    Parameters
    ----------
    cases : DataFrame
        A table of :func:`cxrlib.data.load`, or a part of one.

    Returns
    -------
    DataFrame
        One row a source that the table has images of, counted on all images of the copy that was
        loaded. Columns: ``images``, ``sizes``, ``resized``, ``aspect_ratio``, ``masks`` and
        ``masks_by``, see :class:`Copy`.

    Raises
    ------
    DataError
        If the table was made by hand.
    """
    check_columns(cases, needed=["source"])
    if "copies" not in cases.attrs:
        raise DataError(
            "expected a table that knows its copy, got one made by hand or by pd.concat. Ask the "
            "tables that data.load gave."
        )
    table = pd.DataFrame(list(cases.attrs["copies"]), columns=list(Copy._fields))
    return table[table["source"].isin(cases["source"])].set_index("source")


def note(cases: pd.DataFrame) -> str:
    """Say in one Markdown paragraph where the images of a table come from."""
    name, source = cases.attrs["name"], cases.attrs["source"]
    described = DESCRIPTIONS[source].format(name=f"`{name}`")
    described += _resizing(cases.attrs.get("copies", ()))
    line = f"**Images on this page:** {len(cases):,} {described}."
    if source == "phantoms":
        line += (
            " Everything is computed from them, so no number here says anything about real X-rays."
            " Where the text speaks of children and physicians, it means the published set."
        )
        if failure := " ".join(cases.attrs.get("download_error", "").replace("`", "'").split()):
            line += (
                f" The real images could not be downloaded: `{failure}` To try again, run "
                f"`!cxr data fetch {name}` in a cell of its own, then this page from the top."
            )
        else:
            line += f" For the real images run `cxr data fetch {name}` and start again."
        if named := os.environ.get("CXR_DATA"):
            line += f" (`CXR_DATA` names {named}, which has no such set.)"
    if left_out := sum(p.action == "left out" for p in cases.attrs["problems"]):
        line += f" {left_out:,} files could not be used; `data.problems(cases)` names them."
    return line


def _resizing(known: Sequence[Copy]) -> str:
    """Say in a few words which files were resized, or nothing where none were."""
    resized = [copy for copy in known if copy.resized]
    if len(known) == 1 and resized:
        return f", in a copy resized to {resized[0].resized}"
    parts = " and ".join(f"{copy.source} to {copy.resized}" for copy in resized)
    return f", in a copy that was resized ({parts})" if resized else ""


def show_note(cases: pd.DataFrame) -> None:
    """Show :func:`note`: as Markdown in a notebook, as plain text elsewhere."""
    from IPython import get_ipython
    from IPython.display import Markdown, display

    if getattr(get_ipython(), "kernel", None) is not None:
        display(Markdown(f"> {note(cases)}"))
    else:
        print(note(cases).replace("**", "").replace("`", ""))
