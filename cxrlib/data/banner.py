"""The line on a page that says where its pictures came from."""

from __future__ import annotations

import pandas as pd

WHERE = {
    "folder": "real X-rays from a folder on this machine",
    "cache": "real X-rays from the cache",
    "download": "real X-rays, downloaded",
    "phantoms": "**phantoms**: radiographs drawn by a program, not patients",
}


def text(cases: pd.DataFrame) -> str:
    """Return the banner of a case table as one Markdown paragraph."""
    name, source = cases.attrs["name"], cases.attrs["source"]
    line = f"**Pictures on this page:** {len(cases):,} of `{name}`: {WHERE[source]}."
    if source == "phantoms":
        line += (
            " Everything is computed from them, so nothing here says anything about real X-rays."
            f" For the real pictures run `cxr data fetch {name}` and start again."
        )
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
