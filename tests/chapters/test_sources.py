import ast
import re
import sys

import nbformat
import pytest
import yaml

from tests.built import APPENDICES, CHAPTERS, ROOT

sys.path.insert(0, str(ROOT / "tools"))
import address
import fold
import sizes
import terms

PARAMETERS = 'quick = False\nsource = "auto"\nseed = 0'
PLAIN = {"keras", "tensorflow", "numpy", "sklearn"}  # what a recipe may import
SECTIONS = ("quiz", "what we checked", "takeaway", "where to read on")
SPHINX_ONLY = {
    "a directive": r"^(```|:::+)\{",
    "a colon fence": r"^:::",
    "a role": r"\{[a-z]+(:[a-z]+)*\}`",
    "a label": r"^\([\w-]+\)=$",
}


@pytest.fixture
def chapter(path):
    return nbformat.read(path, as_version=4)


def code(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def text(notebook):
    return "\n\n".join(c.source for c in notebook.cells if c.cell_type == "markdown")


def headings(notebook):
    without_code = re.sub(r"^```.*?^```", "", text(notebook), flags=re.MULTILINE | re.DOTALL)
    return re.findall(r"^(#+) +(.+)$", without_code, re.MULTILINE)


def test_it_is_valid_and_carries_no_outputs(chapter):
    nbformat.validate(chapter)
    assert all(not cell.outputs and cell.execution_count is None for cell in code(chapter))
    assert chapter.metadata.kernelspec.name == "python3"


def test_the_first_code_cell_sets_colab_up(path, chapter):
    first = code(chapter)[0]
    assert first.source == address.colab_cell(ROOT, path.stem)
    assert first.metadata.tags == ["remove-cell"]


def test_it_has_the_parameters_that_all_chapters_have(chapter):
    tagged = [c for c in code(chapter) if "parameters" in c.metadata.get("tags", [])]
    assert [cell.source for cell in tagged] == [PARAMETERS]


def tags(cell):
    return set(cell.metadata.get("tags", []))


def test_cells_are_short_enough_to_read(chapter):
    hidden = {"remove-cell", "remove-input", "hide-input", "hide-cell"}
    long = [
        f"{len(cell.source.splitlines())} lines: {cell.source[:60]!r}"
        for cell in code(chapter)
        if not hidden & tags(cell)
        and len(cell.source.splitlines()) > (30 if fold.KERAS in tags(cell) else 15)
    ]
    assert long == []


def test_a_recipe_without_the_package_stands_between_claims_and_takeaways(path, chapter):
    recipes = [i for i, cell in enumerate(chapter.cells) if fold.KERAS in tags(cell)]
    assert len(recipes) == (path.stem[:2] >= "02")
    for at in recipes:
        checked, claims, text, _, takeaways = (c.source for c in chapter.cells[at - 3 : at + 2])
        assert checked.splitlines()[0] == "## What we checked"
        assert "teaching.claims_table(" in claims
        assert text.startswith("## The same in plain ")
        assert takeaways.startswith("## Takeaways")


def test_the_recipe_uses_neither_the_package_nor_functions_of_the_chapter(chapter):
    ours, own, used = set(), set(), set()
    for cell in code(chapter)[1:]:  # the first one sets Colab up
        for node in ast.walk(ast.parse(cell.source)):
            if fold.KERAS not in tags(cell):
                ours |= package_names(node, ours)
            elif isinstance(node, ast.Import | ast.ImportFrom):
                modules = [getattr(node, "module", None) or alias.name for alias in node.names]
                assert {module.partition(".")[0] for module in modules} <= PLAIN
                own |= {alias.asname or alias.name for alias in node.names}
            elif isinstance(node, ast.FunctionDef):
                own.add(node.name)
            elif isinstance(node, ast.Name):
                (used if isinstance(node.ctx, ast.Load) else own).add(node.id)
    assert used & (ours - own) == set()


def package_names(node, known):
    """Return the names that a statement gives to the package's modules or to a function."""
    match node:
        case ast.ImportFrom(module=module, names=names) if module.startswith("cxrlib"):
            return {alias.asname or alias.name for alias in names}
        case ast.FunctionDef(name=name):
            return {name}
        case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=values)):
            pairs = list(zip(targets, values, strict=True))
        case ast.Assign(targets=targets, value=value):
            pairs = [(target, value) for target in targets]
        case _:
            return set()
    part_of_it = ast.Name | ast.Attribute
    known_parts = [t for t, v in pairs if isinstance(v, part_of_it) and fold.root(v) in known]
    return {target.id for target in known_parts if isinstance(target, ast.Name)}


