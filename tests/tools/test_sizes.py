import nbformat
import pytest
import sizes
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

TEXT = """# Toys of a shop

*45 minutes* · one [link](x.md), `code_here`

![Not read.](toys.png)

```python
not_read = 1
```

<details><summary>Solution</summary>

Not read either.

</details>"""
FIVE_LINES = "a = [\n    1,\n    2,\n]\nb = a"


@pytest.fixture
def chapter(tmp_path):
    cells = [
        new_markdown_cell(TEXT),
        new_code_cell("%pip install", metadata={"tags": ["remove-cell"]}),
        new_code_cell("seed = 0", metadata={"tags": ["parameters"]}),
        new_code_cell(f"{FIVE_LINES}\n\n# why\nsay(a)"),
        new_code_cell("plots.image_row(a)\nplt.show()", metadata={"tags": ["hide-input"]}),
    ]
    nbformat.write(new_notebook(cells=cells), tmp_path / "02-toys.ipynb")
    return tmp_path / "02-toys.ipynb"


def test_words_minutes_and_lines_are_counted_and_shares_are_of_what_a_reader_meets(chapter):
    one = sizes.read_size(chapter)
    assert one == sizes.Size("02-toys", words=8, minutes=45, lines=8, folded=2 / 8, plumbing=1 / 6)


def test_what_is_no_chapter_has_no_size(chapter, tmp_path):
    (tmp_path / "03-broken.ipynb").write_text("{")
    other = new_notebook(cells=[new_code_cell("no python")])
    nbformat.write(other, tmp_path / "04-no-python.ipynb")
    found = sizes.read_sizes(sorted(tmp_path.iterdir()))
    assert [one.name for one in found] == ["02-toys"]
    _, row = sizes.as_text(found).splitlines()
    assert row.split() == ["02-toys", "8", "45", "8", "25%", "16.7%"]
