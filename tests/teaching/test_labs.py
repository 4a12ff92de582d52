import base64
import functools
import io
import json
import re

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from cxrlib import teaching
from cxrlib.models import scratch
from tests.book.lab_pages import make_image

labs = teaching.labs
X = make_image(28, 28)


@functools.cache
def every_lab():
    """Return one of each, as large as they get."""
    rng = np.random.default_rng(0)
    one = rng.integers(0, 256, (64, 64), dtype=np.uint8)
    points, scores = rng.normal(size=(200, 2)).clip(-3, 3), rng.random(1500)
    runs = {"grouped": np.arange(120) % 11 / 10, "leaked": 0.2, "validation": 0.8, "test": 0.7}
    return (
        labs.neuron_lab(points, points[:, 0] > 0),
        labs.kernel_lab(one),
        labs.pooling_lab(one),
        labs.augmentation_lab(one, rotation=20),
        labs.threshold_lab(dict.fromkeys("abc", (np.arange(1500) % 2, scores))),
        labs.leak_lab(pd.DataFrame(runs)),
        labs.shortcut_lab(one[None], lambda x: x.mean((1, 2)) / 255, ("a", "b")),
    )


def config(lab):
    text = re.search(r"startLab\(document\.getElementById\(\S+\), (.*)\);\n", lab._repr_html_())[1]
    return json.loads(text)


def test_the_largest_stay_below_70_kb_and_ask_nothing_of_another_server():
    for lab in every_lab():
        page = lab._repr_html_()
        assert len(page.encode()) < 70_000, lab.kind
        assert not re.search(r"https?://|\b(import|export|fetch|XMLHttpRequest|url\()\b", page)
        sources = re.findall(r'src="([^"]*)', page)
        assert all(source.startswith("data:image/png;base64,") for source in sources)
        assert re.match(rf"<{lab.kind} '{lab.kind}': .*interactive figure", repr(lab))


def test_what_would_be_larger_is_refused():
    lab = labs.Lab("kernel_lab", "x", "t", "", "", {"image": "A" * 70_000})
    with pytest.raises(ValueError, match=r"at most 70,000 bytes.*smaller image"):
        lab._repr_html_()


def test_ids_differ_even_for_the_same_lab_shown_twice():
    lab = labs.neuron_lab()
    ids = re.findall(r'\bid="([^"]+)"', lab._repr_html_() + lab._repr_html_())
    assert len(ids) == len(set(ids)) == 4


def test_no_text_can_end_the_script_or_open_a_tag():
    lab = labs.neuron_lab(feature_names=("</script><b>", "x"), class_names=("<i>", 'a"b'))
    page = lab._repr_html_()
    assert page.count("</script>") == 1
    assert "<b>" not in page.replace("<b>Try first:</b>", "")
    assert "<i>" not in page
    assert config(lab)["feature_names"][0] == "</script><b>"


def test_the_image_arrives_as_it_is_in_whole_greys():
    one = make_image(20, 24)
    for given in (one, one[..., None], one + 0.2):
        packed = config(labs.kernel_lab(given))["image"]
        assert (packed["rows"], packed["columns"]) == (20, 24)
        assert base64.b64decode(packed["bytes"]) == one.tobytes()


def stills(lab):
    pngs = re.findall(r"base64,([^\"]+)\">", lab._repr_html_())
    return [np.asarray(Image.open(io.BytesIO(base64.b64decode(png)))) for png in pngs]


def test_the_still_image_is_the_image_and_its_result():
    one = make_image(12, 16)
    before, after = stills(labs.kernel_lab(one, kernel=scratch.IDENTITY, padding="same"))
    assert np.array_equal(before, one)
    assert np.array_equal(after, one)


def test_kernel_lab_has_the_chapter_s_presets_and_starts_where_the_answer_is_large():
    one = np.zeros((16, 16), np.uint8)
    one[:, 9:] = 200
    known = config(labs.kernel_lab(one))
    names = ["identity", "blur", "sharpen", "Sobel x", "Sobel y", "Laplacian"]
    kernels = [getattr(scratch, name.upper().replace(" ", "_")).ravel().tolist() for name in names]
    assert list(known["presets"].items()) == list(zip(names, kernels, strict=True))
    assert known["start"]["column"] in (7, 8)


