import pytest
from links import Links, read_terms

GLOSSARY = """# Glossary

:::{glossary}
overfitting
overfit
    Learning by heart, see {term}`AUC`.

AUC
    An area.
:::
"""
LINKS = Links(read_terms(GLOSSARY), {"03": "03-convolution.ipynb", "04": "04-pooling.ipynb"})
PAGE = "../book/five-articles.md"


def test_every_form_of_a_term_is_known():
    assert LINKS.terms == {"overfitting": "overfitting", "overfit": "overfit", "auc": "AUC"}


@pytest.mark.parametrize(
    ("plain", "linked"),
    [
        ("Chapter 03 said so.", "[Chapter 03](03-convolution.ipynb) said so."),
        (
            "of chapters 03 and 04, not 05",
            "of [chapters 03](03-convolution.ipynb) and [04](04-pooling.ipynb), not 05",
        ),
        ("chapter 03, chapter 03", "[chapter 03](03-convolution.ipynb), chapter 03"),
        ("Article 4's VGG16", f"[Article 4]({PAGE}#article-4)'s VGG16"),
        (
            "articles 0, 3 and 4 turn",
            f"[articles 0]({PAGE}#article-0), [3]({PAGE}#article-3) and [4]({PAGE}#article-4) turn",
        ),
        ("to **overfit**, to learn", "to **{term}`overfit <overfit>`**, to learn"),
        ("two **AUCs**; an **AUC**", "two **{term}`AUCs <AUC>`**; an **AUC**"),
    ],
)
def test_a_first_mention_becomes_a_link(plain, linked):
    assert LINKS.add(plain, "01-pictures.ipynb") == linked


@pytest.mark.parametrize(
    "plain",
    [
        "# Chapter 03 again",
        "`chapter 03` and ```\narticle 3\n```",
        "[chapter 03](elsewhere.md)",
        "chapter 04, which is this one, and chapter 14, which is not there",
        "**bold**, **Exercise 1.**",
        "article 5, articles, article 3 % of them",
        "$article 3$",
    ],
)
def test_what_is_no_mention_stays(plain):
    assert LINKS.add(plain, "04-pooling.ipynb") == plain


def test_outputs_get_no_roles():
    text = LINKS.add("chapter 03: **AUC**", "01-pictures.ipynb", roles=False)
    assert text == "[chapter 03](03-convolution.ipynb): **AUC**"
