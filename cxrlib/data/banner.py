"""The line on a page that says where its pictures came from."""

from __future__ import annotations

import os

import pandas as pd

WHERE = {
    "folder": "real X-rays of the set {name}, from a folder on this machine",
    "cache": "real X-rays of the set {name}, from the cache",
    "download": "real X-rays of the set {name}, downloaded",
    "phantoms": "**phantoms**, drawn by a program and laid out like the set {name}, not patients",
}


def text(cases: pd.DataFrame) -> str:
    """Return the banner of a case table as one Markdown paragraph."""
    name, source = cases.attrs["name"], cases.attrs["source"]
    line = f"**Pictures on this page:** {len(cases):,} {WHERE[source].format(name=f'`{name}`')}."
    if source == "phantoms":
        line += (
            " Everything is computed from them, so no number here says anything about real X-rays."
            " Where the text speaks of children and physicians, it means the published set."
        )
        failure = " ".join(cases.attrs.get("not_downloaded", "").replace("`", "'").split())
        if failure:
            line += (
                f" The real pictures could not be downloaded: `{failure}` To try again, run "
                f"`!cxr data fetch {name}` in a cell of its own, then this page from the top."
            )
        else:
            line += f" For the real pictures run `cxr data fetch {name}` and start again."
        named = os.environ.get("CXR_DATA")
        if named:
            line += f" (`CXR_DATA` names {named}, which has no such set.)"
    left_out = sum(p.action == "left out" for p in cases.attrs["problems"])
    if left_out:
        line += f" {left_out:,} files could not be used; `data.problems(cases)` names them."
    return line


def show(cases: pd.DataFrame) -> None:
    """Show the banner: as Markdown in a notebook, as plain text elsewhere."""
    from IPython import get_ipython
    from IPython.display import Markdown, display

    if getattr(get_ipython(), "kernel", None) is not None:
        display(Markdown(f"> {text(cases)}"))
    else:
        print(text(cases).replace("**", "").replace("`", ""))
