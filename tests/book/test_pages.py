"""The built book's files, without a browser."""

import functools
import gzip
import re
from urllib.parse import unquote

import yaml

from tests.built import ROOT


def test_no_page_needs_a_script_for_its_formulas(html, pages):
    texts = [(html / page).read_text(encoding="utf-8") for page in pages]
    assert sum(text.count("<math ") for text in texts) > 10
    assert [text for text in texts if re.search(r"<script[^>]*(mathjax|katex)", text, re.I)] == []


def test_no_page_loads_from_elsewhere_or_knows_the_machine_that_built_it(html, pages):
    for page in pages:
        text = (html / page).read_text(encoding="utf-8")
        assert not re.search(r"""(src|href)=["'](https?:)?//[^"']+\.(js|css|woff2?)""", text), page
        told = [part for part in ("unpkg", str(ROOT), "/tmp/ipykernel") if part in text]
        assert told == [], page


@functools.cache
def transferred(path):
    """Return the bytes of a file as a server sends it: text is packed."""
    data = path.read_bytes()
    return len(gzip.compress(data) if path.suffix in (".html", ".css", ".js", ".svg") else data)


def test_the_first_page_has_the_network_and_its_script_lies_beside(html):
    text = (html / "book" / "index.html").read_text(encoding="utf-8")
    shown = re.findall(r'<div class="cxr-lab"[^>]* data-lab="(\w+)"', text)
    assert shown == ["network_lab"]
    script = html / "_static" / "labs" / "network_lab.js"
    assert "function buildNetwork" in script.read_text(encoding="utf-8")


def test_a_page_read_to_its_end_loads_no_more_than_a_megabyte(html, pages):
    heavy = {}
    for page in pages:
        text = (html / page).read_text(encoding="utf-8")
        tags = "".join(re.findall("<(?:link|script|img)[^>]*>", text))
        asked = re.findall(
            r'\b(?:src|href)="(?![a-z]+:|//)([^"?#]+\.(?:css|js|png|webp|svg))', tags
        )
        files = {((html / page).parent / unquote(one)).resolve() for one in asked}
        seen = [f for f in files if not f.stem.endswith("-dark")]
        assert len(seen) > 10, page
        size = sum(map(transferred, [html / page, *seen]))
        if size > 1e6:
            heavy[page] = size
    assert heavy == {}


def test_the_downloadable_notebooks_do_not_either(html):
    for path in (html / "_sources").rglob("*.ipynb"):
        text = path.read_text(encoding="utf-8")
        assert str(ROOT) not in text
        assert '"papermill"' not in text


def test_each_page_says_where_it_is_published_and_leads_to_its_source(html, pages):
    repository = yaml.safe_load((ROOT / "_config.yml").read_text())["repository"]
    owner, _, name = repository["url"].removeprefix("https://github.com/").partition("/")
    edit = f"{repository['url']}/edit/{repository['branch']}/"
    there = [page for page in pages if page.startswith(("book/", "chapters/"))]
    assert len(there) > 20
    for page in there:
        text, home = (html / page).read_text(encoding="utf-8"), f"https://{owner}.github.io/{name}/"
        assert f'<link rel="canonical" href="{home}{page}"' in text, page
        told = dict(re.findall(r'<meta property="og:([a-z:]+)" content="([^"]*)"', text))
        assert told["url"] == home + page
        assert told["title"]
        assert told["description"]
        assert (html / told["image"].removeprefix(home)).exists()
        (source,) = re.findall(rf'href="{re.escape(edit)}([^"]+)"', text)
        assert (ROOT / source).exists(), source


def test_every_link_within_the_book_leads_to_a_page_and_a_place_on_it(html, pages):
    text = {
        (html / page).resolve(): re.sub(
            "<script.*?</script>", "", (html / page).read_text(encoding="utf-8"), flags=re.DOTALL
        )
        for page in pages
    }
    lost = []
    for page, source in text.items():
        places = re.findall(r'<a\b[^>]*?\bhref="(?![a-z]+:|//)([^"]*)"', source)
        for file, _, place in (unquote(link).partition("#") for link in places):
            target = (page.parent / file.partition("?")[0]).resolve() if file else page
            there = re.search(rf'\b(id|name)="{re.escape(place)}"', text.get(target, ""))
            if not target.exists() or (place and not there):
                lost.append(f"{page.name}: {file}#{place}")
    assert lost == []
