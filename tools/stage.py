"""Lay out what Sphinx shall see, and build it: strictly, and only when something changed."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Collection
from dataclasses import asdict
from pathlib import Path

import address
import fingerprints
import fold
import lazy_labs
import nbformat
import sizes
import terms
import yaml
from claims import read_sources, read_test_evaluations
from execute import failed_copy, read_status, select_chapters

from cxrlib import files
from cxrlib.evaluation.plots import screens

QUICK_NOTE = (
    "This is a test copy: the chapters ran with {parameters}. Don't quote its numbers. "
    "<code>make book</code> builds the real one."
)
PHANTOM_NOTE = (
    "This copy was built from <b>phantoms</b>: {chapters} used images drawn by a program, not "
    "X-rays of patients."
)
SETTINGS = {"parameters", "injected-parameters"}  # tags; a page is read, not set
PAGE = re.compile(r"(\]\((?![a-z]+:)[^)#\s]+)\.(?:md|ipynb)\b")  # Sphinx follows none in an output
DATA_MIME = "application/vnd.cxr"  # outputs that are data, such as claims; pages can't show them


def staged_config(root: Path, parameters: dict, drawn: str = "") -> str:
    """Return the book's configuration for executed notebooks.

    A test copy has a banner on each page, and so has one whose chapters used phantoms (``drawn``
    says which). The pages' addresses, which search engines and previews read, are made from the
    repository's.
    """
    config = yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8"))
    config.setdefault("execute", {})["execute_notebooks"] = "off"
    html = config.setdefault("html", {})
    html["baseurl"] = address.pages_address(config["repository"]["url"])
    sphinx = config.setdefault("sphinx", {})
    if "sphinxext.opengraph" in sphinx.get("extra_extensions", ()):
        sphinx.setdefault("config", {})["ogp_site_url"] = html["baseurl"]
    notes = []
    if parameters:
        shown = ", ".join(f"{name}={value!r}" for name, value in parameters.items())
        notes.append(QUICK_NOTE.format(parameters=shown))
    if drawn:
        notes.append(PHANTOM_NOTE.format(chapters=drawn))
    if notes:
        html["announcement"] = " ".join(notes)
    return yaml.safe_dump(config, sort_keys=False, allow_unicode=True)


def on_phantoms(sources: dict[str, Collection[str]]) -> str:
    """Say which chapters used phantoms, given where each chapter's images came from."""
    drawn = [name.partition("-")[0] for name, found in sources.items() if "phantoms" in found]
    if not drawn:
        return ""
    if len(drawn) == len(sources):
        return "its chapters"
    return f"{'chapters' if len(drawn) > 1 else 'chapter'} {', '.join(drawn)}"


def describe_checkout(root: Path) -> str:
    """Return the tag or commit that is built, or nothing outside of a checkout."""
    command = ["git", "-C", str(root), "describe", "--tags", "--always", "--dirty"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout.strip()


def clean_copy(executed: Path, target: Path, known: dict[str, str], message: str = "") -> None:
    """Copy an executed chapter with links to the glossary, without what papermill and claims noted.

    A ``message`` says why the chapter stopped; it stands at the top of the page.
    """
    notebook = nbformat.read(executed, as_version=4)
    notebook.metadata.pop("papermill", None)
    added = "papermill-error-cell-tag"
    notebook.cells = [c for c in notebook.cells if added not in c.metadata.get("tags", [])]
    for cell in notebook.cells:
        cell.metadata.pop("papermill", None)
        cell.metadata.pop("execution", None)
        if SETTINGS & set(cell.metadata.get("tags", [])):
            cell.metadata.tags = [*cell.metadata.tags, "remove-cell"]
        if cell.source.startswith(fold.TITLE):  # for Colab
            cell.source = cell.source.partition("\n")[2]
        if cell.cell_type == "markdown":
            cell.source = terms.link(cell.source, known)
        for output in cell.get("outputs", []):
            keep_renderings(output, target.parents[1] / "screens")
            if said := output.get("data", {}).get("text/markdown"):
                output.data["text/markdown"] = PAGE.sub(r"\1.html", said)
            for kind in [kind for kind in output.get("data", {}) if kind.startswith(DATA_MIME)]:
                del output.data[kind]
        if "outputs" in cell:
            cell.outputs = [o for o in cell.outputs if "data" not in o or o.data]
    if message:
        notebook.cells.insert(1, nbformat.v4.new_markdown_cell(error_note(message)))
    target.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, target)


def keep_renderings(output: nbformat.NotebookNode, folder: Path) -> None:
    """Lay a figure's renderings for other screens where the book finds them, by the figure's hash.

    MyST-NB names a figure by the same hash.
    """
    for name, image in output.get("data", {}).get(screens.MIME, {}).items():
        figure = hashlib.sha256(base64.b64decode(output.data["image/png"])).hexdigest()
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{figure}-{name.replace(' ', '-')}.png").write_bytes(base64.b64decode(image))


