"""``cxr predict`` as it comes: the shipped network, on a film and on what is none."""

import shutil

import pytest
from PIL import Image
from sklearn.datasets import load_sample_images

from cxrlib import phantoms
from cxrlib.cli import main


def film():
    return phantoms.draw("normal", size=256, seed=0).image


def photographs():
    return [Image.fromarray(photo).convert("L") for photo in load_sample_images().images]


@pytest.fixture
def predict(tmp_path, monkeypatch, capsys):
    """Ask the network that comes with the package: one line of answer for each file."""
    monkeypatch.delenv("CXR_RESULTS", raising=False)

    def predict(*files):
        assert main(["predict", *map(str, files)]) == 0
        said = capsys.readouterr().out
        assert "Network: study-small-network, trained on pneumonia (CC BY 4.0;" in said
        return said.split("\n\n")[0].splitlines()

    return predict


def test_a_film_is_answered_and_its_negative_and_photographs_are_refused(predict, tmp_path):
    pictures = [Image.fromarray(film()), Image.fromarray(255 - film()), *photographs()]
    files = [tmp_path / f"{i}.png" for i in range(len(pictures))]
    for picture, file in zip(pictures, files, strict=True):
        picture.save(file)
    answered, *refused = predict(*files)
    assert answered.startswith(f"{files[0]}: probability of 'pneumonia' 0.")
    assert len(refused) == 3
    for file, line in zip(files[1:], refused, strict=True):
        assert line.startswith(f"refused: {file}: expected a frontal chest X-ray like those of")
        assert "probability" not in line


def test_slices_are_refused(predict, tmp_path):
    examples = pytest.importorskip("pydicom.examples")
    files = [tmp_path / "ct.dcm", tmp_path / "mr.dcm"]
    for scan, file in zip((examples.ct, examples.mr), files, strict=True):
        shutil.copy(scan.filename, file)
    for file, line in zip(files, predict(*files), strict=True):
        assert line.startswith(f"refused: {file}: expected a frontal chest X-ray")
