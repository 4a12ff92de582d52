"""leak_lab in a real browser, against pandas."""

import pytest

from cxrlib.teaching import labs
from tests.book.lab_pages import choose, runs, slide, value, values


def test_every_stop_gives_the_means_of_pandas(show_one):
    lab = show_one(labs.leak_lab(runs()))
    for labels, table in runs().groupby("variant"):
        choose(lab, "Labels", labels)
        means = table.groupby("grouped")[["validation", "test", "leaked"]].mean()
        for i, (whole, row) in enumerate(means.iterrows()):
            slide(lab, i)
            assert value(lab, ".answer", "grouped") == whole
            assert values(lab, ".answer", *means) == pytest.approx([*row], abs=1e-3)
            gap = row["validation"] - row["test"]
            text = lab.locator(".answer").inner_text()
            assert f"With {100 * whole:.0f} % of the patients kept whole" in text
            if abs(gap) > 0.01:
                assert f"{abs(gap):.2f} too {'much' if gap > 0 else 'little'}" in text
            some = table[table["grouped"] == whole]
            noise = 2 * (some["validation"] - some["test"]).sem()
            assert value(lab, ".answer", "noise") == pytest.approx(noise, abs=1e-4)
            assert ("no more than noise" in text) == (abs(gap) <= noise)
        shown = lab.locator(".promise g[data-variant]:not([hidden])")
        assert shown.locator("circle.c0").count() == len(table)


def test_it_opens_where_validation_promises_too_much(show_one):
    lab = show_one(labs.leak_lab(runs()))
    text = lab.locator(".answer").inner_text()
    assert "With 0 % of the patients kept whole" in text
    assert "too much (±" in text
    assert "more than noise" in text
    assert "training)" not in text
    gap = lab.locator(".promise .gap").bounding_box()
    assert gap["height"] > 20
    bars = lab.locator(".promise g[data-variant]:not([hidden]) .noise")
    assert bars.count() == 2 * 4  # validation and new patients, at four stops


def test_patients_become_whole_one_after_the_other(show_one):
    lab = show_one(labs.leak_lab(runs()))
    split = []
    drawn = [".families div > svg " + part for part in ("> .both", "> .both .val", ".val")]
    for i in range(4):
        slide(lab, i)
        counted = values(lab, ".counted", "both", "leaked", "inside")
        assert [lab.locator(part).count() for part in drawn] == counted
        split.append(counted[0])
    assert split == sorted(split, reverse=True)
    assert split[0] > split[-1] == 0


def test_by_keyboard(show_one):
    slider = show_one(labs.leak_lab(runs())).locator("input[type=range]")
    for _ in range(2):
        slider.press("ArrowRight")
    assert slider.get_attribute("aria-valuetext") == "60 % of the patients kept whole"


def test_variants_may_have_other_stops(show_one):
    table = runs().query("variant == 'as they are' or grouped in (0, 1)")
    lab = show_one(labs.leak_lab(table))
    slide(lab, 2)
    choose(lab, "Labels", "drawn by lot")
    assert value(lab, ".answer", "grouped") == 1
    assert lab.locator("input[type=range]").get_attribute("max") == "1"