def error_note(message: str) -> str:
    """Return what a reader sees on the page of a chapter that stopped."""
    return (
        "> **This chapter stopped with an error on the machine that built this page.** What comes "
        f"after the cell below has no outputs.\n\n```text\n{message}\n```"
    )


def stage(root: Path, executed: Path, target: Path, parameters: dict) -> bool:
    """Put pages, table of contents, configuration and executed chapters where they belong.

    A chapter that stopped stands there as far as it came; one that is no notebook is a page that
    says so. Return whether each lab that a page wants is shown by a chapter; the page of one that
    is not is without it.
    """
    chapters, ran = select_chapters(root), read_status(executed)
    missing = [path.stem for path in chapters if path.stem not in ran]
    if missing:
        raise FileNotFoundError(
            f"expected every chapter to have run, got nothing of {', '.join(missing)} in "
            f"{executed}. Run `python tools/make_book.py execute` first."
        )
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(root / "book", target / "book", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(root / "_toc.yml", target / "_toc.yml")
    copies = {path.stem: executed / path.name for path in chapters}
    sources = {name: read_sources(copy) for name, copy in copies.items() if copy.exists()}
    config = staged_config(root, parameters, on_phantoms(sources))
    files.write_text(target / "_config.yml", config)
    known = terms.read_terms(root / "book" / "glossary.md")
    for path in chapters:
        copy, page = executed / path.name, target / "chapters" / path.name
        message = ran[path.stem]["message"]
        if (executed / f"{path.stem}.key.json").exists():
            clean_copy(copy, page, known)
        elif failed_copy(copy).exists():
            clean_copy(failed_copy(copy), page, known, message.partition("\n    traceback:")[0])
        else:
            files.write_text(page.with_suffix(".md"), f"# {path.stem}\n\n{error_note(message)}\n")
    staged = sorted((target / "chapters").glob("*.ipynb"))
    without = lazy_labs.fill_slots(target, staged)
    for kind in without:
        print(
            f"expected a chapter that shows {kind}, which a page wants, got none. Its page is "
            "built without it: show it in a chapter, or take its slot off the page.",
            file=sys.stderr,
        )
    shown = [ran[path.stem] | {"sources": sorted(sources.get(path.stem, ()))} for path in chapters]
    files.write_text(target / "status.json", json.dumps(shown, ensure_ascii=False))
    found = [asdict(size) for size in sizes.read_sizes(chapters)]
    files.write_text(target / "sizes.json", json.dumps(found))
    files.write_text(target / "build.json", json.dumps({"commit": describe_checkout(root)}))
    opened = [one for name in sources for one in read_test_evaluations(copies[name])]
    files.write_text(target / "test-evaluations.json", json.dumps(opened, ensure_ascii=False))
    return not without


def show_problems(log: str) -> None:
    """Print Sphinx's complaints, or the end of its log where it named none."""
    lines = log.splitlines()
    complaints = [line for line in lines if re.search(r"WARNING|CRITICAL|ERROR|Error:", line)]
    print("\n".join(complaints or lines[-30:]), file=sys.stderr)


def build(staged: Path, html: Path) -> bool:
    """Build the staged book into ``html``; whole or not at all. Return whether all was right.

    A book with complaints (a link that leads nowhere) is still a book: it is built, they are shown,
    and the answer is False.
    """
    key_file = html.with_name(f"{html.name}.key.json")
    key = {
        "pages": fingerprints.hash_folder(staged),
        "versions": fingerprints.hash_text(fingerprints.book_versions()),
    }
    try:
        unchanged = json.loads(key_file.read_text(encoding="utf-8")) == key
    except (OSError, ValueError):
        unchanged = False
    if unchanged and (html / "index.html").exists():
        print("  book: unchanged", flush=True)
        return True
    key_file.unlink(missing_ok=True)
    work = html.with_name(f"{html.name}-sphinx")
    shutil.rmtree(work, ignore_errors=True)
    command = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()", "build"]
    command += [str(staged), "-W", "-n", "--keep-going", "--path-output", str(work)]
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1", "NO_COLOR": "1"}
    run = subprocess.run(
        command, capture_output=True, text=True, encoding="utf-8", env=environment, check=False
    )
    log = run.stdout + run.stderr
    work.mkdir(parents=True, exist_ok=True)
    (work / "log.txt").write_text(log, encoding="utf-8")
    built = work / "_build" / "html"
    complete = (built / "index.html").exists() and (built / "search.html").exists()
    if run.returncode or not complete:
        show_problems(log)
        what = "has the problems above" if complete else "was not built"
        print(f"The book {what}. All of Sphinx's log: {work / 'log.txt'}", file=sys.stderr)
    if not complete:
        return False
    shutil.rmtree(html, ignore_errors=True)
    os.replace(built, html)
    if run.returncode:
        return False
    files.write_text(key_file, json.dumps(key))
    return True
