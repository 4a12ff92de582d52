"""network_lab in a real browser, against Keras."""

import base64
import functools
import importlib.resources
import io
import os
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_sample_images

from cxrlib import data, models, phantoms
from cxrlib.teaching import labs
from cxrlib.teaching.labs.network import draw_dabs
from tests.book.lab_pages import (
    choose,
    describe,
    link_of,
    make_image,
    make_network,
    make_outliers,
    network,
    seen,
    slide,
    value,
)
from tests.book.looking import FITS

SIDE = 32
NAMES = ("normal", "pneumonia")
SHIPPED = "study-small-network.keras"
made = functools.cache(network)
whole = functools.cache(make_network)
NOISE = np.random.default_rng(0).integers(0, 255, (90, 90), dtype=np.uint8)


@functools.cache
def whole_lab(resize="pad"):
    image = phantoms.draw("normal", size=96, seed=4).image
    return labs.network_lab(whole(), NAMES, images=image[None], resize=resize)


@pytest.fixture
def lab(show_one):
    return show_one(made())


def shipped_file():
    return str(importlib.resources.files("cxrlib.experiments") / "results" / SHIPPED)


@functools.cache
def shipped():
    """Return the shipped network, its classes, and how it wants its pictures."""
    return *models.load(shipped_file()), models.read_metadata(shipped_file()).resize


@functools.cache
def small():
    return make_network(SIDE, (4, 6))


def answer(model, images):
    return model.predict_on_batch(np.asarray(images, "float32")[..., None])[:, 0]


def image(which):
    content = made().config["pictures"][which]["image"]["bytes"]
    return np.frombuffer(base64.b64decode(content), np.uint8).reshape(SIDE, SIDE)


def score(lab):
    return value(lab, ".score", "score")


def dabs(lab):
    """Read the drawing out of the lab's link."""
    numbers = link_of(lab).split("dabs:")[1].split(";")[0]
    return np.array(numbers.split(",") if numbers else [], int).reshape(-1, 4).tolist()


def written(array, kind):
    file = io.BytesIO()
    Image.fromarray(array).save(file, format=kind)
    return file.getvalue()


png, jpeg = functools.partial(written, kind="PNG"), functools.partial(written, kind="JPEG")


def give(lab, content, name="own.png", kind="image/png"):
    """Open a file of one's own (content or path); wait until the page has taken or refused it."""
    lab.evaluate(
        """(box) => {
          const said = box.querySelector(".problem");
          said.textContent = "waiting";
          window.settled = () => said.textContent !== "waiting";
        }"""
    )
    whole = isinstance(content, Path)
    file = content if whole else {"name": name, "mimeType": kind, "buffer": content}
    lab.locator("input[type=file]").set_input_files(file)
    lab.page.wait_for_function("window.settled()")
    return lab.locator(".problem").first.inner_text()


def refused(text):
    return text.endswith("The picture stays as it was.")


FLOATS = "canvas => Array.from(canvas.numbers)"


def test_it_gives_keras_s_scores_on_fifty_pictures_within_50_milliseconds(show_one):
    kinds = ("normal", "bacterial", "viral", "covid")
    images = [phantoms.draw(kinds[i % 4], size=96, seed=i).image for i in range(50)]
    lab = show_one(whole_lab())
    found, changed, times = [], [], []
    for one in images:
        assert give(lab, png(one)) == ""
        found.append(score(lab))
        lab.locator(".lab-view").first.press("Space")  # a dab, and the network on it
        changed.append(score(lab))
        times.append(value(lab, ".score", "milliseconds"))
    assert not np.equal(found, changed).any()
    expected = answer(whole(), images)
    assert np.ptp(expected) > 0.2
    np.testing.assert_allclose(found, expected, atol=1e-3)
    assert min(times) < 50  # the least: other programs may want the cores too


