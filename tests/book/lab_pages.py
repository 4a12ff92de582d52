"""Pages with labs on them, and hands to work the labs with."""

import html
from types import SimpleNamespace

import numpy as np
import pandas as pd

from cxrlib.teaching import labs

PAGE = (
    '<!doctype html><html lang="en"{theme}><head><meta charset="utf-8"><title>Labs</title>'
    '<meta name="viewport" content="width=device-width"></head><body><main><h1>Labs</h1>{labs}'
    "</main></body></html>"
)


def page(shown, theme="", framed=False):
    """Return a page with labs, in a notebook's sandboxed frame if wanted."""
    whole = PAGE.format(theme=theme, labs="".join(lab._repr_html_() for lab in shown))
    if not framed:
        return whole
    frame = '<iframe title="output" sandbox="allow-scripts" width="1000" height="1300" srcdoc="{}">'
    return PAGE.format(theme="", labs=frame.format(html.escape(whole)) + "</iframe>")


def make_image(rows=21, columns=18):
    """Return a smooth blob with noise on it, odd one way and even the other."""
    y, x = np.mgrid[:rows, :columns]
    blob = 180 * np.exp(-((y - rows / 2) ** 2 + (x - columns / 3) ** 2) / 30)
    return (blob + np.random.default_rng(0).uniform(0, 60, (rows, columns))).astype(np.uint8)


def scores():
    """Return a validation set, and a test set on which all scores are higher."""
    rng, made = np.random.default_rng(0), {}
    for name, n, apart, shift in (("validation", 300, 3.3, 0), ("test", 250, 2.3, 1)):
        y = (rng.random(n) < 0.6).astype(int)
        logits = rng.normal(size=n) + (y - 0.5) * apart + shift
        made[name] = y, (1 / (1 + np.exp(-2 * logits))).round(4)
    return made


def runs():
    """Return trainings at four stops, three seeds each, labels as they are and drawn by lot."""
    rng = np.random.default_rng(0)
    rows = [
        {
            "grouped": whole,
            "seed": seed,
            "variant": labels,
            "validation": top - fall * whole + rng.uniform(-0.02, 0.02),
            "test": test + rng.uniform(-0.02, 0.02),
            "leaked": 0.8 * (1 - whole),
        }
        for labels, top, fall, test in (
            ("as they are", 0.97, 0.13, 0.83),
            ("drawn by lot", 0.85, 0.35, 0.5),
        )
        for whole in (0, 0.25, 0.6, 1)
        for seed in range(3)
    ]
    return pd.DataFrame(rows)


MOST, HELPS = 2, 4  # squares of a grid of 4 × 3 that `corner` looks at


def corner(batch):
    """Answer from two squares of images (n, 48, 36, 1): the bright one decides, one helps."""
    bright = batch[:, :12, 24:].mean((1, 2, 3)) / 255
    helps = batch[:, 12:24, 12:24].mean((1, 2, 3)) / 255
    return (0.05 + 0.7 * bright + 0.2 * helps)[:, None]


def cover(image, hidden, rows=4, columns=3, grey=0):
    """Cover squares of an image, one after the other; bit i stands for square i."""
    covered = image.astype("float32")
    sides = zip(image.shape, (rows, columns), strict=True)
    y, x = (np.rint(np.linspace(0, side, n + 1)).astype(int) for side, n in sides)
    for i in (i for i in range(rows * columns) if hidden >> i & 1):
        row, column = divmod(i, columns)
        covered[y[row] : y[row + 1], x[column] : x[column + 1]] = grey
    return covered


def bands(batch):
    """Answer with four classes, from the means of four bands of the image."""
    means = np.stack([part.mean((1, 2, 3)) for part in np.array_split(batch, 4, axis=1)], axis=1)
    powers = np.exp(means / 60)
    return powers / powers.sum(axis=1, keepdims=True)


def corner_images():
    """Return three images: a white corner, a black one, and a white middle."""
    images = np.stack([make_image(48, 36)] * 3)
    images[:, :12, 24:] = np.array([255, 0, 0])[:, None, None]
    images[2, 12:24, 12:24] = 255
    return images


def shortcut(predict=corner, names=("normal", "pneumonia"), **settings):
    """Return a lab of the three images of `corner`, with labels and lungs."""
    images = corner_images()
    masks = np.zeros(images.shape, bool)
    masks[:, 12:36, :12] = masks[:, 12:36, 24:] = True
    given = {"labels": [1, 0, 0], "masks": masks[..., None]} | settings
    return labs.shortcut_lab(images[..., None], predict, names, **given)


