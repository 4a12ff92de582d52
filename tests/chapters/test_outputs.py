import json
import os
import re
from pathlib import Path

import nbformat
import pytest

from tests.built import folder

NOISE = r"Traceback \(most recent|\w*Warning:|^[WEI]\d{4} |WARNING|absl::|oneDNN|cuda_|\rEpoch"


@pytest.fixture
def chapter(path):
    copy = folder("executed") / path.name
    if not copy.exists():
        pytest.fail(f"{path.stem} was not executed: {copy} is missing", pytrace=False)
    return nbformat.read(copy, as_version=4)


def outputs(notebook):
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            yield cell, output


def shown(output):
    """Return what a reader sees as text, without markup's own words."""
    text = output.get("text", "")
    for kind in ("text/plain", "text/markdown"):
        text += "".join(output.get("data", {}).get(kind, ""))
    return text


def test_it_is_the_chapter_as_it_stands_now(path, chapter):
    source = nbformat.read(path, as_version=4)
    added = [c for c in chapter.cells if "injected-parameters" in c.metadata.get("tags", [])]
    own = [cell.source for cell in chapter.cells if cell not in added]
    assert own == [cell.source for cell in source.cells], "run `make book` or `make test` again"


def test_every_cell_ran(chapter):
    code = [cell for cell in chapter.cells if cell.cell_type == "code" and cell.source.strip()]
    assert [c.source for c in code if c.execution_count is None] == []


def test_nothing_failed(chapter):
    assert [o.evalue for _, o in outputs(chapter) if o.output_type == "error"] == []


def test_no_warning_and_no_log_is_on_the_page(chapter):
    wrong = [o.text for _, o in outputs(chapter) if o.get("name") == "stderr"]
    wrong += [shown(o) for _, o in outputs(chapter) if re.search(NOISE, shown(o), re.MULTILINE)]
    assert wrong == []


def test_no_cell_shows_what_a_function_returned_by_the_way(chapter):
    bare = [cell.source[:80] for cell, o in outputs(chapter) if shown(o) in ("True", "False")]
    assert bare == []


def test_every_figure_has_a_text_for_those_who_cannot_see_it(chapter):
    without = [
        cell.source[:80]
        for cell, output in outputs(chapter)
        if any(kind.startswith("image/") for kind in output.get("data", {}))
        and len(cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")) < 15
    ]
    assert without == []


def test_nothing_is_loaded_from_elsewhere(chapter):
    html = "".join("".join(o.get("data", {}).get("text/html", "")) for _, o in outputs(chapter))
    assert re.findall(r"<(?:script|link|img|iframe)[^>]+(?:src|href)=.https?:[^>]*>", html) == []


def test_it_says_which_images_it_used(path, chapter):
    text = " ".join(shown(output) for _, output in outputs(chapter))
    key = json.loads((folder("executed") / f"{path.stem}.key.json").read_text())
    assert key["seconds"] > 0
    assert "Images on this page" in text
    data = os.environ.get("CXR_DATA", "")
    if data and (Path(data) / "chest_xray").is_dir():
        assert "real X-rays" in text
