import os
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from cxrlib import phantoms
from cxrlib.data import DataError, combine, load, problems, registry, splits, verify
from cxrlib.phantoms import plans
from tests.data.conftest import picture

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
        picture(root / "images" / f"{i}.jpg", 300 + i)
    mask(root, 0, (24, 20))
    relist(root)
    monkeypatch.setenv("CXR_DATA", str(tmp_path))
    return root


def mask(root, i, size):
    (root / "masks").mkdir(exist_ok=True)
    Image.fromarray(np.zeros(size[::-1], np.uint8)).save(root / "masks" / f"{i}_mask.png")


def relist(root, table=None, **columns):
    table = pd.DataFrame(META) if table is None else table
    table.assign(**columns).to_csv(root / "metadata.csv", index=False)


def loaded():
    cases = load("covid-collection", quiet=True)
    return cases.set_index(cases.path.str.rsplit("/", n=1).str[1]), told(cases)


def told(cases):
    found = problems(cases)
    return found.set_index(found.path.str.rsplit("/", n=1).str[1])


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
    assert found.empty  # lateral films and CT are not wanted, and no problem
    with pytest.raises(DataError, match="lists 6 X-rays, expected at least 282"):
        verify("covid-collection")
    small = replace(registry.COLLECTIONS["covid-collection"], least=6)
    monkeypatch.setitem(registry.COLLECTIONS, "covid-collection", small)
    assert verify("covid-collection")


def test_its_films_stand_under_the_same_path_and_patient_as_in_covid(root, kermany):
    assert kermany.parent == root.parent
    four, alone = (load(name, quiet=True) for name in ("covid", "covid-collection"))
    both = four[four.label == "covid"].merge(alone, on=["path", "patient_id"])
    assert len(both) == (four.label == "covid").sum() == 2
    others = alone[(alone.label == "other") & ~alone.patient_id.isin(four.patient_id)]
    together = combine(four, others)
    splits.check(together)
    assert together.finding.dropna().tolist().count("Lipoid") == 1


def test_a_file_without_a_row_and_a_row_without_a_file_are_named(root):
    picture(root / "images" / "stray.jpg", 400)
    (root / "images" / "6.jpg").unlink()
    cases, found = loaded()
    assert len(cases) == 4
    assert "has no row for it" in found.problem["stray.jpg"]
    assert "there is no such file" in found.problem["6.jpg"]
    assert set(found.action) == {"left out"}


@pytest.mark.parametrize("view", ["Oblique", None])
def test_an_unknown_view_is_left_out_and_named(root, view):
    relist(root, view=[view, *META["view"][1:]])
    cases, found = loaded()
    assert "0.jpg" not in cases.index
    assert "unknown view" in found.problem["0.jpg"]
    assert "expected one of PA, AP" in found.problem["0.jpg"]


@pytest.mark.parametrize("finding", [None, "todo", " Unknown "])
def test_an_unknown_finding_is_left_out_and_named(root, finding):
    relist(root, finding=[*META["finding"][:-1], finding])
    cases, found = loaded()
    assert len(cases) == 4
    assert "unknown finding" in found.problem["6.jpg"]


def test_a_file_with_two_rows_is_read_once(root):
    twice = pd.concat([pd.DataFrame(META), pd.DataFrame(META).iloc[[6]].assign(patientid="9")])
    relist(root, twice)
    cases, found = loaded()
    assert cases.index.is_unique
    assert cases.patient_id["6.jpg"] == "collection:6"
    assert found.action["6.jpg"] == "kept"
    assert "patient 6, 'Lipoid'; patient 9, 'Lipoid'" in found.problem["6.jpg"]


def test_a_file_with_two_findings_is_left_out(root):
    twice = pd.concat([pd.DataFrame(META), pd.DataFrame(META).iloc[[6]].assign(finding="SARS")])
    relist(root, twice)
    cases, found = loaded()
    assert "6.jpg" not in cases.index
    assert found.action["6.jpg"] == "left out"
    assert "nobody can tell" in found.problem["6.jpg"]


