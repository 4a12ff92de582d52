from dataclasses import replace
from importlib import import_module

import jupyter_client
import keras
import numpy as np
import pandas as pd
import pytest
from sklearn.utils.class_weight import compute_class_weight

from cxrlib import models
from cxrlib.data.splits import PatientLeakError
from tests.models.training.conftest import THREE, rows, small_model, some_pictures

fitting = import_module("cxrlib.models.training.fit")  # by attribute there is the function
TOLD = ["accuracy", "loss", "val_accuracy", "val_loss", "learning_rate"]


def loss_of(model, images):
    return model.evaluate(images.images.astype("float32"), images.labels, verbose=0)[0]


def test_it_learns_what_can_be_learned(train, val):
    history = models.fit(small_model(), train, val, epochs=30, batch_size=8)
    assert history["val_accuracy"].iloc[-1] == 1


@pytest.mark.parametrize("augment", [None, "plausible"])
def test_two_runs_give_the_same_numbers(train, val, augment):
    settings = {"epochs": 3, "batch_size": 8, "augment": augment, "seed": 4}
    first = models.fit(small_model(), train, val, **settings)
    assert first.index.tolist() == [1, 2, 3]
    assert set(TOLD) <= set(first)
    assert (first["seconds"] > 0).all()
    assert first.attrs["best_epoch"] == 3
    keras.utils.set_random_seed(99)
    second = models.fit(small_model(), train, val, **settings)
    pd.testing.assert_frame_equal(first[TOLD], second[TOLD], check_exact=True)
    other = models.fit(small_model(), train, val, **(settings | {"seed": 5, "epochs": 1}))
    assert other["loss"].iloc[0] != first["loss"].iloc[0]


def test_it_is_keras_fit_on_the_same_batches(train, val):
    ours, theirs = small_model(dropout=0), small_model(dropout=0)
    history = models.fit(ours, train, val, epochs=1, batch_size=len(train.images))
    x, y = train.images.astype("float32"), train.labels
    plain = theirs.fit(x, y, epochs=1, batch_size=len(x), verbose=0)
    assert history["loss"].iloc[0] == pytest.approx(plain.history["loss"][0], rel=1e-4)
    assert history["val_loss"].iloc[0] == pytest.approx(loss_of(theirs, val), rel=1e-4)


def test_balanced_class_weights_are_those_of_the_formula(train, val):
    few = rows(train, [0, 1, 3, 5, 7, 9])  # one healthy child, five sick
    balanced = models.fit(small_model(), few, val, epochs=1, class_weight="balanced")
    by_hand = {0: 6 / (2 * 1), 1: 6 / (2 * 5)}
    weighted = models.fit(small_model(), few, val, epochs=1, class_weight=by_hand)
    plain = models.fit(small_model(), few, val, epochs=1)
    assert balanced["loss"].iloc[0] == pytest.approx(weighted["loss"].iloc[0], rel=1e-6)
    assert balanced["loss"].iloc[0] != pytest.approx(plain["loss"].iloc[0], rel=1e-3)


def test_class_weights_are_scikit_learn_s_also_one_hot():
    article_2 = models.class_weights(np.repeat([[0.0], [1.0]], [1341, 3875], axis=0))
    assert {k: round(v, 3) for k, v in article_2.items()} == {0: 1.945, 1: 0.673}
    numbers = np.array([0, 0, 0, 1, 2, 2])
    expected = compute_class_weight("balanced", classes=np.arange(3), y=numbers)
    assert list(models.class_weights(np.eye(3)[numbers]).values()) == pytest.approx(expected)
    for labels in (np.zeros((4, 1)), np.eye(3)[[0, 1, 1]]):
        with pytest.raises(ValueError, match="images of each class"):
            models.class_weights(labels)


@pytest.mark.parametrize(("epochs", "patience"), [(60, 2), (12, 12)])
def test_patience_stops_and_goes_back_to_the_best_weights(train, val, epochs, patience):
    model = small_model(rate=0.05)
    history = models.fit(model, train, val, epochs=epochs, batch_size=8, patience=patience)
    best = int(history["val_loss"].idxmin())
    assert len(history) == min(best + patience, epochs) < 60
    assert history.attrs["best_epoch"] == best
    assert loss_of(model, val) == pytest.approx(history["val_loss"].min(), rel=1e-4)


