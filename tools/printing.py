"""The built book seen by Chromium: printed into one PDF, and the pictures that the README shows."""

from __future__ import annotations

import io
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import address
import yaml

if TYPE_CHECKING:
    from playwright.sync_api import Page

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
# On paper solutions and what came out of predictions are open, and links between pages lead to the
# web, not to this machine's disk. Figures that wait until they are scrolled to are fetched.
FOR_PAPER = """async ([here, home]) => {
  const shut = '.bd-article details:is(:not(.hide), .below-input)';
  for (const one of document.querySelectorAll(shut)) one.open = true;
  document.querySelectorAll('a[href]').forEach((link) => {
    if (link.href.startsWith(here)) link.href = home + link.href.slice(here.length);
  });
  const figures = [...document.querySelectorAll('.bd-article img')];
  for (const one of figures) one.loading = 'eager';
  await Promise.all(figures.map((one) => one.decode().catch(() => null)));
}"""
TO_A_FIGURE = """() => {
  const figure = document.querySelector('.bd-article .cell_output img');
  window.scrollTo(0, figure.getBoundingClientRect().top + scrollY - 320);
}"""


def pages_in_order(root: Path) -> list[str]:
    """Return the pages of the table of contents, such as ``book/index``."""
    toc = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))

    def below(entries: list[dict]) -> Iterator[str]:
        for entry in entries:
            yield entry["file"]
            yield from below(entry.get("sections", []))

    found = [toc["root"], *below(toc.get("chapters", []))]
    return found + [page for part in toc.get("parts", []) for page in below(part["chapters"])]


@contextmanager
def browser_tab(**options: object) -> Iterator[Page]:
    """Open a tab of the Chromium that is installed here; light colours."""
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        raise OSError(
            f"expected one of {', '.join(BROWSERS)}, got none. Install Chromium "
            "(Debian, Ubuntu: apt-get install chromium)."
        )
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser.new_page(color_scheme="light", **options)
        browser.close()


def open_page(tab: Page, root: Path, page: str) -> None:
    """Open a page of the built book from disk."""
    path = root / "_build" / "html" / f"{page}.html"
    if not path.exists():
        raise FileNotFoundError(f"expected the built book, got no {path}. Run `make book` first.")
    tab.goto(path.as_uri(), wait_until="load", timeout=120_000)


def print_book(root: Path) -> list[Path]:
    """Write the whole book as one PDF with an outline; return its path."""
    from pypdf import PdfWriter

    home = address.pages_address(address.configured(root)[0])
    here = (root / "_build" / "html").as_uri() + "/"
    target, book = root / "_build" / "reading-chest-x-rays.pdf", PdfWriter()
    with browser_tab() as tab:
        for page in pages_in_order(root):
            open_page(tab, root, page)
            tab.evaluate(FOR_PAPER, [here, home])
            margin = dict.fromkeys(("top", "bottom", "left", "right"), "18mm")
            printed = tab.pdf(format="A4", margin=margin, print_background=True, tagged=True)
            title = tab.locator("h1").first.inner_text().rstrip("#").strip()
            book.append(io.BytesIO(printed), outline_item=title)
            print(f"  {page}", flush=True)
    book.add_metadata({"/Title": "Reading Chest X-rays with Convolutional Networks"})
    book.write(target)
    return [target]


def take_pictures(root: Path) -> list[Path]:
    """Take the README's pictures: a page, a lab, a report of the audit; all on phantoms."""
    static = root / "book" / "_static"
    with browser_tab(viewport={"width": 1100, "height": 720}) as tab:
        open_page(tab, root, "chapters/11-looking-inside")
        tab.evaluate(TO_A_FIGURE)
        picture(static / "readme-page.png", tab.screenshot())
        open_page(tab, root, "chapters/03-convolution")
        tab.add_style_tag(content=".bd-header-article, #pst-skip-link { display: none !important }")
        picture(static / "readme-lab.png", tab.locator(".cxr-lab").first.screenshot())
        with tempfile.TemporaryDirectory() as folder:
            tab.goto(write_report(Path(folder) / "report.html").as_uri())
            picture(static / "readme-audit.png", tab.screenshot())
    return [static / f"readme-{name}.png" for name in ("page", "lab", "audit")]


def write_report(path: Path) -> Path:
    """Audit some phantoms, and write the report."""
    from cxrlib import data
    from cxrlib.evaluation import audit

    cases = data.load("pneumonia", source="phantoms", quiet=True)
    audit.write_html(audit.audit(cases), path)
    return path


def picture(path: Path, png: bytes) -> None:
    """Write a screenshot with few colours, which makes it small."""
    from PIL import Image

    shown = Image.open(io.BytesIO(png)).convert("RGB")
    shown.quantize(128, dither=Image.Dither.NONE).save(path, optimize=True)
