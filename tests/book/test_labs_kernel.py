"""kernel_lab in a real browser, against NumPy, SciPy and Keras."""

import numpy as np
import pytest
from scipy.signal import correlate2d

from cxrlib.models import scratch
from cxrlib.teaching import labs
from tests.book.lab_pages import choose, lab_in, make_image, numbers, value


def keras_conv(x, kernel, stride, padding):
    import keras

    x, kernel = x[None, :, :, None].astype("float32"), kernel[:, :, None, None].astype("float32")
    return np.asarray(keras.ops.conv(x, kernel, strides=stride, padding=padding))[0, :, :, 0]


@pytest.mark.parametrize("sides", [(21, 18), (16, 17)])
def test_kernel_every_stride_and_padding_gives_the_numbers_of_keras(show, sides):
    x = make_image(*sides)
    lab = lab_in(show(labs.kernel_lab(x)).tab, "kernel_lab")
    for stride in (1, 2, 3):
        for padding, label in (("valid", "valid"), ("same", "same (zeros)")):
            choose(lab, "Stride", str(stride))
            choose(lab, "Padding", label)
            expected = keras_conv(x, scratch.SOBEL_X, stride, padding)
            np.testing.assert_allclose(numbers(lab), expected, atol=1e-3)


def test_kernel_presets_and_typed_weights_give_the_numbers_of_scipy(show):
    x = make_image()
    lab = lab_in(show(labs.kernel_lab(x)).tab, "kernel_lab")
    for name, kernel in labs.kernel.PRESETS.items():
        choose(lab, "Kernel", name)
        np.testing.assert_allclose(
            numbers(lab), correlate2d(x.astype(float), kernel, "valid"), atol=1e-3
        )
    typed = ["0,5", "-1", "1/3", "2", "0", ".25", "−3", "1e1", "+7"]
    for i, text in enumerate(typed):
        lab.locator("input.lab-number").nth(i).fill(text)
    kernel = np.array([[0.5, -1, 1 / 3], [2, 0, 0.25], [-3, 10, 7]])
    np.testing.assert_allclose(
        numbers(lab), correlate2d(x.astype(float), kernel, "valid"), atol=1e-3
    )
    assert lab.get_by_role("group", name="Kernel", exact=True).locator("input:checked").count() == 0


def check_window(lab, x, kernel, stride, before):
    row, column = (int(value(lab, ".sum", key)) for key in ("row", "column"))
    wide = np.pad(x.astype(float), 3)
    top, left = 3 + row * stride - before[0], 3 + column * stride - before[1]
    products = wide[top : top + 3, left : left + 3] * kernel
    shown = [float(cell.get_attribute("data-value")) for cell in lab.locator(".lab-cell").all()]
    np.testing.assert_allclose(shown, products.ravel(), atol=1e-3)
    assert value(lab, ".sum") == pytest.approx(products.sum(), abs=1e-3)
    assert f"Sum = {products.sum():.0f}".replace("-", "−") in lab.locator(".sum").inner_text()


def test_kernel_keys_move_the_window_and_stop_at_the_edge(show):
    x = make_image()
    tab = show(labs.kernel_lab(x, stride=2, padding="same")).tab
    tab.set_viewport_size({"width": 1280, "height": 500})
    lab = lab_in(tab, "kernel_lab")
    view = lab.locator(".lab-view").first
    view.focus()
    scrolled = tab.evaluate("scrollY")
    for key in ("ArrowRight", "ArrowDown", "Shift+ArrowUp", "Shift+ArrowUp", "Shift+ArrowUp"):
        view.press(key)
        check_window(lab, x, scratch.SOBEL_X, 2, (1, 0))
    assert value(lab, ".sum", "row") == 0
    for _ in range(4):
        view.press("Shift+ArrowRight")
    assert value(lab, ".sum", "column") == 8
    check_window(lab, x, scratch.SOBEL_X, 2, (1, 0))
    assert tab.evaluate("scrollY") == scrolled


def test_kernel_a_passing_mouse_previews_and_a_press_stays(show):
    tab = show(labs.kernel_lab(make_image())).tab
    lab = lab_in(tab, "kernel_lab")
    before = [value(lab, ".sum", key) for key in ("row", "column")]
    box = lab.locator(".lab-view").first.bounding_box()
    at = (box["x"] + box["width"] * 11.5 / 20, box["y"] + box["height"] * 4.5 / 23)
    tab.mouse.move(*at)
    assert [value(lab, ".sum", key) for key in ("row", "column")] == [2, 9]
    tab.mouse.move(2, 2)
    assert [value(lab, ".sum", key) for key in ("row", "column")] == before
    tab.mouse.click(*at)
    tab.mouse.move(2, 2)
    assert [value(lab, ".sum", key) for key in ("row", "column")] == [2, 9]


def test_kernel_a_finger_moves_the_window(show):
    tab = show(labs.kernel_lab(make_image()), width=390, has_touch=True).tab
    lab = lab_in(tab, "kernel_lab")
    view = lab.locator(".lab-view").nth(1)
    box = view.bounding_box()
    view.tap(position={"x": box["width"] * 5.5 / 20, "y": box["height"] * 10.5 / 23})
    assert [value(lab, ".sum", key) for key in ("row", "column")] == [8, 3]


def test_kernel_size_is_said_by_formula(show):
    lab = lab_in(show(labs.kernel_lab(make_image(20, 20))).tab, "kernel_lab")
    choose(lab, "Stride", "3")
    assert "⌊(20 − 3) / 3⌋ + 1 = 6, so 6 × 6" in lab.locator(".size").inner_text()
    choose(lab, "Padding", "same (zeros)")
    assert "⌈20 / 3⌉ = 7, so 7 × 7" in lab.locator(".size").inner_text()
    choose(lab, "Stride", "2")
    assert "zeros: below, right." in lab.locator(".size").inner_text()


BAD = {
    "abc": "“abc” is not a number",
    "": "The field is empty",
    "NaN": "is not a number",
    "Infinity": "is not a number",
    "1e999": "outside −1000 to 1000",
    "99999999999": "outside",
    "1/0": "outside",
    "1;2": "is not a number",
    "<img src=x onerror=alert(1)>": "is not a number",
}


def test_kernel_what_is_no_number_is_said_and_nothing_else_changes(show):
    x = make_image()
    lab = lab_in(show(labs.kernel_lab(x)).tab, "kernel_lab")
    field, problem = lab.locator("input.lab-number").first, lab.locator(".problem")
    before = numbers(lab)
    for text, says in BAD.items():
        field.fill(text)
        assert says in problem.inner_text()
        assert "Row 1, column 1" in problem.inner_text()
        assert "Still using −1." in problem.inner_text()
        assert field.get_attribute("aria-invalid") == "true"
        assert np.array_equal(numbers(lab), before)
    assert field.get_attribute("aria-describedby") == problem.get_attribute("id")
    field.fill("4")
    assert problem.inner_text() == ""
    assert field.get_attribute("aria-invalid") is None
    kernel = scratch.SOBEL_X.copy()
    kernel[0, 0] = 4
    np.testing.assert_allclose(
        numbers(lab), correlate2d(x.astype(float), kernel, "valid"), atol=1e-3
    )
    field.fill("x")
    choose(lab, "Kernel", "blur")
    assert field.input_value() == "1/9"
    assert problem.inner_text() == ""
