import base64
import io
import json
import re

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from cxrlib import teaching
from cxrlib.models import scratch

labs = teaching.labs


def make_image(rows=28, columns=28, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (rows, columns), dtype=np.uint8)


def every_lab(side=64):
    """Return one of each, as large as they get."""
    rng, one = np.random.default_rng(0), make_image(side, side)
    points, scores = rng.normal(size=(200, 2)).clip(-3, 3), rng.random(1500)
    runs = {"grouped": np.arange(120) % 11 / 10, "leaked": 0.2, "validation": 0.8, "test": 0.7}
    return [
        labs.neuron_lab(points, points[:, 0] > 0),
        labs.kernel_lab(one),
        labs.pooling_lab(one),
        labs.augmentation_lab(one, rotation=20),
        labs.threshold_lab(dict.fromkeys("abc", (np.arange(1500) % 2, scores))),
        labs.leak_lab(pd.DataFrame(runs)),
        labs.shortcut_lab(one[None], lambda x: x.mean((1, 2)) / 255, ("a", "b")),
    ]


def config(lab):
    text = re.search(r"startLab\(document\.getElementById\(\S+\), (.*)\);\n", lab._repr_html_())[1]
    return json.loads(text)


def test_the_largest_stay_below_60_kb():
    for lab in every_lab():
        assert len(lab._repr_html_().encode()) < 60_000, lab.kind
        assert lab.max_bytes == (400_000 if lab.kind == "shortcut_lab" else 60_000)


def test_what_would_be_larger_is_refused():
    lab = labs.Lab("kernel_lab", "x", "t", "", "", {"image": "A" * 60_000})
    with pytest.raises(ValueError, match=r"at most 60,000 bytes.*smaller image"):
        lab._repr_html_()


def test_nothing_is_asked_of_another_server():
    for lab in every_lab():
        page = lab._repr_html_()
        assert not re.search(r"https?://", page)
        assert not re.search(r"\b(import|export|fetch|XMLHttpRequest|url\()\b", page)
        assert all(
            s.startswith("data:image/png;base64,") for s in re.findall(r'src="([^"]*)', page)
        )


def test_ids_differ_even_for_the_same_lab_shown_twice():
    lab = labs.neuron_lab()
    pages = [lab._repr_html_(), lab._repr_html_(), labs.neuron_lab()._repr_html_()]
    ids = [one for page in pages for one in re.findall(r'\bid="([^"]+)"', page)]
    assert len(ids) == len(set(ids)) == 6


def test_plain_text_says_what_it_is():
    for lab in every_lab(16):
        assert re.match(rf"<{lab.kind} '{lab.kind}': .*interactive figure", repr(lab))


def test_no_text_can_end_the_script_or_open_a_tag():
    lab = labs.neuron_lab(feature_names=("</script><b>", "x"), class_names=("<i>", 'a"b'))
    page = lab._repr_html_()
    assert page.count("</script>") == 1
    assert "<b>" not in page.replace("<b>Try first:</b>", "")
    assert "<i>" not in page
    assert config(lab)["feature_names"][0] == "</script><b>"


def test_the_image_arrives_as_it_is_in_whole_greys():
    one = make_image(20, 24)
    for lab in (
        labs.kernel_lab(one),
        labs.pooling_lab(one[..., None]),
        labs.kernel_lab(np.minimum(one + 0.2, 255)),
    ):
        packed = config(lab)["image"]
        assert (packed["rows"], packed["columns"]) == (20, 24)
        assert base64.b64decode(packed["bytes"]) == one.tobytes()


def stills(lab):
    pngs = re.findall(r"base64,([^\"]+)\">", lab._repr_html_())
    return [np.asarray(Image.open(io.BytesIO(base64.b64decode(png)))) for png in pngs]


def test_the_still_image_is_the_image_and_its_result():
    one = make_image(12, 16)
    before, after = stills(labs.kernel_lab(one, kernel="identity", padding="same"))
    assert np.array_equal(before, one)
    assert np.array_equal(after, one)


def test_presets_are_those_of_the_chapter():
    presets = config(labs.kernel_lab(make_image()))["presets"]
    assert np.allclose(presets["Sobel x"], scratch.SOBEL_X.ravel())
    assert np.allclose(presets["blur"], scratch.BLUR.ravel())
    assert list(presets) == ["identity", "blur", "sharpen", "Sobel x", "Sobel y", "Laplacian"]


