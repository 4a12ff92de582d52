"""The few exercises that are not checked by comparing answers: each mistake gets its own hint."""

import json
import re

import numpy as np
import pandas as pd
import pytest

from cxrlib import evaluation
from cxrlib.teaching.exercises import ch08_resampling, ch13_shortcuts, ch15_five_articles
from tests.built import ROOT

from .test_exercises import EXERCISES, assert_hint, check, key_by_pattern, resampled_one_by_one


def first_digit(name):
    kind, number = key_by_pattern(name)
    return kind, number[0] if name.startswith("person1") and "_1.jpeg" in name else number


def without_group(name):
    kind, number = key_by_pattern(name)
    return int(number) if kind in ("IM", "virus") else (kind, number)


def sick_only(name, healthy):
    return key_by_pattern(name) if name[0] == "p" else healthy


def healthy_only(name, sick):
    return key_by_pattern(name) if name[0] != "p" else sick


WRONG_KEYS = [
    (lambda n: healthy_only(n, n.split("_")[0]), "forget the subtype"),
    (lambda n: sick_only(n, ("IM", key_by_pattern(n)[1])), "prefix `NORMAL2-`"),
    (lambda n: n, "running number of the image"),
    (lambda n: healthy_only(n, n.partition("_")[2][:5]), "after `person`"),
    (lambda n: sick_only(n, n), "the others count images"),
    (first_digit, "whole number"),
    (lambda n: sick_only(n, n[:4]), "after `IM-` must be"),
    (without_group, "keep the group in the key"),
    (lambda n: sick_only(n, None), "is there a `return`"),
    (lambda n: [key_by_pattern(n)], "use a tuple"),
    (lambda n: int(n), "the error comes from inside"),
]


def table(splits, patients=("a", "a", "b", "c", "c", "d", "e", "f")):
    labels = ["normal"] * 3 + ["pneumonia"] * 5
    return pd.DataFrame({"patient_id": patients, "label": labels, "split": splits})


GOOD = ["train", "train", "val", "train", "train", "val", "train", "train"]
WRONG_SPLITS = [
    (table(["train"] * 8), "nothing is held out"),
    (table([*GOOD[:7], None]), "did a patient get lost"),
    (table(["train"] * 3 + ["val"] * 5), "split each class by itself"),
    (table(GOOD).drop(columns="split"), "add a column"),
    ({"train": 1}, "return the whole table"),
]


def rows_of(patients, names):
    return np.concatenate([np.flatnonzero(patients == name) for name in names])


def drawn(patients, rng, **how):
    names = np.unique(patients)
    return rng.choice(names, **{"size": len(names)} | how)


def firsts(patients):
    return np.unique(patients, return_index=True)[1]


OWN = np.random.default_rng()
WRONG_SAMPLES = [
    (lambda p, rng: rng.integers(len(p), size=len(p)), "you drew images"),
    (lambda p, rng: rows_of(p, drawn(p, rng, replace=False)), "without replacement"),
    (drawn, "you have drawn children"),
    (lambda p, rng: np.isin(p, drawn(p, rng)), "a mask cannot"),
    (lambda p, rng: np.flatnonzero(np.isin(p, drawn(p, rng))), "counts once here"),
    (lambda p, rng: rng.choice(firsts(p), size=12), "one image only"),
    (lambda p, rng: rows_of(p, drawn(p, rng, size=len(p))), "the number of images"),
    (lambda p, rng: rows_of(p, drawn(p, rng, size=6)), "different* names"),
    (lambda p, rng: rows_of(p, rng.choice(p, size=12)), "many images comes more often"),
    (lambda p, rng: rows_of(p, drawn(p, np.random.default_rng(0))), "seed of its own"),
    (lambda p, rng: rows_of(p, drawn(p, OWN)), "with no other"),
    (lambda p, rng: rows_of(p, np.unique(p)[rng.integers(1, 12, size=12)]), "never be drawn"),
    (lambda p, rng: rows_of(p, drawn(p, rng)) + 1, "the first row is 0"),
    (lambda p, rng: rows_of(p, drawn(p, rng)) + 0.5, "the first row is 0"),
    (lambda p, rng: [np.flatnonzero(p == n) for n in drawn(p, rng)], "`np.concatenate`"),
]
ARTICLE_4 = ch13_shortcuts.ARTICLE_4
ANSWERS = {line: answer for line, (answer, _) in ARTICLE_4.items()}
WRONG_LISTS = [
    *[(ANSWERS | {line: not ANSWERS[line]}, reason) for line, (_, reason) in ARTICLE_4.items()],
    *[(ANSWERS | {"same places": odd}, "are from one hospital") for odd in ("no", 0, 1)],
    *[(odd, "keep the names") for odd in ("yes", 3, [True] * 14, {"same places": True}, len)],
]
FAULTS = ch15_five_articles.FAULTS
LINES = {piece: line for piece, (line, _) in FAULTS.items()}
WRONG_LINES = [
    *[(LINES | {piece: 4}, reason) for piece, (_, reason) in FAULTS.items()],
    *[(LINES | {"A": odd}, "`take` and `skip` cut two") for odd in ("1", True, 1.5)],
    (LINES | {"E": False}, "opened once"),
    ({"A": 1}, "keep the names"),
]
WRONG_THRESHOLDS = [
    (lambda y, s, p: s >= p, "return the threshold"),
    (lambda y, s, p: "high", "return the threshold"),
]
WRONG = {
    "check_patient_key": WRONG_KEYS,
    "check_split": WRONG_SPLITS,
    "check_resample": WRONG_SAMPLES,
    "check_checklist": WRONG_LISTS,
    "check_faults": WRONG_LINES,
    "check_threshold": WRONG_THRESHOLDS,
}


