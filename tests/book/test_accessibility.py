"""axe-core looks at every page of the book, wide and light, and on a phone in the dark."""

import pytest

from tests.book.looking import LOOKS
from tests.built import CHAPTERS


def test_every_page_was_looked_at_in_both_colours(looks):
    expected = {f"chapters/{chapter.stem}.html" for chapter in CHAPTERS}
    assert expected | {"book/bibliography.html"} <= set(looks)
    for page, seen in looks.items():
        assert all(seen[look]["turned"] for look in LOOKS), page
        assert seen["headings"] == 1 or not page.startswith(("chapters/", "book/")), page


@pytest.mark.parametrize("look", LOOKS)
def test_no_serious_barrier_on_any_page(looks, look):
    barriers = {page: seen[look]["barriers"] for page, seen in looks.items()}
    assert {page: found for page, found in barriers.items() if found} == {}
