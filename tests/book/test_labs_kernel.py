"""kernel_lab in a real browser, against NumPy, SciPy and Keras."""

import numpy as np
import pytest
from scipy.signal import correlate2d

from cxrlib.models import scratch
from cxrlib.teaching import labs
from tests.book.lab_pages import (
    assert_numbers,
    choose,
    make_image,
    numbers,
    type_in,
    value,
    values,
)


def keras_conv(x, kernel, stride, padding):
    import keras

    x, kernel = x[None, :, :, None].astype("float32"), kernel[:, :, None, None].astype("float32")
    return np.asarray(keras.ops.conv(x, kernel, strides=stride, padding=padding))[0, :, :, 0]


def scipy_conv(x, kernel):
    return correlate2d(x.astype(float), kernel, "valid")


@pytest.mark.parametrize("sides", [(21, 18), (16, 17)])
def test_every_stride_and_padding_gives_the_numbers_of_keras(show_one, sides):
    x = make_image(*sides)
    lab = show_one(labs.kernel_lab(x))
    for stride in (1, 2, 3):
        for padding, label in (("valid", "valid"), ("same", "same (zeros)")):
            choose(lab, "Stride", str(stride))
            choose(lab, "Padding", label)
            assert_numbers(lab, keras_conv(x, scratch.SOBEL_X, stride, padding))


def test_presets_and_typed_weights_give_the_numbers_of_scipy(show_one):
    x = make_image()
    lab = show_one(labs.kernel_lab(x))
    for name, kernel in labs.kernel.PRESETS.items():
        choose(lab, "Kernel", name)
        assert_numbers(lab, scipy_conv(x, kernel))
    type_in(lab, 0, "0,5", "-1", "1/3", "2", "0", ".25", "−3", "1e1", "+7")
    assert_numbers(lab, scipy_conv(x, [[0.5, -1, 1 / 3], [2, 0, 0.25], [-3, 10, 7]]))
    assert lab.get_by_role("group", name="Kernel", exact=True).locator("input:checked").count() == 0


def test_a_kernel_that_was_given_can_be_had_back(show_one):
    x, kernel = make_image(), np.array([[0.31, -0.2, 0], [1.5, 0, -1.5], [0.2, 0.07, -0.4]])
    lab = show_one(labs.kernel_lab(x, kernel=kernel))
    given = lab.get_by_role("radio", name="as it was shown")
    assert given.is_checked()
    choose(lab, "Kernel", "blur")
    assert not given.is_checked()
    given.check()
    assert_numbers(lab, scipy_conv(x, kernel))
    known = show_one(labs.kernel_lab(x, kernel="blur"))
    assert known.get_by_role("radio", name="as it was shown").count() == 0


def test_it_opens_where_the_kernel_answers_most_in_the_middle(show_one):
    x = make_image()
    lab = show_one(labs.kernel_lab(x))
    result = np.abs(scipy_conv(x, scratch.SOBEL_X))
    rows, columns = result.shape
    middle = result[rows // 4 : rows - rows // 4, columns // 4 : columns - columns // 4]
    assert abs(value(lab, ".sum")) == middle.max() > 2 * np.median(result)


def check_window(lab, x, kernel, stride, before):
    row, column = map(int, values(lab, ".sum", "row", "column"))
    wide = np.pad(x.astype(float), 3)
    top, left = 3 + row * stride - before[0], 3 + column * stride - before[1]
    products = wide[top : top + 3, left : left + 3] * kernel
    shown = [float(cell.get_attribute("data-value")) for cell in lab.locator(".lab-cell").all()]
    np.testing.assert_allclose(shown, products.ravel(), atol=1e-3)
    assert value(lab, ".sum") == pytest.approx(products.sum(), abs=1e-3)
    assert f"Sum = {products.sum():.0f}".replace("-", "−") in lab.locator(".sum").inner_text()


def test_keys_move_the_window_and_stop_at_the_edge(show_one):
    x = make_image()
    lab = show_one(labs.kernel_lab(x, stride=2, padding="same"))
    lab.page.set_viewport_size({"width": 1280, "height": 500})
    view = lab.locator(".lab-view").first
    view.focus()
    scrolled = lab.page.evaluate("scrollY")
    for key in ("ArrowRight", "ArrowDown", *["Shift+ArrowUp"] * 3, *["Shift+ArrowRight"] * 4):
        view.press(key)
        check_window(lab, x, scratch.SOBEL_X, 2, (1, 0))
    assert values(lab, ".sum", "row", "column") == [0, 8]
    assert lab.page.evaluate("scrollY") == scrolled


def test_a_passing_mouse_previews_and_a_press_stays(show_one):
    lab = show_one(labs.kernel_lab(make_image()))
    mouse, before = lab.page.mouse, values(lab, ".sum", "row", "column")
    box = lab.locator(".lab-view").first.bounding_box()
    at = (box["x"] + box["width"] * 11.5 / 20, box["y"] + box["height"] * 4.5 / 23)
    mouse.move(*at)
    assert values(lab, ".sum", "row", "column") == [2, 9]
    mouse.move(2, 2)
    assert values(lab, ".sum", "row", "column") == before
    mouse.click(*at)
    mouse.move(2, 2)
    assert values(lab, ".sum", "row", "column") == [2, 9]


def test_a_finger_moves_the_window(show_one):
    lab = show_one(labs.kernel_lab(make_image()), width=390, has_touch=True)
    view = lab.locator(".lab-view").nth(1)
    box = view.bounding_box()
    view.tap(position={"x": box["width"] * 5.5 / 20, "y": box["height"] * 10.5 / 23})
    assert values(lab, ".sum", "row", "column") == [8, 3]


def test_the_size_is_said_by_formula(show_one):
    lab = show_one(labs.kernel_lab(make_image(20, 20)))
    for group, option, says in (
        ("Stride", "3", "⌊(20 − 3) / 3⌋ + 1 = 6, so 6 × 6"),
        ("Padding", "same (zeros)", "⌈20 / 3⌉ = 7, so 7 × 7"),
        ("Stride", "2", "zeros: below, right."),
    ):
        choose(lab, group, option)
        assert says in lab.locator(".size").inner_text()


BAD = {
    "abc": "“abc” is not a number",
    "": "The field is empty",
    "NaN": "is not a number",
    "Infinity": "is not a number",
    "1e999": "outside −1000 to 1000",
    "1/0": "outside",
    "1;2": "is not a number",
    "<img src=x onerror=alert(1)>": "is not a number",
}


def test_what_is_no_number_is_said_and_nothing_else_changes(show_one):
    x = make_image()
    lab = show_one(labs.kernel_lab(x))
    field, problem = lab.locator("input.lab-number").first, lab.locator(".problem")
    before = numbers(lab)
    for text, says in BAD.items():
        field.fill(text)
        for part in (says, "Row 1, column 1", "Still using −1."):
            assert part in problem.inner_text()
        assert field.get_attribute("aria-invalid") == "true"
        assert np.array_equal(numbers(lab), before)
    assert field.get_attribute("aria-describedby") == problem.get_attribute("id")
    field.fill("4")
    assert problem.inner_text() == ""
    assert field.get_attribute("aria-invalid") is None
    kernel = scratch.SOBEL_X.copy()
    kernel[0, 0] = 4
    assert_numbers(lab, scipy_conv(x, kernel))
    field.fill("x")
    choose(lab, "Kernel", "blur")
    assert field.input_value() == "1/9"
    assert problem.inner_text() == ""
