import json
import re
import shutil
import zipfile

import keras
import numpy as np
import pytest

from cxrlib import data, models
from cxrlib.data import ImageSet
from cxrlib.models import training
from tests.float32 import assert_close
from tests.models.training.conftest import FOUR, rows, some_pictures


def network(classes=4):
    return training.compile_classifier(
        models.pooled_cnn((16, 16, 1), (3,), classes=classes), "Adam", 1e-3
    )


def as_table_of(images, names):
    """Give the same images a table whose classes come in another order or under other names."""
    cases = images.cases.assign(label=images.cases["label"].cat.set_categories(names))
    return ImageSet(images.images, data.cases.labels(cases), cases)


@pytest.fixture
def images():
    return some_pictures(12, classes=FOUR)


@pytest.fixture(scope="module")
def saved_once(tmp_path_factory):
    return models.save(network(), tmp_path_factory.mktemp("saved") / "four.keras", FOUR)


@pytest.fixture
def file(saved_once, tmp_path):
    return shutil.copy(saved_once, tmp_path / "four.keras")


@pytest.mark.parametrize(("classes", "outputs"), [(("normal", "pneumonia"), 1), (FOUR, 4)])
def test_names_and_answers_come_back(tmp_path, classes, outputs):
    images = some_pictures(12, classes=classes)
    net = network(len(classes))
    net.fit(images.images.astype("float32"), images.labels, verbose=0)
    wanted = net.predict(images.images.astype("float32"), verbose=0)
    file = models.save(net, tmp_path / "new" / "net.keras", data.classes(images.cases))
    saved = models.load(str(file), data.classes(images.cases))
    assert saved.class_names == classes
    got = saved.predict(images)
    assert got.shape == (12, outputs)
    assert_close(got, wanted)
    again, names = saved
    assert names == classes
    assert again.optimizer.iterations == net.optimizer.iterations == 1
    assert [p.name for p in file.parent.iterdir()] == ["net.keras"]


def test_keras_opens_it_like_any_other(file):
    assert keras.models.load_model(file).input_shape == (None, 16, 16, 1)
    with zipfile.ZipFile(file) as archive:
        assert json.loads(archive.read("class_names.json")) == list(FOUR)
        assert json.loads(archive.read("metadata.json"))["keras_version"] == keras.__version__


def test_another_order_is_refused_in_loading_and_in_prediction(file, images):
    other = ("bacterial", "normal", "viral", "covid")
    words = (
        "expected the model's classes normal, bacterial, viral, covid in this order, got "
        "bacterial, normal, viral, covid as {}. Number 0 means 'normal' to the model and "
        "'bacterial' there"
    )
    with pytest.raises(ValueError, match=re.escape(words.format("`class_names`"))):
        models.load(file, other)
    saved, shuffled = models.load(file), as_table_of(images, other)
    with pytest.raises(ValueError, match=words.format("the images' case table")) as refused:
        saved.predict(shuffled)
    # The advice works.
    order = re.search(r"set_categories\((\[.*?\])\)", str(refused.value))[1]
    mended = as_table_of(shuffled, json.loads(order.replace("'", '"')))
    np.testing.assert_array_equal(saved.predict(mended), saved.predict(images))


@pytest.mark.parametrize(
    ("classes", "words"),
    [
        (FOUR[:3], "Number 3 means 'covid' .* nothing there"),
        ((*FOUR, "tb"), "never heard of tb"),
        (("normal",), r"two different class names or more, got \['normal'\]"),
    ],
)
def test_other_classes_are_refused(file, classes, words):
    with pytest.raises(ValueError, match=words):
        models.load(file, classes)


@pytest.mark.parametrize(
    ("classes", "names", "words"),
    [
        (4, FOUR[:3], r"expected 4 class names .* 4 output\(s\), got normal, bacterial, viral"),
        (2, FOUR, r"expected 2 class names for a model with 1 output\(s\)"),
        (2, "pneumonia", "two different class names or more"),
        (3, ("a", "b", "a"), "two different class names or more"),
        (3, ("a", "b", ""), "two different class names or more"),
        (3, ("a", "b", None), "two different class names or more"),
    ],
)
def test_names_that_do_not_fit_are_not_saved(tmp_path, classes, names, words):
    with pytest.raises(ValueError, match=words):
        models.save(models.mlp((4, 4, 1), (), classes=classes), tmp_path / "n.keras", names)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["net.h5", "net", "net.keras.zip"])
def test_another_ending_is_refused(tmp_path, name):
    with pytest.raises(ValueError, match=r"ends in .keras, got .*net.*Such as '.*net.*\.keras'"):
        models.save(None, tmp_path / name, FOUR)
    with pytest.raises(ValueError, match=r"ends in \.keras"):
        models.load(tmp_path / name)


def test_a_file_without_names_says_how_to_give_them(tmp_path):
    file = tmp_path / "plain.keras"
    network().save(file)
    with pytest.raises(ValueError, match=r"plain.*saved without them.*models\.save\(keras"):
        models.load(file)
    models.save(keras.models.load_model(file), file, FOUR)
    assert models.load(file).class_names == FOUR


def test_a_missing_truncated_or_foreign_file_is_named(tmp_path, file):
    with pytest.raises(FileNotFoundError, match=r"none\.keras: expected a file, got none"):
        models.load(tmp_path / "none.keras")
    whole = file.read_bytes()
    for content in (b"", whole[:100], whole[: len(whole) // 2], whole[:-10], b"this is a letter"):
        file.write_bytes(content)
        words = f"four.keras: .* {len(content):,} bytes that cannot be .*or something else"
        with pytest.raises(ValueError, match=words):
            models.load(file)
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("letter.txt", "hello")
    with pytest.raises(ValueError, match=r"with config\.json, .*got only letter\.txt"):
        models.load(file)


def test_damage_inside_is_named(tmp_path, file):
    with zipfile.ZipFile(file) as archive:
        at = archive.getinfo("model.weights.h5").header_offset
    damaged = bytearray(file.read_bytes())
    damaged[at + 500] ^= 255
    file.write_bytes(damaged)
    with pytest.raises(ValueError, match=r"got a damaged model\.weights\.h5"):
        models.load(file)


def test_a_config_that_keras_cannot_build_is_named(tmp_path, file):
    other = tmp_path / "other.keras"
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(other, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, content.replace(b'"Conv2D"', b'"Conv9D"'))
    with pytest.raises(ValueError, match=r"other\.keras: expected a model that Keras .* can"):
        models.load(other)


def test_an_interrupted_save_leaves_the_old_file(tmp_path, file, monkeypatch):
    before = file.read_bytes()
    net = network()
    monkeypatch.setattr(type(net), "save", lambda *_: (_ for _ in ()).throw(OSError("full")))
    with pytest.raises(OSError, match="full"):
        models.save(net, file, FOUR)
    assert file.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["four.keras"]


def test_images_of_another_size_or_none_are_refused(file):
    saved = models.load(file)
    with pytest.raises(ValueError, match=r"expected new images of shape \(16, 16, 1\).*24, 24"):
        saved.predict(some_pictures(8, classes=FOUR, size=24))
    with pytest.raises(ValueError, match="at least one image, got none"):
        saved.predict(rows(some_pictures(8, classes=FOUR), slice(0)))
