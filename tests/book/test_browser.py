"""The built book in a real browser."""

import re

from tests.built import CHAPTERS, ROOT

# Elements that reach over the window's edge although nothing around them scrolls.
TOO_WIDE = """() => {
  const inside = (e) => {
    for (let p = e.parentElement; p; p = p.parentElement)
      if (/auto|scroll|hidden/.test(getComputedStyle(p).overflowX) && p !== document.body
          && p !== document.documentElement) return true;
    return false;
  };
  const wide = [...document.querySelectorAll('.bd-article *, .bd-footer-content *')]
    .filter(e => e.getClientRects().length && e.getBoundingClientRect().right > innerWidth + 1
                 && !inside(e))
    .map(e => e.tagName + '.' + e.className).slice(0, 5);
  const page = document.scrollingElement;
  if (page.scrollWidth > innerWidth + 1) wide.push('the page: ' + page.scrollWidth);
  return wide;
}"""


# Parts of a lab that stick out of the box around them, and so lie on what follows.
SPILLED = """() => {
  const spilled = [];
  for (const box of document.querySelectorAll('.cxr-lab div'))
    for (const part of box.children) {
      const over = part.getBoundingClientRect().bottom - box.getBoundingClientRect().bottom;
      const placed = getComputedStyle(part).position === 'absolute';
      if (part.getClientRects().length && over > 2 && !placed)
        spilled.push(`${part.tagName} by ${Math.round(over)} pixels`);
    }
  return spilled.slice(0, 5);
}"""


def look(visit, pages):
    """Open every page, return page → problems for those that have any."""
    found = {}
    for page in pages:
        visit.problems.clear()
        tab = visit.open(page, settle=True)
        out = [f"too wide: {one}" for one in tab.evaluate(TOO_WIDE)]
        out += [f"sticks out: {one}" for one in tab.evaluate(SPILLED)]
        if visit.problems or out:
            found[page] = visit.problems + out
    return found


def test_wide_window_every_page_is_quiet_and_fits(visit, pages):
    assert len(pages) >= len(CHAPTERS) + 6
    assert look(visit(width=1280), pages) == {}


def test_phone_every_page_is_quiet_and_fits(visit, pages):
    assert look(visit(width=390), pages) == {}


def test_from_disk_every_page_is_quiet(visit, pages, html):
    assert look(visit(home=html.as_uri()), pages) == {}


def test_the_first_page_leads_into_the_book(visit):
    tab = visit().open("index.html")
    tab.wait_for_url("**/book/index.html")
    assert "Reading Chest X-rays" in tab.title()


def test_every_page_ends_with_the_disclaimer(visit, pages):
    one = visit()
    for page in pages:
        foot = one.open(page).locator("footer .education-only")
        assert foot.count() == 1, page
        assert "For education only" in foot.inner_text(), page


def test_every_picture_has_a_text_and_is_there(visit, pages):
    one = visit()
    for page in pages:
        wrong = one.open(page).evaluate(
            "[...document.images].filter(i => i.getAttribute('alt') === null "
            "|| (i.closest('.bd-article') && (i.alt.length < 3 || !i.naturalWidth)))"
            ".map(i => i.src)"
        )
        assert wrong == [], page


def test_dark_mode_leaves_pictures_alone(visit, pages):
    one = visit(dark=True)
    seen = 0
    for page in pages:
        tab = one.open(page)
        assert tab.evaluate("document.documentElement.dataset.theme") == "dark"
        filters = tab.evaluate(
            "[...document.querySelectorAll('.bd-article img')].map(i => getComputedStyle(i).filter)"
        )
        assert set(filters) <= {"none"}, page
        seen += len(filters)
    assert seen > 0


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


def test_launch_links_lead_to_the_chapter(visit):
    text = (ROOT / "_config.yml").read_text()
    slug = re.search(r"url: https://github\.com/(\S+)", text)[1]
    one = visit()
    for path in CHAPTERS:
        links = one.open(f"chapters/{path.stem}.html").evaluate(
            "[...document.querySelectorAll('a')].map(a => a.href)"
        )
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


def test_formulas_are_drawn(visit, pages):
    one = visit()
    counts = [one.open(page).locator("mjx-container").count() for page in pages]
    assert sum(counts) > 0


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