def films():
    kinds = ("normal", "bacterial", "viral", "covid")
    return [phantoms.draw(kinds[i % 4], size=96, seed=50 + i).image for i in range(50)]


def real_films():
    """Return fifty real films, none of the test folder; skip where there are none."""
    cases = data.load("pneumonia", quiet=True)
    if cases.attrs["source"] == "phantoms":
        pytest.skip("CXR_DATA is not set, so there are no real X-rays to check")
    cases = data.sample(cases[cases["split"] == "train"], 50, seed=0)
    return [data.read_image(path).astype(np.uint8) for path in cases["path"]]


@pytest.mark.parametrize(
    ("weights", "pictures"),
    [("stand-in", films), ("shipped", films), ("shipped", real_films)],
    ids=["stand-in", "shipped", "shipped-real"],
)
def test_the_pooled_vector_is_keras_s_on_fifty_pictures(show_one, tmp_path, weights, pictures):
    import keras

    model, names, resize = shipped() if weights == "shipped" else (whole(), NAMES, "pad")
    lab = show_one(labs.network_lab(model, names, resize=resize))
    head = model.get_layer("predictions").input
    seen_by_keras = keras.Model(model.input, [head, model.output])
    found, expected = [], []
    for i, one in enumerate(pictures()):
        (tmp_path / f"{i}.png").write_bytes(png(one))
        assert give(lab, tmp_path / f"{i}.png") == ""
        found.append([*lab.locator(".contributions").evaluate(FLOATS), score(lab)])
        small_one = data.read_image(tmp_path / f"{i}.png", 96, resize)
        outputs = seen_by_keras.predict_on_batch(small_one[None, ..., None])
        expected.append(np.concatenate(outputs, axis=1)[0])
    assert np.shape(found) == (50, 48 + 1)
    assert np.ptp(expected, axis=0).max() > 0.2
    np.testing.assert_allclose(found, expected, atol=1e-3)


def test_every_layer_s_maps_are_keras_s(show_one):
    import keras

    model, lab = whole(), show_one(whole_lab())
    one = phantoms.draw("viral", size=96, seed=3).image
    give(lab, png(one))
    outputs = [layer.output for layer in model.layers if layer.name.startswith("relu")]
    expected = keras.Model(model.input, outputs).predict_on_batch(one[None, ..., None] / 1.0)
    canvases = lab.locator(".maps canvas").all()
    assert len(canvases) == len(expected) == 4
    for canvas, maps in zip(canvases, expected, strict=True):
        numbers = np.reshape(canvas.evaluate(FLOATS), maps[0].shape[2:] + maps[0].shape[:2])
        np.testing.assert_allclose(numbers, maps[0].transpose(2, 0, 1), atol=1e-3)


