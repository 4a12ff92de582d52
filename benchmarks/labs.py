"""How long a lab takes to answer one move of a knob, in a real browser.

    python benchmarks/labs.py > labs.json

A screen shows an image every 16.7 ms, so an answer within 16 ms looks immediate; a whole network
may take 50. For each knob the
median of 50 moves, the least of three such medians, since other programs may want the cores too;
of each lab the slowest knob. Needs Chromium. Prints one JSON object.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from playwright.sync_api import sync_playwright

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


def main() -> None:
    program = next(filter(None, map(shutil.which, BROWSERS)))
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "labs.html")
        file.write_text(page(all_labs()), encoding="utf-8")
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        tab = browser.new_page()
        tab.goto(file.as_uri())
        medians = {}
        for name in (f"{lab}_lab" for lab in LABS):
            knobs = lab_in(tab, name).locator(TYPED.get(name, "input[type=range]")).all()
            medians[name] = max(min(k.evaluate(MEDIAN) for _ in range(3)) for k in knobs[:8])
        medians["shortcut_lab"] = min(
            lab_in(tab, "shortcut_lab").evaluate(CLICKS) for _ in range(3)
        )
        medians["network_lab"] = min(lab_in(tab, "network_lab").evaluate(DABS) for _ in range(3))
        browser.close()
    answer = {"benchmark": "labs", "cores": os.cpu_count(), "milliseconds": medians}
    answer["within_a_frame"] = {name: median < FRAME for name, median in medians.items()}
    print(json.dumps(answer, indent=2))


if __name__ == "__main__":
    main()
