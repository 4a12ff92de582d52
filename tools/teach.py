"""Make what a class needs: slides, learners' copies, worksheets and an answer key.

    python tools/teach.py                 from all chapters, into _build/teach
    python tools/teach.py 04-pooling      from some

Slides show the outputs of the chapters that `make book` ran. Where one is missing, the quick copies
are taken, and run first if need be. PDFs are printed by Chromium, if there is one.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

import address
import execute
import handouts
import nbformat
import packaged
import pdf
import slides
from lessons import Lesson, read_lesson, with_web_links, without_solutions

from cxrlib import files

ROOT = Path(__file__).resolve().parents[1]


def find_executed(root: Path, chapters: list[Path]) -> Path:
    """Return the folder of the chapters that ran.

    Raises
    ------
    ValueError
        If a chapter stopped.
    """
    full, quick = (root / "_build" / name for name in ("executed", "executed-quick"))
    names = [path.name for path in chapters]
    if all((full / name).exists() for name in names):
        return full
    if not all((quick / name).exists() for name in names):
        print("`make book` has not run these chapters. They run in their quick size.", flush=True)
        only = [path.stem for path in chapters]
        ran = execute.run_all(root, quick, {"quick": True}, only=only)
        if failed := [one.name for one in ran if one.state == "failed"]:
            raise ValueError(
                f"expected every chapter to run, got an error in {', '.join(failed)}. "
                "Its traceback lies in _build/failed-quick."
            )
    return quick


def write_handouts(lessons: list[Lesson], target: Path) -> list[Path]:
    """Write worksheets and answer key as web pages, and return their paths.

    The key says what came out of predictions where the lessons are of chapters that ran.
    """
    pages = []
    for lesson in lessons:
        page = target / "worksheets" / f"{lesson.name}.html"
        files.write_text(page, handouts.page(lesson.title, handouts.worksheet(lesson)))
        pages.append(page)
    key = target / "answer-key.html"
    files.write_text(key, handouts.page("Answer key", handouts.answer_key(lessons)))
    return [*pages, key]


def copy_pictures(root: Path, target: Path) -> None:
    """Copy the pictures that chapters and slides show from a file."""
    pictures = Path("book", "_static", "openings")
    shutil.copytree(root / pictures, target / pictures, dirs_exist_ok=True)


def write_learners_copies(chapters: list[Path], target: Path, home: str) -> None:
    """Write each chapter without its solutions, ready to run; links lead to the web."""
    for path in chapters:
        copy = with_web_links(without_solutions(nbformat.read(path, as_version=4)), home)
        files.write_text(target / "learner" / path.name, nbformat.writes(copy) + "\n")


def write_slides(lessons: list[Lesson], executed: Path, target: Path, home: str) -> None:
    """Write a deck of each chapter that ran."""
    packaged.copy_packaged(packaged.REVEAL, packaged.REVEAL_PARTS, target / "reveal.js")
    for lesson in lessons:
        ran = nbformat.read(executed / f"{lesson.name}.ipynb", as_version=4)
        deck = slides.make_deck(with_web_links(ran, home), lesson)
        page = slides.export(deck, lesson.title, "../reveal.js")
        files.write_text(target / "slides" / f"{lesson.name}.html", page)


def main(arguments: list[str] | None = None) -> int:
    """Make everything; return the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("chapters", nargs="*", help="such as 01-pictures; default: all")
    parser.add_argument("--root", type=Path, default=ROOT, help="the project's folder")
    options = parser.parse_args(arguments)
    root = options.root.resolve()
    target = root / "_build" / "teach"
    try:
        chapters = execute.select_chapters(root, options.chapters)
        executed = find_executed(root, chapters)
        home = address.pages_address(address.configured(root)[0])
        lessons = [read_lesson(executed / path.name, home) for path in chapters]
        shutil.rmtree(target, ignore_errors=True)
        copy_pictures(root, target)
        write_learners_copies(chapters, target, home)
        pages = write_handouts(lessons, target)
        browser = pdf.find_browser()
        for page in pages if browser else []:
            pdf.print_page(browser, page, page.with_suffix(".pdf"))
        if not browser:
            print("No Chromium was found, so there are no PDFs: print the pages from a browser.")
        write_slides(lessons, executed, target, home)
    except (ValueError, OSError) as error:
        print(f"teach: {error}", file=sys.stderr)
        return 1
    print(f"Slides, learners' copies, worksheets and the answer key are in {target}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
