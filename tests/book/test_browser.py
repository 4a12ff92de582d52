"""The built book in a real browser."""

import re

import pytest

from tests.book.looking import LOOKS, too_wide
from tests.built import CHAPTERS, ROOT


def told(looks, what, look=None):
    """Return page → what was found amiss on it."""
    found = {page: (seen[look] if look else seen)[what] for page, seen in looks.items()}
    return {page: amiss for page, amiss in found.items() if amiss}


def test_every_page_is_quiet_and_every_image_has_a_text(looks):
    assert len(looks) >= len(CHAPTERS) + 6
    assert told(looks, "problems") == {}
    assert told(looks, "images without a text") == {}
    assert told(looks, "words in an icon's font") == {}


@pytest.mark.parametrize("look", LOOKS)
def test_every_page_fits_and_has_no_barrier(looks, look):
    assert len(told(looks, "turned", look)) == len(looks)  # the page took the look's colours
    assert told(looks, "too wide", look) == {}
    assert told(looks, "barriers", look) == {}


def test_every_page_has_one_heading_and_ends_with_the_disclaimer(looks):
    expected = {f"chapters/{chapter.stem}.html" for chapter in CHAPTERS}
    assert expected | {"book/bibliography.html"} <= set(looks)
    for page, seen in looks.items():
        assert seen["headings"] == 1 or not page.startswith(("chapters/", "book/")), page
        assert len(seen["foot"]) == 1, page
        assert "For education only" in seen["foot"][0], page


def test_from_disk_every_page_is_quiet_and_fits(visit, pages, html):
    one, found = visit(html.as_uri(), width=390), {}
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


def test_dark_mode_leaves_images_alone(looks):
    filters = {page: set(seen["phone, dark"]["filters"]) for page, seen in looks.items()}
    assert any(filters.values())
    assert {page: found for page, found in filters.items() if found - {"none"}} == {}


def test_launch_links_lead_to_the_chapter(looks):
    text = (ROOT / "_config.yml").read_text()
    slug = re.search(r"url: https://github\.com/(\S+)", text)[1]
    branch = re.search(r"branch: (\S+)", text)[1]  # a tag, in a release
    for path in CHAPTERS:
        links, file = looks[f"chapters/{path.stem}.html"]["links"], f"chapters/{path.name}"
        assert f"https://colab.research.google.com/github/{slug}/blob/{branch}/{file}" in links
        binder = f"https://mybinder.org/v2/gh/{slug}/{branch}"
        assert any(link.startswith(binder) and link.endswith(file) for link in links), links


def test_tables_stand_at_the_left_as_figures_do(visit):
    tab = visit().open("chapters/08-evaluation.html")
    tables = tab.locator(".bd-article table.dataframe:visible")
    margins = tables.evaluate_all("all => all.map(one => getComputedStyle(one).marginLeft)")
    assert set(margins) == {"0px"}


@pytest.mark.parametrize("page", ["data-and-licences", "five-articles", "how-sure"])
def test_on_a_phone_a_row_is_a_card_and_each_cell_is_named_after_its_column(visit, page):
    table = visit(width=390).open(f"book/{page}.html").locator("table.cards").first
    assert not table.locator("thead").is_visible()
    heads = [head.strip() for head in table.locator("thead th").all_text_contents()]
    named = table.locator("tbody tr").first.locator("td").evaluate_all(
        """cells => cells.map((cell) => cell.querySelector(":scope > p") ?? cell).map((one) =>
        getComputedStyle(one, "::before").content === "none" ? null : one.dataset.head)"""
    )  # fmt: skip
    assert named == [None, *heads[1:]]


@pytest.mark.parametrize("from_disk", [False, True])
def test_search_finds_a_word_without_a_word_in_the_console(visit, html, from_disk):
    one = visit(html.as_uri()) if from_disk else visit()
    tab = one.open("search.html?q=prevalence")
    tab.wait_for_selector("#search-results li a")
    titles = tab.locator("#search-results li a").all_inner_texts()
    assert any("Glossary" in title for title in titles)
    assert one.problems == []


def test_formulas_are_drawn(looks):
    assert sum(seen["formulas"] for seen in looks.values()) > 0


def test_a_test_copy_says_so_a_real_one_does_not_and_the_keyboard_skips_to_the_text(visit, html):
    tab = visit().open("book/index.html")
    banner = tab.locator(".bd-header-announcement, .announcement").all_inner_texts()
    assert any("test copy" in text for text in banner) == html.name.endswith("-quick")
    tab.keyboard.press("Tab")
    assert "main content" in tab.evaluate("document.activeElement.innerText").lower()


def test_print_leaves_the_furniture_away(visit):
    tab = visit().open("book/index.html")
    tab.emulate_media(media="print")
    assert not tab.locator(".bd-sidebar-primary").is_visible()
    assert not tab.locator(".header-article").first.is_visible()
    assert tab.locator(".education-only").is_visible()


@pytest.mark.parametrize(
    ("page", "box"),
    [
        ("chapters/05-first-cnn.html", ".cell:not(.tag_hide-input) pre"),
        ("book/status.html", ".pst-scrollable-table-container:has(table.status)"),
        ("chapters/08-evaluation.html", ".cell_output .output:has(table.dataframe)"),
    ],
)
def test_what_goes_on_to_the_right_fades_until_its_end_is_reached(visit, page, box):
    tab = visit(width=390).open(page)
    every = tab.query_selector_all(f".bd-article {box}")
    wide = next(one for one in every if one.evaluate("e => e.scrollWidth > e.clientWidth + 2"))
    wide.scroll_into_view_if_needed()
    tab.wait_for_function("box => box.classList.contains('goes-on')", arg=wide)
    assert wide.evaluate("box => [box.scrollLeft, box.tabIndex]") == [0, 0]
    wide.evaluate("box => { box.scrollLeft = box.scrollWidth; }")
    tab.wait_for_function("box => !box.classList.contains('goes-on')", arg=wide)
    assert wide.evaluate("box => box.scrollLeft") > 0


@pytest.mark.parametrize(
    ("width", "dark", "rendering"),
    [(1280, False, ""), (390, False, "-phone"), (1280, True, "-dark"), (390, True, "-phone-dark")],
)
def test_a_figure_is_loaded_in_the_rendering_that_fits_the_screen_alone(
    visit, width, dark, rendering
):
    one, asked = visit(width=width, dark=dark), []
    one.tab.on("request", lambda request: asked.append(request.url.rpartition("/")[2]))
    tab = one.open("chapters/05-first-cnn.html")
    look = "dark" if dark else "light"
    image = tab.locator(f".bd-article picture.only-{look}:has(source) img").first
    image.scroll_into_view_if_needed()
    shown = image.evaluate("async (i) => { await i.decode(); return i.currentSrc; }")
    figure, ending = re.fullmatch(r".*/([0-9a-f]{64})(.*)\.png", shown).groups()
    assert ending == rendering
    assert [name for name in asked if name.startswith(figure)] == [f"{figure}{rendering}.png"]
