"""The labs as the chapters configure them: what each shows before anybody touched it."""

import pytest

from tests.book.lab_pages import lab_in, value
from tests.book.test_labs_network import score
from tests.book.test_labs_pooling import shares
from tests.book.test_labs_threshold import children


def lowers_its_loss(lab):
    lowest = float(lab.get_by_text("lowest 0.").inner_text().split()[1])
    return lowest < value(lab, ".loss")


def counts_both_mistakes(lab):
    found = children(lab)
    return found["fn"] > 0 and found["tn"] > 0


def says(part, words):
    return lambda lab: words in lab.locator(part).inner_text()


OPENINGS = {  # chapter, lab → whether its point is in sight
    ("02-neurons", "neuron_lab"): lowers_its_loss,
    ("03-convolution", "kernel_lab"): lambda lab: value(lab, ".sum") != 0,
    ("04-pooling", "pooling_lab"): lambda lab: shares(lab)[0] > max(shares(lab)[1:]),
    ("06-augmentation", "augmentation_lab"): says(".answer", "No, because of: "),
    ("08-evaluation", "threshold_lab"): counts_both_mistakes,
    ("08-evaluation", "leak_lab"): says(".answer", "With 0 % of the patients kept whole"),
    ("13-shortcuts", "shortcut_lab"): says(".verdict", "One square decides"),
    ("14-deployment", "network_lab"): lambda lab: score(lab) > value(lab, ".score", "bare"),
}


@pytest.mark.parametrize(("chapter", "name"), OPENINGS)
def test_a_lab_opens_on_its_point(visit, html, chapter, name):
    lab = lab_in(visit().open(f"chapters/{chapter}.html"), name)
    text = lab.inner_text()
    assert not any(word in text for word in ("NaN", "undefined", "Infinity"))
    if not html.name.endswith("-quick"):  # networks that learned for a second have no point
        assert OPENINGS[chapter, name](lab)
