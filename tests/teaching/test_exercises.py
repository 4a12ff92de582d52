"""Every exercise: right answers pass, each usual mistake gets its own hint, and nothing breaks."""

import pickle
import re
from importlib import import_module
from pkgutil import iter_modules
from typing import get_args

import keras
import nbformat
import numpy as np
import pandas as pd
import pytest
import scipy.special
from scipy import signal
from sklearn import metrics
from sklearn.utils.class_weight import compute_class_weight

from cxrlib import data, evaluation, models, teaching
from cxrlib.models import scratch, transfer
from cxrlib.teaching import exercises
from cxrlib.teaching.exercises import Exercise
from cxrlib.teaching.exercises.base import Level
from tests.built import CHAPTERS

MODULES = [
    import_module(f"{exercises.__name__}.{m.name}") for m in iter_modules(exercises.__path__)
]
EXERCISES = {
    name: one
    for module in MODULES
    for name, one in vars(module).items()
    if isinstance(one, Exercise)
}
CHECKS = [name for name in dir(exercises) if name.startswith("check_")]
MISTAKES = [
    pytest.param(one, hint, mistake, id=f"{name}: {hint[:40]}")
    for name, one in EXERCISES.items()
    for hint, mistake in one.iter_mistakes()
]
OF_A_NUMBER = "check_parameter_count"
OF_A_TABLE = ("check_split", "check_checklist", "check_faults")
OF_A_FUNCTION = [name for name in CHECKS if name not in (OF_A_NUMBER, *OF_A_TABLE)]


def check(name, answer):
    return getattr(exercises, name).check(answer)


def given(exercise, function):
    """Return what a reader would give who wrote this function."""
    return function() if exercise is EXERCISES[OF_A_NUMBER] else function


def raises_not_implemented(*arguments):
    raise NotImplementedError


def assert_hint(result, words):
    assert result.passed is False
    assert re.match(r"(For .*: )?Expected .*, got ", result.text, re.DOTALL)
    assert words in result.text.split("**Hint:** ")[1], result.text


# --- the form


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)
def test_the_reference_passes_and_spoils_no_case(exercise):
    before = pickle.dumps(exercise.cases)
    result = exercise.check(given(exercise, exercise.solution))
    assert result == (True, exercise.success)
    assert pickle.dumps(exercise.cases) == before


@pytest.mark.parametrize(("exercise", "hint", "mistake"), MISTAKES)
def test_each_mistake_gets_its_own_hint(exercise, hint, mistake):
    result = exercise.check(given(exercise, mistake))
    assert result.passed is False
    assert result.text.endswith(f"**Hint:** {hint}")


@pytest.mark.parametrize("name", CHECKS)
def test_an_untouched_exercise_waits(name):
    untouched = [None, ...]
    if name in OF_A_FUNCTION:
        untouched += [lambda *a: ..., lambda *a: None, raises_not_implemented]
    for answer in untouched:
        result = check(name, answer)
        assert result.passed is None
        assert result.markdown.startswith("✏️ Your turn.")


ODD_ANSWERS = ("many", {"a": [1]}, [[[1]]], [[1], [2, 3]], [], np.array(3), True, 2j, [None])
ODD_ANSWERS += (np.array(["a"]),)


@pytest.mark.parametrize("name", OF_A_FUNCTION)
def test_odd_answers_are_wrong_and_nothing_breaks(name):
    assert_hint(check(name, lambda *a: 1 / 0), "the error comes from inside your function")
    assert "ZeroDivisionError: division by zero" in check(name, lambda *a: 1 / 0).text
    assert_hint(check(name, 7), "give the function itself")
    for odd in ODD_ANSWERS:
        assert_hint(check(name, lambda *a, odd=odd: odd), "")
    if name != "check_patient_key":  # NaN is a key, the same for all
        assert_hint(check(name, lambda *a: float("nan")), "")


SHAPES = {
    name: one
    for name, one in EXERCISES.items()
    if isinstance(one.solution(*one.cases[0]), np.ndarray) and one.shape_hint
}


@pytest.mark.parametrize("exercise", SHAPES.values(), ids=SHAPES)
def test_arrays_of_another_shape_or_value_and_words(exercise):
    for change, hint in (
        (lambda right: right[0], exercise.shape_hint),
        (lambda right: right + 1, exercise.default_hint),
        (lambda right: np.full(right.shape, "x"), "return the array itself"),
    ):
        answer = exercise.check(lambda *a, change=change: change(exercise.solution(*a)))
        assert_hint(answer, hint)


