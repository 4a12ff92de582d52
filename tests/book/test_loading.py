import sys

import numpy as np
import pytest
from PIL import Image

from tests.built import ROOT

sys.path.insert(0, str(ROOT / "book" / "_ext"))
import loading

HEAD = """<head><script>
theme = localStorage.getItem("theme") || "auto";
</script>
<script src="_static/documentation_options.js"></script>
<script src="_static/course.js?v=1"></script>
<script async src="_static/other.js"></script>
<script src="searchindex.js"></script>
</head>"""


@pytest.fixture
def page(tmp_path):
    """Arrange a page of an image 30 wide and 20 high: page(article, name)."""
    Image.new("L", (30, 20)).save(tmp_path / "a b.png")

    def arranged(article, name="page.html"):
        text = f'{HEAD}<body><img src="a%20b.png"><article>{article}</article></body>'
        return loading.arrange(text, tmp_path / name)

    return arranged


def test_scripts_wait_except_the_one_that_others_need(page):
    text = page("")
    assert '<script defer src="_static/course.js?v=1">' in text
    assert '<script src="_static/documentation_options.js">' in text
    assert '<script async src="_static/other.js">' in text
    assert text.count("defer") == 1
    assert loading.defer_scripts(text) == text


def test_only_the_search_page_loads_the_words(page):
    assert "searchindex" not in page("")
    assert '<script defer src="searchindex.js">' in page("", "search.html")


def test_colours_are_known_before_any_script_came(page):
    assert '"auto"' not in page("")
    assert "prefers-color-scheme: dark" in page("")


def test_images_of_the_text_say_how_large_they_are_and_the_first_comes_first(page):
    text = page('<p><img alt="" src="a%20b.png" /><img src="a%20b.png"></p>')
    assert '<img src="a%20b.png"><article>' in text  # the furniture is left alone
    assert '<img fetchpriority="high" width="30" height="20" alt="" src="a%20b.png" />' in text
    assert text.count("fetchpriority") == 1
    assert text.count('width="30" height="20"') == 2
    assert page(text.partition("<article>")[2].partition("</article>")[0]) == text


def test_sizes_that_are_said_and_images_that_are_not_there_stay(page, tmp_path):
    (tmp_path / "drawing.svg").write_text("<svg/>")
    for tag in (
        '<img loading="lazy" style="width: 5rem" src="a%20b.png">',
        '<img loading="lazy" src="drawing.svg">',
        '<img loading="lazy" src="none.png">',
        '<img loading="lazy" src="data:image/png;base64,AAAA">',
    ):
        assert f"<article>{tag}</article>" in page(tag)
    assert '<source width="30" height="20" srcset="a%20b.png">' in page(
        '<source srcset="a%20b.png">'
    )


def test_heavy_images_are_packed_better_and_keep_every_pixel(tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (300, 300, 3), dtype=np.uint8)
    for name, pixels in (("heavy", noise), ("light", noise[:9])):
        Image.fromarray(pixels).save(tmp_path / f"{name}.png")
    assert loading.lighten(tmp_path) == {"heavy.png": "heavy.webp"}
    assert {path.name for path in tmp_path.iterdir()} == {"heavy.webp", "light.png"}
    with Image.open(tmp_path / "heavy.webp") as image:
        np.testing.assert_array_equal(image, noise)


def test_code_loses_the_marks_that_look_like_plain_text():
    plain = loading.plain_marks(["a11y-high-contrast-light", "a11y-high-contrast-dark"])
    code = 'for</span> <span class="n">x</span><span class="p">:</span> <span class="mi">1</span>'
    assert plain.sub(r"\1", code) == 'for</span> x: <span class="mi">1</span>'
    assert loading.plain_marks(["bw"]).search('<span class="mi">1</span>')
    both = loading.plain_marks(["bw", "a11y-high-contrast-light"])
    assert not both.search('<span class="mi">1</span>')


def test_the_book_loads_so(html, pages):
    late = [p for p in pages if '"theme") || "auto"' in (html / p).read_text(encoding="utf-8")]
    assert late == []
    index = (html / "book" / "index.html").read_text(encoding="utf-8")
    assert 'fetchpriority="high" width="' in index
    assert "searchindex.js" not in index
