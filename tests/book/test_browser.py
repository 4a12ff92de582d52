"""The built book in a real browser."""

import re

import pytest

from tests.book.looking import LOOKS, too_wide
from tests.built import CHAPTERS, ROOT


def test_every_page_is_quiet(looks):
    assert len(looks) >= len(CHAPTERS) + 6
    assert {page: seen["problems"] for page, seen in looks.items() if seen["problems"]} == {}


@pytest.mark.parametrize("look", LOOKS)
def test_every_page_fits(looks, look):
    wide = {page: seen[look]["too wide"] for page, seen in looks.items()}
    assert {page: found for page, found in wide.items() if found} == {}


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


def test_from_disk_every_page_is_quiet_and_fits(visit, pages, html):
    one, found = visit(width=390, home=html.as_uri()), {}
    for page in pages:
        one.problems.clear()
        out = too_wide(one.open(page, settle=True))
        if one.problems or out:
            found[page] = one.problems + out
    assert found == {}


def test_the_first_page_leads_into_the_book(visit):
    tab = visit().open("index.html")
    tab.wait_for_url("**/book/index.html")
    assert "Reading Chest X-rays" in tab.title()


def test_every_page_ends_with_the_disclaimer(looks):
    for page, seen in looks.items():
        assert len(seen["foot"]) == 1, page
        assert "For education only" in seen["foot"][0], page


def test_every_picture_has_a_text_and_is_there(looks):
    for page, seen in looks.items():
        assert seen["pictures without a text"] == [], page


def test_dark_mode_leaves_pictures_alone(looks):
    filters = [(page, f) for page, seen in looks.items() for f in seen["phone, dark"]["filters"]]
    assert filters
    assert [(page, f) for page, f in filters if f != "none"] == []


CONTRAST = """(selector) => {
  const channel = (v) => { v /= 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4 };
  const parse = (c) => (c.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => .2126 * channel(r) + .7152 * channel(g) + .0722 * channel(b);
  const ground = (e) => {
    for (; e; e = e.parentElement) {
      const c = parse(getComputedStyle(e).backgroundColor);
      if (c.length === 3 || c[3] > 0.99) return c;
    }
    return [255, 255, 255];
  };
  return [...document.querySelectorAll(selector)].filter(e => e.getClientRects().length).map(e => {
    const [a, b] = [light(parse(getComputedStyle(e).color)), light(ground(e))];
    return (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
  });
}"""


def test_text_and_links_can_be_read_in_both_modes(visit):
    for dark in (False, True):
        tab = visit(dark=dark).open("book/data-and-licences.html")
        for what in (".bd-article p", ".bd-article a", ".bd-article td code", ".education-only"):
            ratios = tab.evaluate(CONTRAST, what)
            assert ratios, what
            assert min(ratios) >= 4.5, (what, dark, min(ratios))


def test_launch_links_lead_to_the_chapter(looks):
    text = (ROOT / "_config.yml").read_text()
    slug = re.search(r"url: https://github\.com/(\S+)", text)[1]
    for path in CHAPTERS:
        links = looks[f"chapters/{path.stem}.html"]["links"]
        file = f"chapters/{path.name}"
        assert f"https://colab.research.google.com/github/{slug}/blob/main/{file}" in links
        binder = [
            link for link in links if link.startswith(f"https://mybinder.org/v2/gh/{slug}/main")
        ]
        assert any(link.endswith(file) for link in binder), links


def search(tab, word):
    tab.goto(tab.url.rsplit("/", 1)[0] + f"/search.html?q={word}")
    tab.wait_for_selector("#search-results li a")
    return tab.locator("#search-results li a").all_inner_texts()


def test_search_finds_a_word(visit):
    one = visit()
    assert any("Glossary" in title for title in search(one.open("search.html"), "prevalence"))
    assert one.problems == []


def test_search_works_from_disk_without_a_word_in_the_console(visit, html):
    one = visit(home=html.as_uri())
    assert any("Glossary" in title for title in search(one.open("search.html"), "prevalence"))
    assert one.problems == []


def test_formulas_are_drawn(looks):
    assert sum(seen["formulas"] for seen in looks.values()) > 0


def test_a_test_copy_says_so_and_a_real_one_does_not(visit, html):
    tab = visit().open("book/index.html")
    banner = tab.locator(".bd-header-announcement, .announcement").all_inner_texts()
    assert any("test copy" in text for text in banner) == html.name.endswith("-quick")


def test_the_page_can_be_used_with_the_keyboard(visit):
    tab = visit().open("book/index.html")
    tab.keyboard.press("Tab")
    assert "main content" in tab.evaluate("document.activeElement.innerText").lower()


def test_print_leaves_the_furniture_away(visit):
    tab = visit().open("book/index.html")
    tab.emulate_media(media="print")
    assert not tab.locator(".bd-sidebar-primary").is_visible()
    assert not tab.locator(".header-article").first.is_visible()
    assert tab.locator(".education-only").is_visible()