def test_a_function_may_change_what_it_was_given_unless_it_is_asked_not_to():
    def greedy(counts):
        answer = EXERCISES["check_macro"].solution(counts)
        counts[:] = 0
        return answer

    def in_place(image, wide):
        image[wide:-wide, wide:-wide] = 0
        return image

    assert check("check_macro", greedy).passed
    assert_hint(check("check_border", in_place), "work on `xray.copy()`")


def test_right_until_it_fails_is_told_of_the_failure():
    def fails(y, scores, target):
        return EXERCISES["check_threshold"].solution(y, scores, target) if target < 1 else 1 / 0

    assert_hint(check("check_threshold", fails), "from inside your function")


def test_a_count_is_a_number_and_exactly_right():
    assert check("check_parameter_count", np.int64(3_211_393)).passed
    assert_hint(check("check_parameter_count", 3_211_394), "count layer by layer")
    for odd in ("many", True, [1]):
        assert_hint(check("check_parameter_count", odd), "a number or a formula")


@pytest.mark.parametrize("odd", [False, "moved"])
def test_only_none_is_none(odd):
    moves = EXERCISES["check_moves"].solution
    answer = check("check_moves", lambda s, d: odd if moves(s, d) is None else moves(s, d))
    assert_hint(answer, "return `None` itself")


def test_a_check_shows_and_returns_nothing(capsys):
    assert exercises.check_parameter_count(3_211_393) is None
    assert capsys.readouterr().out == "✅ 3,211,328 weights and 65 biases.\n"
    exercises.check_split(1)
    assert capsys.readouterr().out.startswith("❌ Not yet. Expected a case table, got int.")


def test_every_check_says_what_it_asks_how_hard_it_is_and_how_long_it_takes():
    for name in CHECKS:
        one = getattr(exercises, name)
        assert one.task == check(name, None).text, name
        assert one.level in get_args(Level), name
        assert 5 <= one.minutes <= 30, name


def test_a_task_calls_the_answer_by_its_name_in_the_chapter():
    asks = {name: answer for path in CHAPTERS for _, name, answer in asked(path)}
    for name in CHECKS:
        called = re.match(r"`(\w+)\(", getattr(exercises, name).task)
        assert called is None or called[1] == asks[name], name


# --- the same answers, found in another way


def network_of_a_weighted_mean(maps, weights):
    image = keras.Input(maps.shape)
    same = keras.layers.Conv2D(maps.shape[-1], 1, use_bias=False, name="same")
    mean = keras.layers.GlobalAveragePooling2D()(same(image))
    model = keras.Model(image, keras.layers.Dense(1, use_bias=False)(mean))
    model.set_weights([np.eye(maps.shape[-1])[None, None], np.reshape(weights, (-1, 1))])
    return evaluation.grad_cam(model, maps[None], target_layer="same", normalize=False)[0]


def batch_norm_of_keras(x, mean, variance, gamma, beta):
    layer = keras.layers.BatchNormalization()
    layer.build(x.shape)
    layer.set_weights([gamma, beta, mean, variance])
    return layer(x, training=False).numpy()


def early_stopping_of_keras(monitor, values, patience, mode="min"):
    stopping = keras.callbacks.EarlyStopping(monitor, patience=patience, mode=mode)
    stopping.set_model(keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)]))
    stopping.model.stop_training = False
    stopping.on_train_begin()
    for epoch, value in enumerate(values, start=1):
        stopping.on_epoch_end(epoch - 1, {monitor: value})
        if stopping.model.stop_training:
            break
    return epoch, stopping.best_epoch + 1


def rates_of_scikit_learn(matrix):
    truth, called = np.repeat([0, 0, 1, 1], matrix.ravel()), np.repeat([0, 1, 0, 1], matrix.ravel())
    recalls = [metrics.recall_score(truth, called, pos_label=label) for label in (1, 0)]
    return metrics.precision_score(truth, called, zero_division=0), *recalls


def threshold_of_a_roc_curve(y, scores, target):
    _, found, at = metrics.roc_curve(y, scores, drop_intermediate=False)
    return at[np.argmax(found >= target)]


def pointing_game(maps, masks, tolerance):
    masks = np.stack([masks, masks])
    return evaluation.pointing_game(
        np.stack([maps, maps]), masks, ["a", "b"], tolerance=tolerance, n_resamples=10
    )