def lab_in(tab, name):
    return tab.locator(f'.cxr-lab[data-name="{name}"]')


def numbers(lab):
    """Return what the right one of two images shows, as an array."""
    sides = [int(value(lab, "output[data-rows]", key)) for key in ("rows", "columns")]
    return np.reshape(lab.locator(".two canvas").nth(1).evaluate("c => c.numbers"), sides)


def assert_numbers(lab, expected, atol=1e-3, said=""):
    np.testing.assert_allclose(numbers(lab), expected, atol=atol, err_msg=said)


def value(lab, which, key="value"):
    return float(lab.locator(which).get_attribute(f"data-{key}"))


def values(lab, which, *keys):
    return [value(lab, which, key) for key in keys]


SEEN = """(lab) => {
  const heard = [...lab.querySelectorAll(".spoken")];
  for (const text of heard) text.style.display = "none";
  const seen = lab.innerText;
  for (const text of heard) text.style.display = "";
  return seen;
}"""


def seen(lab):
    """Return the text that can be seen; what is only heard comes later."""
    return lab.evaluate(SEEN)


def choose(lab, group, option):
    group = lab.get_by_role("group", name=group, exact=True)
    group.get_by_role("radio", name=option, exact=True).check()


def type_in(lab, which, *texts):
    """Type into fields, one after the other, from one of them on."""
    for i, text in enumerate(texts, start=which):
        lab.locator("input.lab-number").nth(i).fill(text)


def slide(lab, *numbers):
    for i, number in enumerate(numbers):
        lab.locator("input[type=range]").nth(i).fill(str(number))


def link_of(lab):
    """Press the button; when it has answered, it takes no focus any more."""
    lab.get_by_role("button", name="Copy link").click()
    lab.locator(".lab-link output:not(:empty)").wait_for()
    return lab.locator(".lab-link input").input_value()


def link_tail(lab):
    return "#" + link_of(lab).split("#")[1]


def make_network(side=96, filters=(16, 32, 32, 48), **settings):
    """Return a pooled CNN whose seeded weights are as different as those of a trained one."""
    from cxrlib import models

    model = models.pooled_cnn((side, side, 1), filters, **settings)
    rng = np.random.default_rng(0)
    for layer in model.layers:
        count = layer.output.shape[-1]
        if layer.name.startswith("norm"):
            low, high = (0.6, 0, 0, 0.3), (1.6, 0.5, 0.5, 1.5)
            layer.set_weights(rng.uniform(low, high, (count, 4)).T)
        if layer.name == "predictions":
            layer.set_weights([rng.normal(0, 4, layer.kernel.shape), np.array([0.2])])
    return model


def network(side=32, filters=(4, 6), **settings):
    """Return a lab with a small network and two images, one the other upside down."""
    images = np.stack([make_image(side, side), make_image(side, side)[::-1]])
    given = {"images": images} | settings
    return labs.network_lab(make_network(side, filters), ("normal", "pneumonia"), **given)


def describe(model, images, tiles=8):
    """Return standardised small copies of images (n, H, W), and the means of all layers' maps."""
    import keras

    n, side, _ = images.shape
    small = (
        images.reshape(n, tiles, side // tiles, tiles, side // tiles).mean((2, 4)).reshape(n, -1)
    )
    small = (small - small.mean(1, keepdims=True)) / (small.std(1, keepdims=True) + 1e-3)
    maps = [layer.output for layer in model.layers if layer.name.startswith("relu")]
    seen = keras.Model(model.input, maps).predict_on_batch(images[..., None].astype("float32"))
    return np.hstack([small, *(one.mean((1, 2)) for one in seen)])


def make_outliers(model, images, threshold):
    """Return what tells pictures of another kind than some: their directions and spreads."""
    described = describe(model, images)
    mean, scale = described.mean(0), described.std(0) + 0.1
    _, spreads, directions = np.linalg.svd((described - mean) / scale, full_matrices=False)
    return SimpleNamespace(
        layers=tuple(layer.name for layer in model.layers if layer.name.startswith("relu")),
        mean=mean,
        scale=scale,
        components=directions[:4],
        variances=spreads[:4] ** 2 / (len(images) - 1),
        noise=0.05,
        turn_weights=np.random.default_rng(0).normal(0, 0.1, (8 * 8 + 1, 3)),
        threshold=threshold,
        turn_threshold=np.inf,
        false_refusals=0.01,
        n=1234,
    )
