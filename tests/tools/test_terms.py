import pytest
import terms

GLOSSARY = """# Glossary

:::{glossary}
overfitting
overfit
    Learning by heart, see {term}`AUC`.

AUC
    An area.

Amdahl's law
    How fast it can become.
:::
"""


@pytest.fixture
def known(tmp_path):
    (tmp_path / "glossary.md").write_text(GLOSSARY, encoding="utf-8")
    return terms.read_terms(tmp_path / "glossary.md")


def test_every_form_of_a_term_is_known(known, tmp_path):
    assert known == {
        "overfitting": "overfitting", "overfit": "overfit", "auc": "AUC",
        "amdahl's law": "Amdahl's law",
    }  # fmt: skip
    assert terms.read_terms(tmp_path / "gone.md") == {}


@pytest.mark.parametrize(
    ("plain", "linked"),
    [
        ("to **overfit**, to learn", "to **{term}`overfit <overfit>`**, to learn"),
        ("two **AUCs**; an **AUC**", "two **{term}`AUCs <AUC>`**; an **AUC**"),
        ("by **Amdahl’s law**", "by **{term}`Amdahl’s law <Amdahl's law>`**"),
    ],
)
def test_a_first_mention_becomes_a_link(known, plain, linked):
    assert terms.link(plain, known) == linked


@pytest.mark.parametrize(
    "plain",
    [
        "# The **AUC** again",
        "`**AUC**` and ```\n**AUC**\n```",
        "[the **AUC**](elsewhere.md)",
        "**bold**, **Exercise 1.**, AUC",
        "$**AUC**$",
    ],
)
def test_what_is_no_mention_stays(known, plain):
    assert terms.link(plain, known) == plain