@pytest.mark.parametrize("lab", [labs.kernel_lab, labs.pooling_lab, labs.augmentation_lab])
@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (X[None], r"one grey image.*\(1, 28, 28\).*images\[0\]"),
        (np.zeros((20, 20, 3), np.uint8), r"one grey image.*\(20, 20, 3\).*mean"),
        (make_image(65, 40), r"8 to 64 pixels.*\(65, 40\).*size=40"),
        (make_image(2, 2), "8 to 64 pixels"),
        (np.where(X.max() == X, np.nan, X), "that are NaN"),
        (X / 255.0, r"0 \(black\) to 255.*Rescale"),
        (X.astype(float) - 100, "got -"),
        (X > 3, "dtype bool.*astype"),
        (np.full((9, 9), "a"), "dtype <U1"),
        (None, "one grey image"),
    ],
)
def test_bad_images(lab, bad, says):
    with pytest.raises(ValueError, match=says):
        lab(bad)


@pytest.mark.parametrize(
    ("lab", "setting", "says"),
    [
        ("kernel", {"stride": 0}, r"`stride` as one of 1, 2, 3, got 0"),
        ("kernel", {"stride": True}, "`stride`"),
        ("kernel", {"padding": "full"}, "'valid', 'same', got 'full'"),
        ("kernel", {"kernel": "sobel"}, "'Sobel x'"),
        ("kernel", {"kernel": np.ones((5, 5))}, "3 × 3"),
        ("kernel", {"kernel": [[1, 2], [3]]}, "3 × 3"),
        ("kernel", {"kernel": np.full((3, 3), np.nan)}, "-1000 to 1000"),
        ("kernel", {"name": "a b"}, "`name`.*'a b'"),
        ("pooling", {"image": np.zeros((9, 9))}, "without any that is brighter on its right"),
        ("pooling", {"pool_size": 5}, "`pool_size` as one of 2, 3, 4, got 5"),
        ("pooling", {"mode": "min"}, "'max', 'average'"),
        ("pooling", {"translate_x": 5}, "`translate_x`"),
        ("pooling", {"translate_y": 0.5}, "`translate_y`"),
        ("augmentation", {"rotation": 51}, "`rotation` as a number from -50 to 50"),
        ("augmentation", {"zoom": 110}, "`zoom` as a number from 0.8 to 1.2"),
        ("augmentation", {"translate_x": 5}, "`translate_x` as a number from -0.2 to 0.2"),
        ("augmentation", {"gamma": float("nan")}, "`gamma`"),
        ("augmentation", {"horizontal_flip": "no"}, "`horizontal_flip` as True or False"),
        ("augmentation", {"vertical_flip": 1}, "`vertical_flip` as True or False"),
        ("augmentation", {"fill_mode": "mirror"}, "'reflect', 'wrap', got 'mirror'"),
        ("neuron", {"points": [[1, 2]], "labels": [2]}, "0 or 1"),
        ("neuron", {"points": [[1, 2]]}, "labels"),
        ("neuron", {"points": [[1, 2, 3]], "labels": [1]}, r"shape \(1, 3\)"),
        ("neuron", {"points": [[120, 80]], "labels": [1]}, "Standardise"),
        ("neuron", {"points": [[np.nan, 0]], "labels": [1]}, "Standardise"),
        ("neuron", {"points": [["a", "b"]], "labels": [1]}, "not numbers"),
        ("neuron", {"points": np.zeros((201, 2)), "labels": np.zeros(201)}, "1 to 200 points"),
        ("neuron", {"bias": 9}, "`bias` as a number from -5 to 5"),
        ("neuron", {"weights": (1, float("nan"))}, "`weights`"),
        ("neuron", {"activations": ["gelu"]}, "'relu'"),
        ("neuron", {"activations": ["tanh", "tanh"]}, "once"),
        ("neuron", {"activations": []}, "got"),
    ],
)
def test_bad_settings(lab, setting, says):
    image = () if lab == "neuron" or "image" in setting else (X,)
    with pytest.raises(ValueError, match=says):
        getattr(labs, f"{lab}_lab")(*image, **setting)
