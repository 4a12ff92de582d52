import os
import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from cxrlib.data import DataError, load, provenance, registry, splits, verify
from cxrlib.data.readers import kermany_patient
from tests.data.conftest import make_image, told


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("person16_bacteria_47.jpeg", ("bacterial", "bacteria-16")),
        ("person16_virus_47.jpeg", ("viral", "virus-16")),
        ("person1000_virus_1681_2.jpeg", ("viral", "virus-1000")),
        ("IM-0011-0001-0002.jpeg", ("normal", "normal-0011")),
        ("NORMAL2-IM-0011-0001.jpeg", ("normal", "normal2-0011")),
        ("BACTERIA-1008087-0001.jpeg", ("bacterial", "bacteria-1008087")),
        ("NORMAL-1003233-0001.jpeg", ("normal", "normal-1003233")),
        ("holiday.jpeg", None),
    ],
)
def test_patient_key(name, key):
    assert kermany_patient(name) == key


def test_pneumonia(kermany, monkeypatch):
    monkeypatch.setenv("CXR_DATA", str(kermany.parent))
    make_image(kermany / "val" / "NORMAL" / "NORMAL2-IM-1427-0001.jpeg", 99)
    make_image(kermany / "train" / "NORMAL" / "holiday.jpeg", 98)
    cases = load("pneumonia", quiet=True)
    assert len(cases) == 7  # the folder `val` is not used
    assert cases.patient_id.nunique() == 6
    assert cases.subtype.value_counts().to_dict() == {"normal": 3, "bacterial": 2, "viral": 2}
    assert set(zip(cases.width, cases.height, strict=True)) == {(24, 20)}
    splits.check_leakage(cases)
    assert "does not tell the patient" in told(cases).problem["holiday.jpeg"]
    assert len(told(cases)) == 1
    shutil.rmtree(kermany / "test" / "NORMAL")
    with pytest.raises(DataError, match="test/NORMAL: no such folder"):
        load("pneumonia")


def test_adults(tmp_path, monkeypatch):
    for i, name in enumerate(["NORMAL/001_000", "NORMAL/001_002", "PNEUMONIA/002_000"]):
        make_image(tmp_path / "nih-adult" / f"{name}.jpeg", i)
    monkeypatch.setenv("CXR_DATA", str(tmp_path))
    cases = load("adults", quiet=True)
    assert list(cases.patient_id) == ["nih:001", "nih:001", "nih:002"]
    assert provenance(cases).aspect_ratio["nih"] == "lost"  # published as squares
    assert cases.split.isna().all()


# ---- the COVID-19 collection

META = {
    "patientid": ["1", "1", "2", "3", "4", "5", "6"],
    "finding": ["COVID-19", "No Finding", "COVID-19, ARDS", "SARS", "COVID-19"] + ["Lipoid"] * 2,
    "view": ["PA", "PA", "AP Supine", "AP", "L", "PA", "PA"],
    "modality": ["X-ray"] * 5 + ["CT", "X-ray"],
    "filename": [f"{i}.jpg" for i in range(7)],
    "age": [50, 50, None, 60, 70, 80, 61],
    "sex": ["F", "F", "M", None, "M", "M", "F"],
    "license": "CC BY",
}


@pytest.fixture
def root(tmp_path, monkeypatch):
    root = tmp_path / "covid-chestxray-dataset"
    for i in range(7):
        make_image(root / "images" / f"{i}.jpg", 300 + i)
    (root / "masks").mkdir()
    Image.fromarray(np.zeros((20, 24), np.uint8)).save(root / "masks" / "0_mask.png")
    relist(root)
    monkeypatch.setenv("CXR_DATA", str(tmp_path))
    return root


def relist(root, table=None, **columns):
    table = pd.DataFrame(META) if table is None else table
    table.assign(**columns).to_csv(root / "metadata.csv", index=False)


def loaded():
    cases = load("covid-collection", quiet=True)
    return cases.set_index(cases.path.str.rsplit("/", n=1).str[1]), told(cases)


