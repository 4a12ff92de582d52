from cxrlib.data import classes, splits
from cxrlib.experiments import article_4
from tests.data.test_subsets import FOUR, sizes, table


def test_article_4_takes_the_first_pa_images_in_its_sizes():
    cases = table({name: [1, 1, 2] * 40 for name in FOUR})
    cases.loc[(cases.label == "covid") & cases.path.str.contains("-00[0-9]"), "view"] = "AP"
    drawn = article_4.sample(cases)
    assert sizes(drawn) == {
        "train": {"normal": 70, "bacterial": 70, "viral": 70, "covid": 60},
        "test": dict.fromkeys(FOUR, 9),
    }
    splits.check_leakage(drawn)
    assert classes(drawn) == FOUR
    images = drawn[drawn.label == "covid"]
    assert set(images.view) == {"PA"}
    number = images.patient_id.str.split(":").str[1].astype(int)
    assert number.min() == 10
    assert number.max() < 65  # not "covid:100", which as text comes before "covid:11"
    again = article_4.sample(cases, seed=1)
    assert set(again[again.label == "covid"].path) == set(images.path)
    assert set(again.path) != set(drawn.path)