def hit_of_the_pointing_game(peak, places, tolerance):
    peaks, mask = np.zeros((24, 24)), np.zeros((24, 24), bool)
    peaks[*peak] = 1
    mask[*zip(*places, strict=True)] = True
    return pointing_game(peaks, mask, tolerance).hits[0] == 1


def chance_of_the_pointing_game(mask, tolerance):
    return pointing_game(np.ones(mask.shape), mask, tolerance).chance_level


def field_that_a_gradient_reaches(layers):
    x, seen = np.zeros((1, 80, 80, 1)), []
    for window, stride in layers:
        seen.append((x, np.ones((window, window, 1, 1)), stride))
        x = scratch.conv2d(*seen[-1][:2], stride=stride)
    back = np.zeros_like(x)
    back[0, x.shape[1] // 2, x.shape[2] // 2] = 1
    for below, kernel, stride in reversed(seen):
        back, _, _ = scratch.conv2d_backward(below, kernel, back, stride=stride)
    return int(back.any(axis=(0, 1, 3)).sum())


def moves_of_maps(stride, pixels):
    rng = np.random.default_rng(0)
    x, kernel = rng.normal(size=(1, 12, 400, 1)), rng.normal(size=(3, 3, 1, 1))

    def maps(x):
        return scratch.max_pool(scratch.conv2d(x, kernel, padding="same"), stride)

    before, after, middle = maps(x), maps(np.roll(x, pixels, axis=2)), slice(20, -20)
    for by in range(-4, 8):
        if np.allclose(np.roll(before, by, axis=2)[:, :, middle], after[:, :, middle]):
            return by
    return None


def invented_by_a_shift(right, down):
    shift = data.augmentation.Transform(translate_x=right, translate_y=down)
    recipe = data.augmentation.Augmentation(translation=0.5, fill_mode="constant")
    sheet = np.full((1, 80, 80, 1), 255, "float32")
    left = data.augmentation.apply_transforms(sheet, np.float32([shift]), recipe).numpy()
    return np.round(1 - left.mean() / 255, 6)


def head_of_keras(side, dense):
    base = keras.applications.VGG16(include_top=False, weights=None, input_shape=(side, side, 3))
    return transfer.build_head(base.output_shape[1:], "flatten", dense=dense).count_params()


def dense_of_keras(side, poolings, filters, neurons):
    layers = [keras.layers.MaxPooling2D() for _ in range(poolings)]
    layers += [keras.layers.Flatten(), keras.layers.Dense(neurons)]
    return keras.Sequential([keras.Input((side, side, filters)), *layers]).count_params()


def resampled_one_by_one(patients, rng):
    rows = {name: [] for name in patients}
    for row, name in enumerate(patients):
        rows[name].append(row)
    people = list(rows.values())
    return [row for i in rng.integers(len(people), size=len(people)) for row in people[i]]


def key_by_pattern(name):
    if person := re.match(r"person(\d+)_(bacteria|virus)", name):
        return person[2], person[1]
    healthy = re.match(r"(NORMAL2-)?IM-(\d+)", name)
    return (healthy[1] or "") + "IM", healthy[2]


def kept_by_keras(history, monitor):
    mode = "min" if "loss" in monitor else "max"
    return early_stopping_of_keras(monitor, history[monitor], 100, mode)[1]


def auc_of_places(sick_a, healthy_a, sick_b, healthy_b):
    groups = [sick_a, healthy_a, sick_b, healthy_b]
    return metrics.roc_auc_score(np.repeat([1, 0, 1, 0], groups), np.repeat([1, 1, 0, 0], groups))


def recall_of_scikit_learn(counts):
    truth, called = np.indices(counts.shape).reshape(2, -1).repeat(counts.ravel(), axis=1)
    return metrics.recall_score(truth, called, average="macro")


def weights_of_scikit_learn(counts):
    classes = np.arange(len(counts))
    y = np.repeat(classes, counts)
    return dict(enumerate(compute_class_weight("balanced", classes=classes, y=y)))


OTHERWISE_FOUND = {
    "check_activation_map": network_of_a_weighted_mean,
    "check_auc": lambda s, h: metrics.roc_auc_score(np.repeat([1, 0], [len(s), len(h)]), [*s, *h]),
    "check_auc_of_places": auc_of_places,
    "check_batch_norm": batch_norm_of_keras,
    "check_border": lambda film, wide: data.occlusion.keep_border(
        film[None, ..., None],
        (wide + 0.25) / max(film.shape),  # rounds to `wide` on both sides
    )[0, ..., 0],
    "check_carried_score": lambda s, t, n: evaluation.prior_shift_correction([s], t, n)[0],
    "check_chance": chance_of_the_pointing_game,
    "check_class_weights": weights_of_scikit_learn,
    "check_colours": lambda picture, mean: keras.applications.vgg16.preprocess_input(
        np.repeat(picture[..., None].astype("float32"), 3, axis=-1)
    ),
    "check_convolution": lambda x, k: signal.correlate2d(x, k, mode="valid"),
    "check_dense_weights": dense_of_keras,
    "check_early_stopping": lambda v, p: early_stopping_of_keras("val_loss", v, p),
    "check_head_weights": head_of_keras,
    "check_hit": hit_of_the_pointing_game,
    "check_invented": invented_by_a_shift,
    "check_kept_epoch": kept_by_keras,
    "check_macro": recall_of_scikit_learn,
    "check_moves": moves_of_maps,
    "check_patient_key": key_by_pattern,
    "check_rates": rates_of_scikit_learn,
    "check_receptive_field": field_that_a_gradient_reaches,
    "check_resample": resampled_one_by_one,
    "check_restarts": lambda epoch, rate, first: float(
        keras.optimizers.schedules.CosineDecayRestarts(rate, 100 * first)(100 * epoch)
    ),
    "check_softmax": lambda z: scipy.special.softmax(z, axis=1),
    "check_standardised": lambda x: models.preprocessing.samplewise()(
        x[..., None].astype("float32")
    ).numpy()[..., 0],
    "check_threshold": threshold_of_a_roc_curve,
}


@pytest.mark.parametrize("name", OTHERWISE_FOUND)
def test_an_answer_found_in_another_way_passes(name):
    result = check(name, OTHERWISE_FOUND[name])
    assert result.passed, result.text


def test_the_factor_of_a_turn_is_the_one_of_keras():
    images = np.zeros((300, 65, 65, 1), "float32")
    images[:, :32, 32] = 255  # a hand that points up from the middle
    factor = EXERCISES["check_turn_factor"].solution(36)
    layer = keras.layers.RandomRotation(factor, fill_mode="constant", seed=0)
    rows, columns = np.mgrid[-32:33, -32:33]
    hands = np.asarray(layer(images, training=True))[..., 0]
    right, up = ((hands * side).sum(axis=(1, 2)) for side in (columns, -rows))
    most = np.abs(np.rad2deg(np.arctan2(right, up))).max()
    assert 0.95 * 36 < most < 1.02 * 36


# --- the chapters


def cells(path, kind):
    return [c.source for c in nbformat.read(path, as_version=4).cells if c.cell_type == kind]


def solutions(path):
    folded = re.findall(r"<details>.*?</details>", "\n".join(cells(path, "markdown")), re.DOTALL)
    return re.findall(r"```python\n(.*?)```", "\n".join(folded), re.DOTALL)


def asked(path):
    """Return the exercises of a chapter in order: (cell, check, name of the answer)."""
    return [
        (cell, check, name)
        for cell in cells(path, "code")
        for check, name in re.findall(r"exercises\.(check_\w+)\((\w+)", cell)
    ]


def namespace():
    """Return what the chapters have at hand where they ask."""
    people = np.repeat([f"child {n}" for n in range(40)], 3)
    labels = np.repeat(["normal", "pneumonia"], 60)
    cases = pd.DataFrame({"patient_id": people, "label": labels, "split": "train"})
    taught = {name: getattr(scratch, name) for name in scratch.__all__}
    rng = np.random.default_rng(0)
    known = {"cases": cases, "mine": cases.copy(), "rng": rng, "seed": 0, "teaching": teaching}
    return {"np": np, "pd": pd, "re": re, "scratch": scratch, **taught, **known}


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_every_exercise_has_a_folded_solution_that_passes(path):
    assert asked(path)
    for code, (_, name, answer) in zip(solutions(path), asked(path), strict=True):
        known = namespace()
        exec(code, known)  # the book's own code
        result = check(name, known[answer])
        assert result.passed, f"{answer}: {result.text}"


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_no_exercise_is_solved_before_one_begins(path, capsys):
    for cell, name, _ in asked(path):
        exec(cell, namespace())
        assert capsys.readouterr().out.startswith(("✏️", "❌")), name


def test_every_check_is_asked_in_some_chapter():
    assert set(CHECKS) == {name for path in CHAPTERS for _, name, _ in asked(path)}
