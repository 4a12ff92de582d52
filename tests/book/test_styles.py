import gzip
import re
import sys

import pytest
import tinycss2

from tests.built import ROOT

sys.path.insert(0, str(ROOT / "book" / "_ext"))
import styles


@pytest.mark.parametrize(
    ("rules", "kept"),
    [
        (".here{a:b}", ".here{a:b}"),
        (".gone{a:b}", ""),
        ("p .gone, p.here > b{a:b}", "p.here > b{a:b}"),
        ("p:not(.gone){a:b}", "p:not(.gone){a:b}"),
        ("p:is(.gone, .here) i{a:b}", "p:is(.gone, .here) i{a:b}"),
        (".here.gone, html[data-theme=x] .here{a:b}", "html[data-theme=x] .here{a:b}"),
        (r".w-1\/2{a:b}", r".w-1\/2{a:b}"),
        ("@media print{.gone{a:b} .here{c:d}}", "@media print{.here{c:d}}"),
        ("@media print{.gone{a:b}}", ""),
        ("@keyframes turn{to{a:b}}", "@keyframes turn{to{a:b}}"),
    ],
)
def test_a_rule_is_kept_where_something_names_its_classes(rules, kept):
    read = tinycss2.parse_stylesheet(rules, skip_comments=True, skip_whitespace=True)
    assert styles.prune(read, {"here"}) == kept


def test_a_sheet_comes_with_those_that_it_imports_and_addresses_seen_from_its_folder(tmp_path):
    (tmp_path / "styles").mkdir()
    (tmp_path / "base.css").write_text('i{b:url("a.png")}')
    own = "@import '../base.css';/* p{} */u{b:url(../fonts/f.woff) url(data:x) url(#y)}"
    (tmp_path / "styles" / "own.css").write_text(own)
    read = styles.read_sheet(tmp_path, "styles/own.css")
    assert read == 'i{b:url("a.png")}u{b:url("fonts/f.woff") url(data:x) url(#y)}'


def test_each_page_of_the_book_asks_for_one_small_sheet(html, pages):
    for page in pages:
        text = (html / page).read_text(encoding="utf-8")
        (sheet,) = re.findall(r'<link[^>]*rel="stylesheet"[^>]*href="([^"]+)"', text)
        assert ((html / page).parent / sheet).resolve() == html / "_static" / "book.css"
    written = (html / "_static" / "book.css").read_bytes()
    assert len(gzip.compress(written)) < 50_000
    for rule in (b'html[data-theme="dark"]', b".goes-on", b"@font-face", b"@media print"):
        assert rule in written
