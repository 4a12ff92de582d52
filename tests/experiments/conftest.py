import copy
from dataclasses import replace
from pathlib import Path

import keras
import pandas as pd
import pytest
from PIL import Image

from cxrlib import data
from cxrlib.experiments import registry
from cxrlib.experiments.run import environment
from tests.models.training.conftest import some_pictures
from tests.models.transfer.conftest import TINY, register, tiny_app, write_weights

LAST = ("block_16", "block3_.*")  # the name that article 2's settings unfreeze from


def a_run(seed: int = 0) -> dict:
    return {
        "seed": seed,
        "history": {"loss": [0.7, 0.5], "val_loss": [None, 0.6]},
        "metrics": {"test accuracy": 2 / 3},
        "confusion_matrix": {"test": [[1, 1], [0, 1]]},
        "threshold": 0.5,
        "scores": {
            "path": ["A/1.png", "A/2.png", "B/3.png"],
            "patient": ["p1", None, "p3"],
            "y": [0, 0, 1],
            "score": [0.1234567, 1.234567e-9, 0.9],
        },
        "test_evaluations": [{"date": "2026-11-29", "purpose": "final evaluation", "times": 1}],
    }


def fields(**other) -> dict:
    """Every field of a small record."""
    summary = {"mean": 2 / 3, "low": 0.2, "high": 0.9, "method": "by hand"}
    return {
        **environment(),
        "id": "article-3-repaired",
        "title": "Article 3 · répaired",
        "article": 3,
        "config": {"learning rate": 1e-4, "layers": (16, 32)},
        "data": {
            "name": "pneumonia",
            "source": "folder",
            "counts": {"train": {"A": 5, "B": 4}, "test": {"A": 2, "B": 1}},
            "fingerprint": "0a" * 32,
            "patients": {"train": 8, "test": None},
        },
        "seconds": 1234.5678,
        "peak_memory_mb": None,
        "runs": [a_run(0), a_run(1)],
        "summary": {"test accuracy": summary},
        "notes": ["Three images only."],
        **other,
    }


def changed(value: object, *place) -> dict:
    """Fields with another value at a place, such as ("runs", 0, "seed")."""
    made = inner = copy.deepcopy(fields())
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value
    return made


def children(root: Path, train: int, siblings: bool = False) -> pd.DataFrame:
    """Write images and list them: noise, with a bright middle where a child is sick.

    With ``siblings`` each child has two.
    """
    tables = []
    for seed, (split, n) in enumerate({"train": train, "test": 12}.items()):
        images = some_pictures(n, split, seed, size=32)
        table = images.cases.assign(path=[str(root / path) for path in images.cases["path"]])
        if siblings:
            table["patient_id"] = [f"{split} {i % 2} {i // 4}" for i in range(n)]
        (root / split).mkdir(parents=True)
        for path, image in zip(table["path"], images.images, strict=True):
            Image.fromarray(image[:, :, 0]).save(path)
        tables.append(table)
    table = pd.concat(tables, ignore_index=True)
    table.attrs.update(name="pneumonia", source="folder")
    return table


def make_quick(patch: pytest.MonkeyPatch, cases: pd.DataFrame, change: dict) -> dict:
    """Let studies load these images, and run with other settings, one epoch or two at most."""
    quick = {}
    for id, study in registry.STUDIES.items():
        epochs = min(change.get("epochs", 2), study.config.get("epochs", 0))
        quick[id] = replace(study, config=study.config | change | {"epochs": epochs})
    patch.setattr(registry, "STUDIES", quick)
    patch.setattr(data, "load", lambda *_, **__: cases)
    return quick


@pytest.fixture
def tiny(monkeypatch, tmp_path):
    """Register a small backbone with weights of its own."""
    register(monkeypatch, replace(TINY, blocks=(*TINY.blocks[:2], LAST)))
    monkeypatch.setenv("CXR_WEIGHTS", str(tmp_path / "weights"))
    monkeypatch.setenv("CXR_CACHE", str(tmp_path / "cache"))
    keras.utils.set_random_seed(0)
    base = tiny_app(False, None, keras.Input((32, 32, 3)))
    write_weights(tmp_path / "weights" / "tiny.h5", base, as_drawn=True)


CLASSES = ("normal", "bacterial", "viral", "covid")
SAME = {"split": pd.NA, "source": "test", "width": 32, "height": 32, "view": "PA"}


def listed(**images: list[str]) -> pd.DataFrame:
    """Give each class an image for each name of a patient, in files that are named in order."""
    rows = [
        {"path": f"{label}/{i:03d}.png", "label": label, "patient_id": f"{label}:{who}"}
        | {"finding": label, **SAME}
        for label, patients in images.items()
        for i, who in enumerate(patients)
    ]
    return data.cases.build(rows, [name for name in CLASSES if name in images], name="covid")


def enough_images() -> pd.DataFrame:
    """List enough for article 4's sizes, two of each patient."""
    have = zip(CLASSES, (90, 100, 84, 80), strict=True)
    return listed(**{name: [str(i // 2) for i in range(n)] for name, n in have})
