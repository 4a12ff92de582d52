import numpy as np
import pandas as pd
import pytest
from PIL import Image

from cxrlib.data import problems


def make_image(path, seed=0, size=(24, 20)):
    """Write a small random grey image; its content depends on the seed only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, size[::-1], dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    return path


def own_folder(root):
    """Write a folder of two classes and three people."""
    for i, name in enumerate(["sick/ann_1", "sick/ann_2", "well/bob_1", "well/cy_1"]):
        make_image(root / f"{name}.png", i)
    return root


def told(cases):
    """Return the problems of a table by file name."""
    found = problems(cases)
    return found.set_index(found.path.str.rsplit("/", n=1).str[1])


@pytest.fixture(autouse=True)
def no_real_data(monkeypatch, tmp_path_factory):
    """Tests use what they make: no CXR_DATA, and a cache of their own."""
    monkeypatch.delenv("CXR_DATA", raising=False)
    monkeypatch.setenv("CXR_CACHE", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture
def kermany(tmp_path):
    """Six children: two subtypes that share a number, two numberings that share a number."""
    names = ["train/NORMAL/IM-0115-0001", "train/NORMAL/NORMAL2-IM-0115-0001"]
    names += [f"train/PNEUMONIA/person16_{n}" for n in ("bacteria_47", "bacteria_48", "virus_47")]
    names += ["test/NORMAL/IM-0011-0001-0002", "test/PNEUMONIA/person3_virus_17"]
    for seed, name in enumerate(names, 1):
        make_image(tmp_path / "chest_xray" / f"{name}.jpeg", seed)
    return tmp_path / "chest_xray"


def case_table(patients, labels=None, splits=None):
    """Build a case table without images, for what needs only rows."""
    n = len(patients)
    labels = labels or ["normal", "pneumonia"] * n
    return pd.DataFrame(
        {
            "path": [f"{i:04d}.png" for i in range(n)],
            "label": pd.Categorical(labels[:n], ["normal", "pneumonia"]),
            "patient_id": patients,
            "split": splits or "train",
            "source": "test",
            "width": 24,
            "height": 20,
        }
    )