@pytest.mark.parametrize("watched", [True, False])
def test_how_far_it_is_is_shown_to_who_watches(train, val, monkeypatch, capfd, watched):
    monkeypatch.setattr(fitting, "is_interactive", lambda: watched)
    for name, size in {"COLUMNS": "400", "LINES": "50"}.items():  # or the line is cut
        monkeypatch.setenv(name, size)
    models.fit(small_model(), train, val, epochs=2, batch_size=8)
    out, err = capfd.readouterr()
    assert out == ""
    assert ("2/2" in err and "val_loss=" in err) == watched


ASK = "from cxrlib.models.training.fit import is_interactive; print(is_interactive())"


def test_somebody_watches_a_notebook_that_can_ask():
    with jupyter_client.run_kernel(kernel_name="python3") as client:
        heard = []
        for asking in (True, False):  # programs that execute notebooks say False
            client.execute_interactive(
                ASK, allow_stdin=asking, timeout=300, output_hook=heard.append
            )
    text = "".join(m["content"].get("text", "") for m in heard if m["msg_type"] == "stream")
    assert [line for line in text.split() if line in ("True", "False")] == ["True", "False"]


# ---- what is said before the first epoch


@pytest.fixture(scope="module")
def untrained():
    """Return one network for all that is refused: none of it may change a weight."""
    model = small_model()
    before = model.get_weights()
    yield model
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def nan_in_the_sixth(image_set):
    images = image_set.images.astype("float32")
    images[5, 3, 3] = np.nan
    return replace(image_set, images=images)


BAD_PICTURES = {
    "labels of the wrong shape": (
        lambda p: replace(p, labels=np.hstack([p.labels, 1 - p.labels])),
        r"labels of shape \(\d+, 1\).*got \(\d+, 2\)",
    ),
    "flat labels": (lambda p: replace(p, labels=p.labels[:, 0]), r"got \(\d+,\)"),
    "labels that are no classes": (lambda p: replace(p, labels=p.labels * 2), "labels of 0 and 1"),
    "one class": (lambda p: replace(p, labels=p.labels * 0), "at least two classes"),
    "a NaN": (nan_in_the_sixth, r"NaN.*1 \w+ images \(first: \w+/005.png\)"),
    "another size": (
        lambda p: some_pictures(size=20),
        r"\(16, 16, 1\).*got \(20, 20, 1\).*size=16",
    ),
    "nothing": (lambda p: rows(p, slice(0)), "at least one .* image, got none"),
}


@pytest.mark.parametrize("what", BAD_PICTURES)
@pytest.mark.parametrize("side", ["training", "validation"])
def test_bad_images_are_named_before_the_first_epoch(untrained, train, val, what, side):
    spoil, message = BAD_PICTURES[what]
    images = {"training": train, "validation": val}
    images[side] = spoil(images[side])
    with pytest.raises(ValueError, match=message) as said:
        models.fit(untrained, *images.values(), epochs=1)
    assert side in str(said.value)


@pytest.mark.parametrize("rate", [-0.1, 0.0, float("nan"), float("inf")])
def test_a_learning_rate_that_leads_nowhere_is_refused(train, val, rate):
    with pytest.raises(ValueError, match="learning rate above 0"):
        models.fit(small_model(rate, keras.optimizers.SGD), train, val, epochs=1)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"epochs": 0}, "`epochs`"),
        ({"batch_size": 0}, "`batch_size`"),
        ({"batch_size": 2.5}, "`batch_size`"),
        ({"patience": 0}, "`patience`"),
        ({"patience": 2, "val": None}, "train_val_split"),
        ({"class_weight": {0: 1.0}}, "one weight for each"),
        ({"class_weight": {0: 1.0, 1: -1.0}}, "above 0"),
        ({"class_weight": "equal"}, "balanced"),
        ({"augment": "plausable"}, "Did you mean 'plausible'"),
    ],
)
def test_bad_settings_are_refused(untrained, train, val, settings, message):
    with pytest.raises(ValueError, match=message):
        models.fit(untrained, **({"train": train, "val": val, "epochs": 1} | settings))


