"""How long a lab takes to answer one move of a knob, in a real browser.

A screen shows an image every 16.7 ms, so an answer within 16 ms looks immediate; a whole network
may take 50. For each knob the median of 50 moves, the least of three such medians, since other
programs may want the cores too; of each lab the slowest knob. Needs Chromium.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from playwright.sync_api import sync_playwright

from cxrlib.experiments.speed import Figure, Missing
from cxrlib.teaching import labs
from tests.book.conftest import BROWSERS, FLAGS
from tests.book.lab_pages import lab_in, make_image, make_network, page, runs, shortcut

FRAME = 16  # milliseconds
MEDIAN = """(field) => {
  const times = [];
  for (let i = 0; i < 50; i++) {
    const before = performance.now();
    field.value = field.type === "range" ? Number(field.min) + i % 5 * Number(field.step) : i % 5;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.closest(".cxr-lab").getBoundingClientRect();
    times.push(performance.now() - before);
  }
  return times.sort((a, b) => a - b)[25];
}"""
CLICKS = """(box) => {
  const times = [];
  for (let i = 0; i < 60; i++) {
    const before = performance.now();
    box.querySelectorAll(".squares button")[i % 12].click();
    box.getBoundingClientRect();
    times.push(performance.now() - before);
  }
  return times.sort((a, b) => a - b)[30];
}"""
DABS = """(box) => {
  const view = box.querySelector(".lab-view");
  const times = [];
  for (let i = 0; i < 50; i++) {
    const before = performance.now();
    view.dispatchEvent(new KeyboardEvent("keydown", { key: " ", bubbles: true }));
    box.getBoundingClientRect();
    times.push(performance.now() - before);
  }
  return times.sort((a, b) => a - b)[25];
}"""
TYPED = {"kernel_lab": "input.lab-number"}  # the others have sliders
LABS = ("neuron", "kernel", "pooling", "augmentation", "threshold", "leak")


def all_labs() -> list:
    """Make each lab as large as it may get, or nearly."""
    big, y = make_image(48, 48), np.arange(1500) % 2
    sets = dict.fromkeys("abc", (y, np.random.default_rng(0).random(1500)))
    return [
        labs.neuron_lab(),
        labs.kernel_lab(big),
        labs.pooling_lab(big, stride=1),
        labs.augmentation_lab(make_image(64, 64), rotation=20, gamma=1.2, fill_mode="reflect"),
        labs.threshold_lab(sets),
        labs.leak_lab(runs()),
        shortcut(),
        labs.network_lab(make_network(), ("normal", "pneumonia")),
    ]


def medians(n: int) -> Iterator[tuple[str, float]]:
    """Give the slowest knob of each lab: milliseconds, the least of ``n`` medians."""
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        raise FileNotFoundError(f"expected a browser, got none of {', '.join(BROWSERS)}.")
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "labs.html")
        file.write_text(page(all_labs()), encoding="utf-8")
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        tab = browser.new_page()
        tab.goto(file.as_uri())
        for name in (f"{lab}_lab" for lab in LABS):
            knobs = lab_in(tab, name).locator(TYPED.get(name, "input[type=range]")).all()
            yield name, max(min(k.evaluate(MEDIAN) for _ in range(n)) for k in knobs[:8])
        for name, moves in (("shortcut_lab", CLICKS), ("network_lab", DABS)):
            yield name, min(lab_in(tab, name).evaluate(moves) for _ in range(n))
        browser.close()


def figures(quick: bool) -> Iterator[Figure | Missing]:
    """Hold each lab against what a screen shows."""
    for name, milliseconds in medians(1 if quick else 3):
        limit, what = (50, "50 ms") if name == "network_lab" else (FRAME, "a frame")
        yield Figure(f"answer of {name}", "ms", milliseconds, limit, what, goal=1)
