"""axe-core looks at every chapter, in both colours and both widths."""

import pytest

from tests.built import CHAPTERS


def serious(tab):
    """Return what axe-core calls serious or critical on a page: rule, text, where."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(tab).response["violations"]
    return [
        f"{rule['id']}: {rule['help']}: {node['html'][:160]}"
        for rule in found
        if rule["impact"] in ("serious", "critical")
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [1280, 390])
def test_no_serious_barrier_on_any_chapter(visit, width, dark):
    one = visit(width=width, dark=dark)
    found = {}
    for chapter in CHAPTERS:
        page = f"chapters/{chapter.stem}.html"
        tab = one.open(page)
        assert tab.locator(".bd-article h1").count() == 1, page
        if barriers := serious(tab):
            found[page] = barriers
    assert found == {}