def test_the_activation_map_s_mean_and_the_bias_make_the_score(lab):
    places = np.array(lab.locator(".two canvas").nth(1).evaluate(FLOATS))
    assert len(places) == (SIDE // 2) ** 2
    assert 1 / (1 + np.exp(-places.mean() - 0.2)) == pytest.approx(score(lab), abs=1e-6)
    choose(lab, "Activation map of", "the chosen one")
    places = np.array(lab.locator(".two canvas").nth(1).evaluate(FLOATS))
    assert places.mean() == pytest.approx(value(lab, ".one", "part"), abs=1e-6)


def test_it_opens_on_a_drawing_that_raises_the_score_and_says_by_how_much(lab):
    start = made().config["start"]
    now, before = score(lab), value(lab, ".score", "bare")
    assert now > before + 0.01
    one = image(start["picture"])
    both = answer(small(), [draw_dabs(one, start["dabs"]), one])
    assert [now, before] == pytest.approx(both, abs=1e-3)
    assert f"without, {before:.3f} (the upright line)" in lab.locator(".change").inner_text()
    lab.get_by_role("button", name="take all back").click()
    assert score(lab) == pytest.approx(before)
    assert lab.locator(".change").inner_text() == "Nothing is drawn on it."


def at(lab, row, column):
    view = lab.locator(".lab-view").first
    view.scroll_into_view_if_needed()
    box = view.bounding_box()
    unit = box["width"] / SIDE
    return box["x"] + (column + 0.5) * unit, box["y"] + (row + 0.5) * unit


def test_the_mouse_draws_dabs_and_strokes_that_reach_the_network_at_once(lab):
    choose(lab, "Picture", "A")
    lab.get_by_role("button", name="take all back").click()
    slide(lab, 3, 40)
    mouse = lab.page.mouse
    mouse.click(*at(lab, 9, 20))
    assert dabs(lab) == [[9, 20, 3, 40]]
    assert score(lab) == pytest.approx(
        answer(small(), [draw_dabs(image(0), dabs(lab))])[0], abs=1e-3
    )
    mouse.click(*at(lab, 9, 20))  # a second press makes it denser
    assert dabs(lab) == [[9, 20, 3, 40]] * 2
    mouse.move(*at(lab, 20, 5))
    mouse.down()
    mouse.move(*at(lab, 20, 25), steps=20)
    mouse.up()
    mouse.move(*at(lab, 2, 2))  # nothing sticks to the mouse
    stroke = dabs(lab)[2:]
    assert 5 <= len(stroke) <= 11
    assert {row for row, *_ in stroke} == {20}
    expected = answer(small(), [draw_dabs(image(0), dabs(lab))])[0]
    assert score(lab) == pytest.approx(expected, abs=1e-3)
    lab.get_by_role("button", name="take the last dab back").click()
    assert dabs(lab)[2:] == stroke[:-1]


def test_by_keyboard_alone(lab):
    lab.get_by_role("button", name="take all back").press("Enter")
    view = lab.locator(".lab-view").first
    view.focus()
    scrolled = lab.page.evaluate("scrollY")
    press = lab.page.keyboard.press
    for key in (*["Shift+ArrowUp"] * 8, *["Shift+ArrowLeft"] * 8):  # as far as it goes
        press(key)
    for key in ("ArrowDown", "ArrowRight", "ArrowRight", "Space", "Shift+ArrowDown", "Enter"):
        press(key)
    assert lab.page.evaluate("scrollY") == scrolled
    assert [one[:2] for one in dabs(lab)] == [[1, 2], [6, 2]]
    heard = lab.locator(".spoken", has_text="2 dabs of opacity")
    heard.wait_for(state="attached")
    lab.locator(".lab-view").nth(1).focus()
    for key in (*["ArrowLeft"] * 6, "ArrowRight", "ArrowRight"):
        press(key)
    assert value(lab, ".one", "map") == 2


def travel(page, target, most=8):
    """Press Tab until something has the focus."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("target => document.activeElement.matches(target)", target):
            return
    raise AssertionError(f"{target} was not reached with {most} times Tab")


def test_tab_leads_to_a_picture_then_to_a_file_and_then_to_the_drawing(lab, tmp_path):
    page, own = lab.page, make_image(SIDE, SIDE).T.copy()
    (tmp_path / "own.png").write_bytes(png(own))
    travel(page, ".cxr-lab input[type=radio]")
    first = lab.get_by_role("radio", name="A", exact=True).is_checked()
    page.keyboard.press("ArrowRight" if first else "ArrowLeft")
    other = lab.get_by_role("radio", name="B" if first else "A", exact=True)
    assert other.is_checked()
    drawn = draw_dabs(image(int(first)), dabs(lab))
    assert score(lab) == pytest.approx(answer(small(), [drawn])[0], abs=1e-3)
    other.focus()  # `dabs` has pressed the button of the link
    with page.expect_file_chooser() as opened:  # travel's answers come once the page knows of it
        travel(page, "input[type=file]", most=1)
        page.keyboard.press("Enter")
    opened.value.set_files(tmp_path / "own.png")
    mine = lab.get_by_role("radio", name="your own")
    mine.wait_for()
    assert mine.is_checked()
    travel(page, ".lab-view", most=1)
    page.keyboard.press("Space")
    (dab,) = dabs(lab)
    assert score(lab) == pytest.approx(answer(small(), [draw_dabs(own, [dab])])[0], abs=1e-3)


def test_by_finger(show_one):
    lab = show_one(made(), width=390, has_touch=True)
    before = dabs(lab)
    lab.locator(".lab-view").first.scroll_into_view_if_needed()
    lab.page.touchscreen.tap(*at(lab, 10, 10))
    assert [one[:2] for one in dabs(lab)[len(before) :]] == [[10, 10]]
    assert lab.page.evaluate(FITS) == []


def test_a_map_is_chosen_by_its_bar_or_in_the_layer_and_its_part_is_written_out(lab):
    weights = small().get_layer("predictions").get_weights()[0][:, 0]
    bars = lab.locator(".contributions i")
    assert bars.count() == 6
    for which in (4, 1):
        bars.nth(which).click(position={"x": 5, "y": 5})
        mean, part = (value(lab, ".one", key) for key in ("mean", "part"))
        assert part == pytest.approx(mean * weights[which], rel=1e-5)
        assert f"Map {which + 1}: mean {mean:.3f}" in lab.locator(".one").inner_text()
        assert ("up" if part > 0 else "down") in bars.nth(which).get_attribute("class")
    box = lab.locator(".maps canvas").last.bounding_box()
    lab.page.mouse.click(box["x"] + box["width"] * 3.5 / 6, box["y"] + box["height"] / 2)
    assert value(lab, ".one", "map") == 3


# ---- a picture of the reader's own


def radiograph(width, height):
    return np.asarray(
        Image.fromarray(phantoms.draw("viral", size=300, seed=1).image).resize((width, height))
    )


@pytest.mark.parametrize("resize", ["pad", "stretch"])
def test_a_png_of_any_shape_comes_out_as_from_read_image(show_one, tmp_path, resize):
    lab = show_one(whole_lab(resize))
    for i, (width, height) in enumerate(((401, 305), (96, 96), (120, 333), (50, 40), (17, 900))):
        path = tmp_path / f"{i}.png"
        path.write_bytes(png(radiograph(width, height)))
        assert give(lab, path.read_bytes()) == ""
        expected = answer(whole(), [data.read_image(path, 96, resize)])[0]
        assert score(lab) == pytest.approx(expected, abs=1e-3), (width, height)
    assert lab.get_by_role("radio", name="your own").is_checked()


def test_modes_of_png_and_jpeg_come_out_as_from_read_image(show_one, tmp_path):
    lab = show_one(whole_lab())
    grey = Image.fromarray(radiograph(180, 150))
    clear = grey.convert("RGBA")
    clear.putalpha(Image.fromarray(np.tile(np.linspace(0, 255, 180, dtype=np.uint8), (150, 1))))
    turned = Image.Exif()
    turned[0x0112] = 6
    for name, one, options in (
        ("rgb.png", grey.convert("RGB"), {}),
        ("palette.png", grey.convert("P"), {}),
        ("clear.png", clear, {}),
        ("grey.jpg", grey, {"quality": 95}),
        ("rgb.jpg", grey.convert("RGB"), {"quality": 95, "progressive": True}),
        ("turned.jpg", grey, {"quality": 95, "exif": turned}),
        ("large.jpg", Image.fromarray(radiograph(407, 310)), {"quality": 95}),
    ):
        path = tmp_path / name
        one.save(path, **options)
        assert give(lab, path.read_bytes(), name) == "", name
        expected = answer(whole(), [data.read_image(path, 96)])[0]
        assert score(lab) == pytest.approx(expected, abs=2e-3), name


def colours():
    rows, columns = np.mgrid[:60, :80]
    return np.stack([3 * columns, 4 * rows, 255 - 3 * columns], axis=-1).astype(np.uint8)


def claimed(width, height):
    """Return a PNG whose head says a size that its few bytes do not have."""
    content = bytearray(png(make_image(40, 40)))
    content[16:24] = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    return bytes(content)


BAD_FILES = {
    "a text": (b"not an image at all", "got another kind of file"),
    "nothing": (b"", "got an empty file"),
    "a GIF": (b"GIF89a" + bytes(300), "got another kind of file"),
    "DICOM": (bytes(128) + b"DICM" + bytes(300), "got a DICOM file, which browsers cannot read"),
    "a head alone": (png(make_image(40, 40))[:20], "got a damaged one"),
    "half a PNG": (png(NOISE)[:4000], "expected a whole PNG, got a damaged one"),
    "half a JPEG": (jpeg(NOISE)[:3000], "expected a whole JPEG, got a damaged one"),
    "a scratched PNG": (png(NOISE)[:2000] + bytes(40) + png(NOISE)[2040:], "whole PNG"),
    "100 megapixels": (claimed(10_000, 10_000), "at most 64 million pixels, got 10,000 × 10,000"),
    "a dot": (png(make_image(9, 30)), "at least 16 pixels a side, got 30 × 9"),
    "colours": (png(colours()), "expected a grey x-ray, got a colour picture"),
    "one grey": (png(np.full((50, 50), 90, np.uint8)), "got a picture of one grey"),
    "16 bits": (png(make_image(50, 50).astype(np.uint16) * 200), "got a PNG of 16"),
}


def test_what_cannot_be_shown_is_refused_with_a_reason_and_nothing_is_lost(lab):
    before = seen(lab)
    for name, (content, says) in BAD_FILES.items():
        text = give(lab, content)
        assert refused(text), name
        assert says.lower() in text.lower(), (name, text)
        assert seen(lab).replace(text, "").split() == before.split(), name
    assert give(lab, png(make_image(40, 40))) == ""


def test_a_file_that_is_too_large_is_refused_before_it_is_read(lab, tmp_path):
    with (tmp_path / "large.png").open("wb") as file:
        file.write(png(make_image(40, 40)))
        os.truncate(file.fileno(), 70_000_000)  # nothing is written, so it takes no room
    text = give(lab, tmp_path / "large.png")
    assert "Expected a file of at most 64 MB, got 70 MB." in text
    assert refused(text)


def test_a_coloured_mark_is_no_colour_picture(lab):
    marked = np.stack([make_image(60, 60)] * 3, axis=-1)
    marked[:5, :10] = (255, 0, 0)
    assert give(lab, png(marked)) == ""


DROP = """(box, numbers) => {
  const data = new DataTransfer();
  data.items.add(new File([new Uint8Array(numbers)], "own.png", { type: "image/png" }));
  const dropped = new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: data });
  return !box.querySelector("canvas").dispatchEvent(dropped);
}"""


def test_a_picture_may_be_dropped_and_drawn_on_and_left_again(lab):
    own = make_image(SIDE, SIDE).T.copy()
    assert lab.evaluate(DROP, list(png(own)))  # the browser itself does nothing with it
    radio = lab.get_by_role("radio", name="your own")
    radio.wait_for()
    assert radio.is_checked()
    assert dabs(lab) == []
    assert score(lab) == pytest.approx(answer(small(), [own])[0], abs=1e-3)
    lab.page.mouse.click(*at(lab, 9, 20))
    assert score(lab) == pytest.approx(answer(small(), [draw_dabs(own, dabs(lab))])[0], abs=1e-3)
    choose(lab, "Picture", "B")
    expected = answer(small(), [draw_dabs(image(1), dabs(lab))])[0]
    assert score(lab) == pytest.approx(expected, abs=1e-3)


def test_it_says_that_nothing_leaves_the_machine_and_that_it_is_no_diagnosis(lab):
    text = seen(lab)
    assert "Nothing leaves this machine" in text
    assert "For education, not a diagnosis" in text
    assert "probability" not in text


def test_a_drawing_in_a_link_is_put_on_if_it_makes_sense(lab):
    before = dabs(lab)
    many = ",".join(["9,9,3,50"] * 61)
    for wrong in ("1,2", "99,1,3,50", "1,1,1,50", "1,1,3,96", "1.5,1,3,50", "x", many):
        lab.page.evaluate("tail => { location.hash = tail }", f"#network_lab=dabs:{wrong};map:3")
        assert dabs(lab) == before, wrong
    lab.page.evaluate("tail => { location.hash = tail }", "#network_lab=dabs:9,8,3,50,1,2,4,60")
    assert dabs(lab) == [[9, 8, 3, 50], [1, 2, 4, 60]]
    assert value(lab, ".one", "map") == 3


def test_a_picture_of_another_kind_is_refused_and_the_distance_of_others_is_shown(show_one):
    model, known = small(), np.stack([make_image(SIDE, SIDE) // k for k in (1, 2, 3, 4, 5, 6)])
    near, inverted = known[0] // 2 + 20, 255 - known[0]
    found = make_outliers(model, known, threshold=0)

    def expected(one):
        x = (describe(model, one[None])[0] - found.mean) / found.scale
        covariance = found.noise * np.eye(len(x))
        for direction, variance in zip(found.components, found.variances, strict=True):
            covariance += (variance - found.noise) * np.outer(direction, direction)
        return x @ np.linalg.inv(covariance) @ x / len(x)

    def turn(one):
        small = describe(model, one[None])[0, : 8 * 8]
        return np.logaddexp.reduce([*small, 1] @ found.turn_weights)

    found.threshold = (expected(near) + expected(inverted)) / 2
    assert expected(near) < found.threshold
    lab = show_one(network(outliers=found))
    start = made().config["start"]
    drawn = draw_dabs(image(start["picture"]), start["dabs"])
    assert value(lab, ".distance", "distance") == pytest.approx(expected(drawn), rel=1e-3)
    assert give(lab, png(near)) == ""
    assert value(lab, ".distance", "distance") == pytest.approx(expected(near), rel=1e-3)
    assert value(lab, ".distance", "turn") == pytest.approx(turn(near), rel=1e-3)
    assert "Within both limits" in lab.locator(".distance").inner_text()
    before = score(lab)
    text = give(lab, png(inverted))
    assert refused(text)
    told = float(re.search(r"at the distance ([\d.]+) \(limit", text)[1])
    assert told == pytest.approx(expected(inverted), rel=1e-3)
    assert "at most 1 % of 1,234 chest X-rays" in text
    assert score(lab) == before
    found.turn_threshold = turn(near) - 0.01
    lab = show_one(network(outliers=found))
    assert "looks turned or mirrored" in give(lab, png(near))


def test_the_shipped_network_answers_as_keras_and_refuses_negatives_and_photographs(
    show_one, tmp_path
):
    (model, names, _), known = shipped(), models.read_metadata(shipped_file())
    lab = show_one(labs.network_lab(model, names, resize=known.resize, outliers=known.outliers))
    film = phantoms.draw("normal", size=256, seed=0).image
    (tmp_path / "film.png").write_bytes(png(film))
    small_film = data.read_image(tmp_path / "film.png", model.input_shape[1], known.resize)
    assert give(lab, png(film)) == ""
    assert score(lab) == pytest.approx(answer(model, [small_film])[0], abs=1e-3)
    for other in (255 - film, *map(in_grey, load_sample_images().images)):
        text = give(lab, png(other))
        assert "at the distance" in text
        assert refused(text)


def in_grey(photograph):
    return np.asarray(Image.fromarray(photograph).convert("L"))