@pytest.mark.parametrize(
    ("name", "mistake", "hint"), [(name, *one) for name in WRONG for one in WRONG[name]]
)
def test_each_mistake_gets_its_own_hint(name, mistake, hint):
    assert_hint(check(name, mistake), hint)


def test_a_key_may_be_a_text():
    assert check("check_patient_key", lambda n: "-".join(key_by_pattern(n))).passed


def test_a_split_by_patient_passes_with_its_shares_and_a_leak_is_named_with_its_size():
    assert check("check_split", table(GOOD)).text.endswith("(train 75 %, val 25 % of the images).")
    result = check("check_split", table(["val", *GOOD[1:]]))
    assert_hint(result, "deal out patients. `a` has")
    assert "1 in val" in result.text
    assert "1 images of `val`" in result.text


def test_any_threshold_between_two_neighbours_passes():
    def just_below(y, scores, target):
        return np.nextafter(EXERCISES["check_threshold"].solution(y, scores, target), -1)

    assert check("check_threshold", just_below).passed
    assert check("check_threshold", lambda *a: evaluation.threshold_at_sensitivity(*a).value).passed


def test_the_readers_function_cannot_spoil_the_patients():
    def spoils(patients, rng):
        rows = resampled_one_by_one(patients, rng)
        patients[:] = "nobody"
        return rows

    assert check("check_resample", spoils).passed
    assert len(set(ch08_resampling.PATIENTS)) == 12


def test_a_fair_draw_passes_with_any_seed(monkeypatch):
    real = np.random.default_rng
    for seed in range(5):
        monkeypatch.setattr(np.random, "default_rng", lambda given, seed=seed: real([seed, given]))
        assert check("check_resample", resampled_one_by_one).passed


def test_each_of_two_arrays_is_checked():
    most, mean = EXERCISES["MAX"].solution, EXERCISES["AVERAGE"].solution
    assert_hint(check("check_pool_gradients", most), "the max's first, then")
    swapped = check("check_pool_gradients", lambda *a: (mean(*a), most(*a)))
    assert_hint(swapped, "the two have changed places")
    assert "for the max of [[1.0, 7.0], [3.0, 2.0]]" in swapped.text
    twice = check("check_pool_gradients", lambda *a: (most(*a), most(*a)))
    assert_hint(twice, "the max's shares once more")
    assert "for the average of [[1.0, 7.0], [3.0, 2.0]]" in twice.text


def test_what_is_left_of_a_checklist_is_named():
    assert check("check_checklist", ANSWERS).text.startswith("3 of 14")
    assert check("check_faults", LINES).passed
    assert check("check_checklist", dict.fromkeys(ANSWERS, ...)).passed is None
    result = check("check_checklist", ANSWERS | {"interval": ..., "code open": None})
    assert result == (None, "Left to answer: interval, code open.")
    wrong = check("check_checklist", ANSWERS | {"interval": True})
    assert "(13 of 14 lines are right)" in wrong.text


def test_both_tables_of_chapter_13_have_the_lines_of_its_checklist():
    page = ROOT / "chapters" / "13-shortcuts.ipynb"
    cells = json.loads(page.read_text(encoding="utf-8"))["cells"]
    tables = [re.findall(r"^\| `(.+?)` \|", "".join(c["source"]), re.MULTILINE) for c in cells]
    assert [rows for rows in tables if len(rows) > 5] == [list(ARTICLE_4)] * 2
