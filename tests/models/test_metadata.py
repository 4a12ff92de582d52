import json
import zipfile

import numpy as np
import pytest

from cxrlib import models
from cxrlib.models.metadata import METADATA, OUTLIERS
from tests.models.test_outliers import LAYERS, pictures

CLASSES = ("normal", "pneumonia")
CAT = b"""refusals": {"a cat": {"rate": {"value": 1, "low": 0, "high": 1, "k": 1, "n": 1},
    "n_groups": 1, "distance_auc": 1.5, "turn_auc": 0.5}"""


def some_metadata(network=None, **other):
    outliers = network and models.OutlierDetector.fit(
        network, pictures(60, 0), pictures(20, 1), layers=LAYERS, false_refusals=0.1
    )
    fields = {
        "record": "study-x",
        "data": "pneumonia",
        "fingerprint": "0a" * 32,
        "license": "CC BY 4.0",
        "citation": "Kermany et al.",
        "resize": "stretch",
        "threshold": 0.7,
        "rule": "by hand",
        "evaluated_on": "twelve children",
        "sensitivity": models.Rate(0.9, 0.8, 0.97, 9, 10),
        "specificity": models.Rate(0.5, 0.1, 0.9, 1, 2),
        "outliers": outliers,
    }
    return models.Metadata(**fields | other)


@pytest.fixture(scope="module")
def network():
    return models.pooled_cnn((24, 24, 1), (3, 4))


def test_what_a_file_says_of_its_model_comes_back(network, tmp_path):
    cat = models.Refusal(models.Rate(1.0, 0.4, 1.0, 3, 3), 2, 0.9, 0.5)
    given = some_metadata(network, refusals={"a cat": cat})
    file = models.save(network, tmp_path / "x.keras", CLASSES, given)
    found = models.read_metadata(file)
    for name in ("record", "threshold", "sensitivity", "specificity", "license", "refusals"):
        assert getattr(found, name) == getattr(given, name)
    images = pictures(3, 2)
    np.testing.assert_array_equal(
        found.outliers.distance(network, images), given.outliers.distance(network, images)
    )
    assert models.load(file).class_names == CLASSES
    assert str(found.sensitivity) == "0.90 (0.80 to 0.97; 9 of 10)"


def test_a_file_may_have_none_and_may_have_no_detector(network, tmp_path):
    assert models.read_metadata(models.save(network, tmp_path / "a.keras", CLASSES)) is None
    file = models.save(network, tmp_path / "b.keras", CLASSES, some_metadata())
    found = models.read_metadata(file)
    assert (found.outliers, found.refusals) == (None, {})


@pytest.mark.parametrize(
    ("member", "spoil", "words"),
    [
        (METADATA, lambda text: text[:-9], "expected in cxrlib.json record, data"),
        (METADATA, lambda text: text.replace(b"0.7", b"7"), "a share is not from 0 to 1"),
        (
            METADATA,
            lambda text: text.replace(b'"refusals": {', b'"refusals": {"cat": {'),
            "Expecting",
        ),
        (METADATA, lambda text: text.replace(b'refusals": {', CAT), "a share is not from 0 to 1"),
        (METADATA, lambda text: text.replace(b"stretch", b"crop"), "resize is 'crop'"),
        (METADATA, lambda text: text.replace(b'"rule"', b'"role"'), "role"),
        (OUTLIERS, lambda text: text[: len(text) // 2], "expected in cxrlib.json"),
    ],
)
def test_what_is_not_whole_is_refused(network, tmp_path, member, spoil, words):
    file = models.save(network, tmp_path / "x.keras", CLASSES, some_metadata(network))
    with zipfile.ZipFile(file) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    contents[member] = spoil(contents[member])
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    with pytest.raises(ValueError, match=words) as refused:
        models.read_metadata(file)
    assert str(refused.value).startswith(str(file))


def test_it_is_plain_json_inside_the_file(network, tmp_path):
    file = models.save(network, tmp_path / "x.keras", CLASSES, some_metadata(network))
    with zipfile.ZipFile(file) as archive:
        plain = json.loads(archive.read(METADATA))
    assert plain["sensitivity"] == {"value": 0.9, "low": 0.8, "high": 0.97, "k": 9, "n": 10}
    assert "outliers" not in plain