def test_code_in_sight_teaches(path):
    assert sizes.read_size(path).plumbing < 0.2


@pytest.mark.parametrize("what", SPHINX_ONLY)
def test_it_reads_the_same_outside_the_book(chapter, what):
    assert re.findall(SPHINX_ONLY[what], text(chapter), re.MULTILINE) == []


def bold_words(markdown):
    """Yield what is bold within a sentence: no label at its begin, no sentence, no table's cell."""
    without_code = re.sub(r"^```.*?^```", "", markdown, flags=re.MULTILINE | re.DOTALL)
    for line in without_code.splitlines():
        for match in re.finditer(r"\*\*([^*]+)\*\*", line):
            begin = re.fullmatch(r"[\s>]*(- |\d+\. )?", line[: match.start()])
            if not (begin or line.startswith("|") or match[1][-1] in ".:!?"):
                yield match[1]


def test_a_word_in_bold_is_explained_in_the_glossary(chapter):
    known = terms.read_terms(ROOT / "book" / "glossary.md")
    bold = set(bold_words(text(chapter)))
    assert [word for word in sorted(bold) if terms.find(word, known) is None] == []


def test_what_is_bold_within_a_sentence_is_told_from_labels():
    markdown = (
        "A **new word**, a **Sentence.**\n- **label**: a **term**\n> **Predict** it\n| **x** |"
    )
    assert list(bold_words(markdown)) == ["new word", "term"]


def test_it_follows_the_template(chapter):
    levels = [len(hashes) for hashes, _ in headings(chapter)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    titles = " | ".join(title.lower() for _, title in headings(chapter))
    assert [section for section in SECTIONS if section not in titles] == []
    opening = text(chapter)[:3000].lower()
    assert "question" in opening
    assert "minutes" in opening
    assert "<details>" in text(chapter), "solutions are folded with <details>"
    assert "exercises.check" in "".join(cell.source for cell in code(chapter))
    assert text(chapter).count("<details>") == text(chapter).count("</details>")


def test_whole_sections_are_marked_optional_and_the_story_stays(chapter):
    marked = [entry for entry in headings(chapter) if "optional" in entry[1].lower()]
    story = [entry for entry in headings(chapter) if entry[0] == "##" and entry not in marked]
    assert [entry for entry in marked if not re.fullmatch(r"[^()]+ \(optional\)", entry[1])] == []
    assert {hashes for hashes, _ in marked} <= {"##"}
    assert len(story) > 2 * len(marked) + len(SECTIONS)
    fixed = [title for _, title in marked for name in SECTIONS if name in title.lower()]
    assert fixed == []


def test_test_images_are_handed_out_by_open_test_set_alone(chapter):
    around = r"""split\(["']test|some\(["']test|read_images\([^)]*split\s*==\s*["']test"""
    assert re.findall(around, "\n".join(cell.source for cell in code(chapter))) == []


def test_it_opens_with_its_question_and_a_picture(chapter, path):
    first = chapter.cells[0].source
    pictures = re.findall(r"^!\[([^\]]{20,})\]\((.*)\)$", first, re.MULTILINE)
    assert [(ROOT / "chapters" / place).resolve().stem for _, place in pictures] == [path.stem]
    assert all((ROOT / "chapters" / place).exists() for _, place in pictures)


def test_links_between_chapters_lead_somewhere(chapter):
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", text(chapter))
    local = [t for t in targets if not re.match(r"[a-z]+:", t)]
    assert [t for t in local if not (ROOT / "chapters" / t).exists()] == []


def test_chapters_are_numbered_without_gaps():
    numbers = [path.name[:2] for path in CHAPTERS]
    chapters = len(CHAPTERS) - len(APPENDICES)
    expected = [f"{n:02}" for n in range(1, chapters + 1)]
    assert numbers == expected + [f"A{n}" for n in range(1, len(APPENDICES) + 1)]


def test_a_plain_jupyter_book_build_would_stop_at_an_error():
    config = yaml.safe_load((ROOT / "_config.yml").read_text())
    assert config["execute"]["execute_notebooks"] == "cache"
    assert config["sphinx"]["config"]["nb_execution_raise_on_error"] is True
