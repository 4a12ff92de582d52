"""leak_lab in a real browser, against pandas."""

import pytest

from cxrlib.teaching import labs
from tests.book.lab_pages import choose, lab_in, runs, value


def lab_of(show):
    return lab_in(show(labs.leak_lab(runs())).tab, "leak_lab")


def test_every_stop_gives_the_means_of_pandas(show):
    lab = lab_of(show)
    for labels, table in runs().groupby("variant"):
        choose(lab, "Labels", labels)
        means = table.groupby("grouped")[["validation", "test", "leaked"]].mean()
        for i, (whole, row) in enumerate(means.iterrows()):
            lab.locator("input[type=range]").fill(str(i))
            assert value(lab, ".answer", "grouped") == whole
            for column in means:
                assert value(lab, ".answer", column) == pytest.approx(row[column], abs=1e-3)
            gap = row["validation"] - row["test"]
            text = lab.locator(".answer").inner_text()
            assert f"With {100 * whole:.0f} % of the patients kept whole" in text
            if abs(gap) > 0.01:
                assert f"{abs(gap):.2f} too {'much' if gap > 0 else 'little'}" in text
        shown = lab.locator(".promise g[data-variant]:not([hidden])")
        assert shown.locator("circle.c0").count() == len(table)


def test_patients_become_whole_one_after_the_other(show):
    lab = lab_of(show)
    whole = []
    for i in range(4):
        lab.locator("input[type=range]").fill(str(i))
        counted = {k: value(lab, ".counted", k) for k in ("both", "leaked", "inside")}
        assert lab.locator(".families div > svg > .both").count() == counted["both"]
        assert lab.locator(".families div > svg .val").count() == counted["inside"]
        leaked = lab.locator(".families div > svg > .both .val").count()
        assert leaked == counted["leaked"]
        whole.append(counted["both"])
    assert whole == sorted(whole, reverse=True)
    assert whole[0] > whole[-1] == 0


def test_by_keyboard(show):
    lab = lab_of(show)
    lab.locator("input[type=range]").focus()
    for _ in range(2):
        lab.page.keyboard.press("ArrowRight")
    spoken = lab.locator("input[type=range]").get_attribute("aria-valuetext")
    assert spoken == "60 % of the patients kept whole"


def test_variants_may_have_other_stops(show):
    table = runs().query("variant == 'as they are' or grouped in (0, 1)")
    lab = lab_in(show(labs.leak_lab(table)).tab, "leak_lab")
    lab.locator("input[type=range]").fill("2")
    choose(lab, "Labels", "drawn by lot")
    assert value(lab, ".answer", "grouped") == 1
    assert lab.locator("input[type=range]").get_attribute("max") == "1"
