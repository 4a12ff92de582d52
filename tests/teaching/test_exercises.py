import re

import numpy as np
import pandas as pd
import pytest

from cxrlib.models.scratch import sigmoid
from cxrlib.teaching import exercises


def judge(check, *answers, **knowns):
    return getattr(exercises, check).judge(*answers, **knowns)


def raises_not_implemented(*answers):
    raise NotImplementedError


def assert_hint(result, words):
    assert result.passed is False
    assert "Expected" in result.text
    assert "got" in result.text
    assert words in result.text, result.text


@pytest.mark.parametrize(
    ("check", "answer"),
    [
        ("check_neuron", lambda x, w, b: ...),
        ("check_neuron", lambda x, w, b: None),
        ("check_gradient", lambda *a: ...),
        ("check_gradient", raises_not_implemented),
        ("check_parameter_count", ...),
        ("check_parameter_count", None),
        ("check_patient_key", lambda name: ...),
        ("check_split", None),
    ],
)
def test_an_untouched_exercise_waits(check, answer):
    result = judge(check, answer)
    assert result.passed is None
    assert result.markdown.startswith("✏️ Your turn.")


def test_a_check_shows_and_returns_nothing(capsys):
    assert exercises.check_parameter_count(3_211_393) is None
    assert capsys.readouterr().out.startswith("✅")
    exercises.check_parameter_count(1)
    assert capsys.readouterr().out.startswith("❌ Not yet. Expected ")


# --- the neuron


def test_neuron():
    assert judge("check_neuron", lambda x, w, b: sigmoid(x @ w + b)).passed
    assert judge("check_neuron", lambda x, w, b: 1 / (1 + np.exp(-(x @ w + b)))).passed


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        (lambda x, w, b: x @ w + b, "sigmoid is missing"),
        (lambda x, w, b: sigmoid(x @ w), "bias is missing"),
        (lambda x, w, b: sigmoid(x @ w) + b, "bias comes after"),
        (lambda x, w, b: sigmoid(-(x @ w + b)), "turned round"),
        (lambda x, w, b: np.maximum(x @ w + b, 0), "ReLU"),
        (lambda x, w, b: sigmoid(x @ w + b)[:, 0], "shape (3,)"),
        (lambda x, w, b: sigmoid((x * w.T).sum(keepdims=True) + b), "over the pictures"),
        (lambda x, w, b: x @ w.T, "ValueError"),
        (lambda x, w, b: "0.5", "work the first number out"),
        (lambda x, w, b: "half", "return the array itself"),
        (lambda x, w, b: np.exp(x @ w + b) / (1 + np.exp(x @ w + b)), "overflows"),
    ],
)
def test_neuron_hints(wrong, hint):
    if hint == "work the first number out":
        assert judge("check_neuron", wrong).passed is False
    else:
        assert_hint(judge("check_neuron", wrong), hint)


# --- the gradient


def my_gradient(x, y, weights, bias, price):
    error = sigmoid(x @ weights + bias) - y
    return x.T @ (np.where(y == 1, price, 1) * error) / len(y)


def test_gradient():
    assert judge("check_gradient", my_gradient).passed


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        (lambda *a: -my_gradient(*a), "p − y"),
        (lambda x, y, w, b, price: my_gradient(x, y, w, b, 1), "price is missing"),
        (lambda x, *a: my_gradient(x, *a) * len(x), "divide by the number"),
        (lambda x, y, w, b, p: my_gradient(x, y, w, b, p) / p, "work the first number"),
        (lambda x, y, w, b, p: p * my_gradient(x, y, w, b, 1 / p), "sits on the healthy"),
        (lambda x, y, w, b, p: p * my_gradient(x, y, w, b, 1), "only the sick"),
        (lambda x, y, w, b, p: my_gradient(x, y, w, b, 1 / p), "divided"),
        (lambda x, y, w, b, p: x.T @ (sigmoid(x @ w + b) - p * y) / len(y), "label only"),
        (lambda *a: my_gradient(*a).T, "shape (1, 3)"),
        (lambda x, y, w, b, p: x @ y, "from inside your function"),
    ],
)
def test_gradient_hints(wrong, hint):
    assert_hint(judge("check_gradient", wrong), hint)