def test_a_collection_of_one_class_only_is_refused(root):
    relist(root, finding="COVID-19")
    with pytest.raises(DataError, match="no readable picture for class 'other'"):
        loaded()


def test_a_class_with_one_patient_is_refused_when_it_is_split(root, kermany):
    relist(root, patientid="1")
    with pytest.raises(DataError, match="'covid' picture: the class has only 1 patient"):
        load("covid")
    with pytest.raises(DataError, match="only 1 patient"):
        splits.by_patient(load("covid-collection", quiet=True), {"train": 0.5, "test": 0.5})


def test_masks_of_another_shape_are_left_out_and_named_and_the_picture_stays(root):
    mask(root, 2, (20, 24))
    mask(root, 3, (48, 40))
    (root / "masks" / "6_mask.png").write_bytes(b"no picture")
    cases, found = loaded()
    assert len(cases) == 5
    assert cases.mask_path.notna().to_dict() == {
        "0.jpg": True, "1.jpg": False, "2.jpg": False, "3.jpg": True, "6.jpg": False,
    }  # fmt: skip
    assert "this mask is 20×24, its picture" in found.problem["2_mask.png"]
    assert found.action.to_dict() == {
        "2_mask.png": "left out", "3_mask.png": "kept", "6_mask.png": "left out",
    }  # fmt: skip


def test_phantoms_are_those_of_covid(monkeypatch):
    monkeypatch.setitem(plans.SETS, "covid", 60)
    four = load("covid", quiet=True)
    monkeypatch.setattr(phantoms, "write", lambda *a, **k: pytest.fail("drawn again"))
    alone = load("covid-collection", quiet=True)
    assert alone.attrs["source"] == "phantoms"
    assert set(four[four.label == "covid"].path) == set(alone[alone.label == "covid"].path)
    assert len(alone) == 18
    assert alone.mask_path.notna().all()
    assert problems(alone).empty
    assert alone.patient_id.str.startswith("phantom-collection:").all()
    splits.check(splits.by_patient(alone, {"train": 0.5, "test": 0.5}))


@pytest.mark.parametrize("modality", ["MRI", None])
def test_an_unknown_modality_is_left_out_and_named(root, modality):
    relist(root, modality=[modality, *META["modality"][1:]])
    cases, found = loaded()
    assert "0.jpg" not in cases.index
    assert "unknown modality" in found.problem["0.jpg"]
    assert "expected one of X-ray, CT" in found.problem["0.jpg"]


def test_a_missing_listing_or_folder_of_pictures_is_named_once(root):
    (root / "metadata.csv").rename(root / "away.csv")
    with pytest.raises(DataError, match=r"^\S*metadata\.csv is missing\. Fetch the data set again"):
        loaded()
    (root / "away.csv").rename(root / "metadata.csv")
    (root / "images").rename(root / "pictures")
    with pytest.raises(DataError, match=r"^\S*images is missing\. Fetch the data set again"):
        loaded()


@pytest.mark.parametrize("text", ["", "\x00\xff"])
def test_a_listing_that_is_no_table_is_named(root, text):
    (root / "metadata.csv").write_bytes(text.encode("latin-1"))
    with pytest.raises(DataError, match=r"metadata\.csv"):
        loaded()


def test_a_listing_that_is_a_pipe_is_not_waited_for(root):
    (root / "metadata.csv").unlink()
    os.mkfifo(root / "metadata.csv")
    with pytest.raises(DataError, match=r"metadata\.csv is no regular file"):
        loaded()


def test_without_any_covid_picture_the_reasons_are_listed(root, kermany):
    for path in (root / "images").iterdir():
        path.unlink()
    words = r"(?s)finding of COVID-19.*got none\..*0\.jpg: listed in metadata\.csv, but there is no"
    with pytest.raises(DataError, match=words):
        load("covid")