def test_kernel_lab_starts_where_the_answer_is_large():
    one = np.zeros((16, 16), np.uint8)
    one[:, 9:] = 200
    start = config(labs.kernel_lab(one))
    assert start["column"] in (7, 8)


def with_nan():
    bad = make_image().astype(float)
    bad[0, 0] = np.nan
    return bad


@pytest.mark.parametrize("lab", [labs.kernel_lab, labs.pooling_lab, labs.augmentation_lab])
@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (make_image()[None], r"one grey image.*\(1, 28, 28\).*images\[0\]"),
        (np.zeros((20, 20, 3), np.uint8), r"one grey image.*\(20, 20, 3\).*mean"),
        (make_image(65, 40), r"8 to 64 pixels.*\(65, 40\).*size=40"),
        (make_image(2, 2), "8 to 64 pixels"),
        (with_nan(), "got 1 that are NaN"),
        (make_image() / 255.0, r"0 \(black\) to 255.*Rescale"),
        (make_image().astype(float) - 100, "got -"),
        (make_image() > 3, "dtype bool.*astype"),
        (np.full((9, 9), "a"), "dtype <U1"),
        (None, "one grey image"),
    ],
)
def test_bad_images(lab, bad, says):
    with pytest.raises(ValueError, match=says):
        lab(bad)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda p: labs.kernel_lab(p, stride=0), r"`stride` as one of 1, 2, 3, got 0"),
        (lambda p: labs.kernel_lab(p, stride=True), "`stride`"),
        (lambda p: labs.kernel_lab(p, padding="full"), "'valid', 'same', got 'full'"),
        (lambda p: labs.kernel_lab(p, kernel="sobel"), "'Sobel x'"),
        (lambda p: labs.kernel_lab(p, kernel=np.ones((5, 5))), "3 × 3"),
        (lambda p: labs.kernel_lab(p, kernel=[[1, 2], [3]]), "3 × 3"),
        (lambda p: labs.kernel_lab(p, kernel=np.full((3, 3), np.nan)), "-1000 to 1000"),
        (lambda p: labs.kernel_lab(p, name="a b"), "`name`.*'a b'"),
        (lambda p: labs.pooling_lab(p, pool_size=5), "`pool_size` as one of 2, 3, 4, got 5"),
        (lambda p: labs.pooling_lab(p, mode="min"), "'max', 'average'"),
        (lambda p: labs.pooling_lab(p, translate_x=5), "`translate_x`"),
        (lambda p: labs.pooling_lab(p, translate_y=0.5), "`translate_y`"),
        (lambda p: labs.augmentation_lab(p, rotation=51), "`rotation` as a number from -50 to 50"),
        (lambda p: labs.augmentation_lab(p, zoom=110), "`zoom` as a number from 0.8 to 1.2"),
        (
            lambda p: labs.augmentation_lab(p, translate_x=5),
            "`translate_x` as a number from -0.2 to 0.2",
        ),
        (lambda p: labs.augmentation_lab(p, gamma=float("nan")), "`gamma`"),
        (
            lambda p: labs.augmentation_lab(p, horizontal_flip="no"),
            "`horizontal_flip` as True or False",
        ),
        (lambda p: labs.augmentation_lab(p, vertical_flip=1), "`vertical_flip` as True or False"),
        (lambda p: labs.augmentation_lab(p, fill_mode="mirror"), "'reflect', 'wrap', got 'mirror'"),
        (lambda p: labs.neuron_lab([[1, 2]], [2]), "0 or 1"),
        (lambda p: labs.neuron_lab([[1, 2]], None), "labels"),
        (lambda p: labs.neuron_lab([[1, 2, 3]], [1]), r"shape \(1, 3\)"),
        (lambda p: labs.neuron_lab([[120, 80]], [1]), "Standardise"),
        (lambda p: labs.neuron_lab([[np.nan, 0]], [1]), "Standardise"),
        (lambda p: labs.neuron_lab([["a", "b"]], [1]), "not numbers"),
        (lambda p: labs.neuron_lab(np.zeros((201, 2)), np.zeros(201)), "1 to 200 points"),
        (lambda p: labs.neuron_lab(bias=9), "`bias` as a number from -5 to 5"),
        (lambda p: labs.neuron_lab(weights=(1, float("nan"))), "`weights`"),
        (lambda p: labs.neuron_lab(activation="gelu"), "'relu'"),
    ],
)
def test_bad_settings(call, says):
    with pytest.raises(ValueError, match=says):
        call(make_image())