# --- the number of weights


def test_parameter_count():
    assert judge("check_parameter_count", 224 * 224 * 64 + 64 + 64 + 1).passed
    assert judge("check_parameter_count", np.int64(9 * 2 + 2 + 3), (3, 3, 1), hidden=(2,)).passed


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        (224 * 224 * 64 + 64, "biases are missing"),
        (224 * 224 * 64 + 64 + 1, "weights are missing"),
        (224 * 224 * 64 + 64 + 64, "output neuron's bias is missing"),
        (224 * 224 * 64, "hidden neurons' weights only"),
        (3 * 224 * 224 * 64 + 64 + 64 + 1, "one channel, not three"),
        (224 * 64 + 64 + 64 + 1, "height × width"),
        (7, "layer by layer"),
        ("many", "a number or a formula"),
        (True, "a number or a formula"),
    ],
)
def test_parameter_count_hints(wrong, hint):
    assert_hint(judge("check_parameter_count", wrong), hint)


# --- the patient key


def my_key(name):
    person = re.match(r"person(\d+)_(bacteria|virus)", name)
    if person:
        return person[2], person[1]
    healthy = re.match(r"(NORMAL2-)?IM-(\d+)", name)
    return (healthy[1] or "") + "IM", healthy[2]


def test_patient_key():
    assert judge("check_patient_key", my_key).passed
    assert judge("check_patient_key", lambda n: "-".join(my_key(n))).passed


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        (lambda n: n.split("_")[0] if n[0] == "p" else my_key(n), "forget the subtype"),
        (lambda n: ("IM", my_key(n)[1]) if n[0] != "p" else my_key(n), "NORMAL2"),
        (lambda n: n, "running number of the picture"),
        (lambda n: n.split("_")[1] if n[0] == "p" else my_key(n), "after `person`"),
        (lambda n: my_key(n) if n[0] == "p" else "healthy", "NORMAL2"),
        (lambda n: my_key(n) if n[0] == "p" else n, "the others count pictures"),
        (lambda n: (my_key(n)[0], my_key(n)[1][0]), "after `person`"),
        (lambda n: my_key(n) if n[0] == "p" else None, "is there a `return`"),
        (lambda n: [my_key(n)], "use a tuple"),
        (lambda n: int(n), "ValueError"),
    ],
)
def test_patient_key_hints(wrong, hint):
    assert_hint(judge("check_patient_key", wrong), hint)


def test_whole_numbers_are_needed():
    def first_digit(name):
        kind, number = my_key(name)
        return kind, number[0] if name.startswith("person1") and "_1.jpeg" in name else number

    assert_hint(judge("check_patient_key", first_digit), "whole number")


# --- the split


def table(splits, patients=("a", "a", "b", "c", "c", "d", "e", "f")):
    labels = ["normal"] * 3 + ["pneumonia"] * 5
    return pd.DataFrame({"patient_id": patients, "label": labels, "split": splits})


GOOD = ["train", "train", "val", "train", "train", "val", "train", "train"]


def test_split():
    result = judge("check_split", table(GOOD))
    assert result.passed
    assert "train 75 %" in result.text


def test_a_leak_is_named_with_an_example_and_its_size():
    torn = [*GOOD]
    torn[0] = "val"
    result = judge("check_split", table(torn))
    assert_hint(result, "deal out patients. `a` has")
    assert "1 in val" in result.text
    assert "1 pictures of `val`" in result.text


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        (table(["train"] * 8), "nothing is held out"),
        (table([*GOOD[:7], None]), "did a patient get lost"),
        (table(["train"] * 3 + ["val"] * 5), "split each class by itself"),
        (table(GOOD).drop(columns="split"), "none named split"),
        ({"train": 1}, "return the whole table"),
    ],
)
def test_split_hints(wrong, hint):
    assert_hint(judge("check_split", wrong), hint)