def test_what_else_is_refused(untrained, train, val):
    with pytest.raises(ValueError, match=r"model\.compile"):
        models.fit(models.first_cnn((16, 16, 1)), train, val, epochs=1)
    with pytest.raises(TypeError, match="read_images"):
        models.fit(untrained, np.zeros((2, 16, 16, 1)), val, epochs=1)
    both = val.cases.assign(patient_id=["train child 0", *val.cases["patient_id"][1:]])
    with pytest.raises(PatientLeakError, match="train child 0"):
        models.fit(untrained, train, replace(val, cases=both), epochs=1)


def test_a_loss_that_is_no_number_stops_the_training(train, val):
    model = small_model()
    model.compile(keras.optimizers.SGD(0.1), loss=lambda y, p: keras.ops.log(-1 - p))
    with pytest.raises(FloatingPointError, match="got nan in epoch 1"):
        models.fit(model, train, val, epochs=9)


def test_a_name_needs_a_rate_and_a_ready_optimizer_none():
    ready = keras.optimizers.Adam(1e-3)
    model = models.first_cnn((32, 32, 1), filters=(4,), dense=4)
    assert models.training.compile_classifier(model, ready).optimizer is ready
    for wrong in (("Adam",), (ready, 1e-3)):
        with pytest.raises(ValueError, match="a name and a learning rate, or an optimizer alone"):
            models.training.compile_classifier(model, *wrong)


def test_on_a_cpu_nothing_is_compiled_by_xla():
    model = models.first_cnn((32, 32, 1), filters=(4,), dense=4)
    assert models.training.compile_classifier(model, "SGD", 0.1).jit_compile is False


def test_settings_reach_the_optimizer_that_is_named():
    model = models.first_cnn((32, 32, 1), filters=(4,), dense=4)
    settings = {"beta_2": 0.99, "weight_decay": 0.05, "global_clipnorm": 0.5}
    models.training.compile_classifier(model, "AdamW", 1e-3, **settings)
    assert {name: getattr(model.optimizer, name) for name in settings} == settings
    with pytest.raises(ValueError, match=r"got beta_2 for <.*Adam"):
        models.training.compile_classifier(model, keras.optimizers.Adam(1e-3), beta_2=0.99)


@pytest.mark.parametrize(
    ("classes", "loss", "wanted"),
    [
        (2, "categorical_crossentropy", "'binary_crossentropy' for 1"),
        (3, "binary_crossentropy", "'categorical_crossentropy' for 3"),
        (3, keras.losses.BinaryCrossentropy(), "'categorical_crossentropy' for 3"),
        (3, keras.losses.binary_crossentropy, "'categorical_crossentropy' for 3"),
        (3, "sparse_categorical_crossentropy", "'categorical_crossentropy' for 3"),
    ],
)
def test_a_loss_of_another_number_of_outputs_is_refused(classes, loss, wanted):
    model = small_model(classes=classes)
    model.compile("adam", loss)
    with pytest.raises(ValueError, match=rf"expected the loss {wanted} output\(s\), got"):
        models.fit(model, some_pictures(12, classes=THREE[:classes]), None, epochs=1)


def test_a_loss_object_that_fits_and_any_other_loss_are_taken():
    for loss in (keras.losses.CategoricalCrossentropy(label_smoothing=0.1), "mse"):
        model = small_model(classes=3)
        model.compile("adam", loss)
        assert len(models.fit(model, some_pictures(12, classes=THREE), None, epochs=1)) == 1


def test_each_of_k_classes_needs_a_training_image():
    train, val = (some_pictures(12, side, classes=THREE) for side in ("train", "val"))
    two = train.labels[:, 2] == 0
    with pytest.raises(ValueError, match="each of 3 classes, got none of 'viral'"):
        models.fit(small_model(classes=3), rows(train, two), None, epochs=1)
    models.fit(small_model(classes=3), train, rows(val, two), epochs=1)