def test_every_frontal_finding_with_its_metadata(root, monkeypatch):
    cases, found = loaded()
    assert cases.label.to_dict() == {
        "0.jpg": "covid", "1.jpg": "other", "2.jpg": "covid", "3.jpg": "other", "6.jpg": "other",
    }  # fmt: skip
    assert list(cases.label.cat.categories) == ["other", "covid"]
    assert cases.finding["2.jpg"] == "COVID-19, ARDS"
    assert cases.view["2.jpg"] == "AP Supine"
    assert (cases.age["0.jpg"], cases.sex["0.jpg"]) == (50, "F")
    assert pd.isna(cases.age["2.jpg"])
    assert set(cases.license) == {"CC BY"}
    assert cases.split.isna().all()
    assert cases.patient_id["0.jpg"] == cases.patient_id["1.jpg"] == "collection:1"
    assert cases.mask_path.notna().tolist() == [True] + [False] * 4
    assert found.empty  # lateral images and CT are not wanted, and no problem
    with pytest.raises(DataError, match=r"at least 282 X-rays in metadata\.csv, got 6"):
        verify("covid-collection")
    small = replace(registry.SOURCES["covid-collection"], min_images=6)
    monkeypatch.setitem(registry.SOURCES, "covid-collection", small)
    assert verify("covid-collection")


def test_covid_has_four_classes_and_the_images_of_the_collection(root, kermany):
    four, alone = (load(name, quiet=True) for name in ("covid", "covid-collection"))
    assert four.label.value_counts().to_dict() == {
        "normal": 3, "bacterial": 2, "viral": 2, "covid": 2,
    }  # fmt: skip
    splits.check_leakage(four)
    both = four[four.label == "covid"].merge(alone, on=["path", "patient_id"])
    assert len(both) == 2
    masks_by = provenance(four).masks_by
    assert masks_by.to_dict() == {"collection": "a network, lungVAE", "kermany": ""}


def test_a_file_without_a_row_and_a_row_without_a_file_are_named(root):
    make_image(root / "images" / "stray.jpg", 400)
    (root / "images" / "6.jpg").unlink()
    cases, found = loaded()
    assert len(cases) == 4
    assert "has no row for it" in found.problem["stray.jpg"]
    assert "there is no such file" in found.problem["6.jpg"]
    assert set(found.action) == {"left out"}


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("view", "Oblique", "unknown view 'Oblique' in metadata.csv; expected one of PA, AP"),
        ("view", None, "unknown view ''"),
        ("modality", "MRI", "unknown modality 'MRI' in metadata.csv; expected one of X-ray, CT"),
        ("modality", None, "unknown modality ''"),
        ("finding", None, "unknown finding ''"),
        ("finding", " Unknown ", "unknown finding ' Unknown '"),
        ("patientid", None, "metadata.csv does not tell the patient"),
    ],
)
def test_what_is_unknown_is_left_out_and_named(root, column, value, words):
    relist(root, **{column: [*META[column][:-1], value]})
    cases, found = loaded()
    assert "6.jpg" not in cases.index
    assert found.problem["6.jpg"].startswith(words)


@pytest.mark.parametrize(
    ("change", "used", "words"),
    [
        ({"patientid": "9"}, True, "patient 6, 'Lipoid'; patient 9, 'Lipoid'; the first row"),
        ({"finding": "SARS"}, False, "nobody can tell"),
    ],
)
def test_a_file_with_two_rows(root, change, used, words):
    relist(root, pd.concat([pd.DataFrame(META), pd.DataFrame(META).iloc[[6]].assign(**change)]))
    cases, found = loaded()
    assert cases.index.is_unique
    assert ("6.jpg" in cases.index) == used
    assert found.action["6.jpg"] == ("kept" if used else "left out")
    assert words in found.problem["6.jpg"]


def test_a_class_that_is_missing_or_of_one_patient_is_refused(root, kermany):
    relist(root, patientid="1")
    with pytest.raises(DataError, match=r"'covid' images .* only 1 patient"):
        load("covid")
    relist(root, finding="COVID-19")
    with pytest.raises(DataError, match="none for 'other'"):
        loaded()
    for path in (root / "images").iterdir():
        path.unlink()
    words = r"(?s)finding of COVID-19.*got none\..*0\.jpg: listed in metadata\.csv, but there is no"
    with pytest.raises(DataError, match=words):
        load("covid")


def test_a_missing_listing_or_folder_of_images_is_named_once(root):
    (root / "images").rename(root / "pictures")
    with pytest.raises(DataError, match=r"^\S*images: no such folder\. Fetch the data set again"):
        loaded()
    (root / "metadata.csv").unlink()
    with pytest.raises(DataError, match=r"^\S*metadata\.csv: no such file\. Fetch"):
        loaded()
    os.mkfifo(root / "metadata.csv")
    with pytest.raises(DataError, match=r"^\S*metadata\.csv: not a regular file"):
        loaded()


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00broken\x81", b"finding,view\nx,PA\n"])
def test_a_listing_that_is_no_table_is_named(root, content):
    (root / "metadata.csv").write_bytes(content)
    words = r"metadata\.csv: expected .*(Add 'patientid'|Fetch it again)"
    with pytest.raises(DataError, match=words):
        loaded()
