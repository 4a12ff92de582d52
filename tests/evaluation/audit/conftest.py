import shutil

import numpy as np
import pytest
from PIL import Image
from threadpoolctl import threadpool_limits

from cxrlib import data, phantoms
from cxrlib.evaluation.audit import probes
from cxrlib.evaluation.audit.report import Finding

PATIENT = r"p\d+"


def draw_set(root, n=160, seed=0, size=96, test_site="a", marker=None):
    """Draw a set without faults: one hospital, both classes alike, patients dealt out by split."""
    rng = np.random.default_rng([seed, 5])
    for patient in range(n):
        kind = ("normal", "bacterial")[patient % 2]
        split = "test" if rng.random() < 0.3 else "train"
        phantom = phantoms.draw(
            kind,
            size=size,
            seed=10_000 * seed + patient,
            site=test_site if split == "test" else "a",
            marker=marker if marker and kind == "bacterial" else "",
        )
        folder = root / split / ("PNEUMONIA" if patient % 2 else "NORMAL")
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(phantom.image).save(folder / f"p{patient:04d}_0.png")
    return root


def table(root):
    return data.load(root, patient=PATIENT, quiet=True)


def pictured(root):
    """Rows and thumbnails as the checks take them."""
    images = data.read_images(table(root), probes.SIDE, "stretch")
    return images.cases, images.images[:, :, :, 0]


@pytest.fixture(autouse=True)
def _one_thread():
    """Many small matrices, as in an audit: more threads would only wait for each other."""
    with threadpool_limits(1):
        yield


@pytest.fixture
def without_probes(monkeypatch):
    """Leave out what takes longest, in tests of everything else."""
    for name in ("folder shift", "shortcuts"):
        finding = Finding(name, "not checked", "left out")
        monkeypatch.setattr(
            probes, f"check_{name.replace(' ', '_')}", lambda *_, said=finding, **__: said
        )


@pytest.fixture(scope="session")
def clean(tmp_path_factory):
    return draw_set(tmp_path_factory.mktemp("clean") / "set")


@pytest.fixture
def copy(clean, tmp_path):
    return shutil.copytree(clean, tmp_path / "set")
