import lazy_labs
import nbformat
import pytest

from cxrlib.teaching import labs
from tests.book.lab_pages import make_image

SLOT = '<div class="lab-slot" data-lab="{}"></div>'


@pytest.fixture
def staged(tmp_path):
    """Lay out a page that wants two labs, and a chapter that shows one of them, and another one."""
    (tmp_path / "book").mkdir()
    wants = "\n\n".join(map(SLOT.format, ("kernel_lab", "leak_lab")))
    (tmp_path / "book" / "index.md").write_text(f"# Book\n\n{wants}\n\nGoes on.\n")
    (tmp_path / "book" / "other.md").write_text("# No lab\n")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# One")])
    for lab in (labs.neuron_lab(), labs.kernel_lab(make_image())):
        shown = {"text/html": lab._repr_html_(), "text/plain": repr(lab)}
        output = nbformat.v4.new_output("display_data", data=shown)
        notebook.cells.append(nbformat.v4.new_code_cell("lab", outputs=[output]))
    nbformat.write(notebook, tmp_path / "one.ipynb")
    return tmp_path


def test_a_page_gets_markup_and_the_script_lies_beside_it(staged):
    missing = lazy_labs.fill_slots(staged, [staged / "one.ipynb"])
    assert missing == ["leak_lab"]
    page = (staged / "book" / "index.md").read_text()
    assert page.count("lab-slot") == 1
    assert '<div class="lab-slot" data-lab="kernel_lab">\n<style>' in page
    assert "A still image." in page
    assert "<script" not in page
    assert page.endswith("Goes on.\n")
    assert (staged / "book" / "other.md").read_text() == "# No lab\n"
    scripts = list((staged / lazy_labs.SCRIPTS).iterdir())
    assert [script.name for script in scripts] == ["kernel_lab.js"]
    script = scripts[0].read_text()
    identity = script.partition('getElementById("')[2].partition('"')[0]
    assert f'id="{identity}"' in page


def test_without_slots_no_notebook_is_read(staged):
    (staged / "book" / "index.md").write_text("# Book\n")
    assert lazy_labs.fill_slots(staged, [staged / "none.ipynb"]) == []
    assert not (staged / lazy_labs.SCRIPTS).exists()


def test_the_index_asks_for_a_lab_that_there_is():
    from tests.built import ROOT

    wanted = lazy_labs.SLOT.findall((ROOT / "book" / "index.md").read_text())
    assert wanted
    assert set(wanted) <= set(labs.__all__)
