import shutil

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from cxrlib.data import DataError, load, problems, splits
from cxrlib.data.readers import kermany_patient
from tests.data.conftest import picture


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
    picture(kermany / "val" / "NORMAL" / "NORMAL2-IM-1427-0001.jpeg", 99)
    cases = load("pneumonia", quiet=True)
    assert len(cases) == 7  # the folder `val` is not used
    assert cases.patient_id.nunique() == 6
    assert cases.subtype.value_counts().to_dict() == {"normal": 3, "bacterial": 2, "viral": 2}
    assert set(zip(cases.width, cases.height, strict=True)) == {(24, 20)}
    splits.check(cases)


def test_a_name_without_patient_is_left_out_and_named(kermany, monkeypatch):
    monkeypatch.setenv("CXR_DATA", str(kermany.parent))
    picture(kermany / "train" / "NORMAL" / "holiday.jpeg", 99)
    found = problems(load("pneumonia", quiet=True))
    assert found.path.str.endswith("holiday.jpeg").sum() == 1
    assert "does not tell the patient" in found.problem.iloc[0]


def test_a_missing_class_folder_is_named(kermany, monkeypatch):
    monkeypatch.setenv("CXR_DATA", str(kermany.parent))
    shutil.rmtree(kermany / "test" / "NORMAL")
    with pytest.raises(DataError, match=r"test/NORMAL is missing"):
        load("pneumonia")


META = {
    "patientid": ["1", "1", "2", "3", "4", "5", "6", "7"],
    "finding": ["COVID-19", "COVID-19, ARDS", "COVID-19", "SARS", "COVID-19"] + ["COVID-19"] * 3,
    "view": ["PA", "AP", "AP Supine", "PA", "L", "PA", "PA", "PA"],
    "modality": ["X-ray"] * 5 + ["CT"] + ["X-ray"] * 2,
    "filename": [f"{i}.jpg" for i in range(8)],
    "age": [50, 50, None, 60, 70, 80, 61, 62],
}


@pytest.fixture
def covid(kermany, monkeypatch):
    root = kermany.parent / "covid-chestxray-dataset"
    for i in range(7):  # 7.jpg is listed, but not there
        picture(root / "images" / f"{i}.jpg", 200 + i)
    (root / "masks").mkdir()
    Image.fromarray(np.zeros((20, 24), np.uint8)).save(root / "masks" / "0_mask.png")
    pd.DataFrame(META).to_csv(root / "metadata.csv", index=False)
    monkeypatch.setenv("CXR_DATA", str(kermany.parent))
    return root


def test_covid_has_four_classes_and_frontal_covid_views_only(covid):
    cases = load("covid", quiet=True)
    names = cases.loc[cases.label == "covid", "path"].str.rsplit("/", n=1).str[1]
    assert sorted(names) == ["0.jpg", "1.jpg", "2.jpg", "6.jpg"]  # ARDS in, lateral, CT, SARS out
    assert cases.label.value_counts().to_dict() == {
        "covid": 4, "normal": 3, "bacterial": 2, "viral": 2,
    }  # fmt: skip
    assert cases.mask_path.notna().sum() == 1
    splits.check(cases)


def test_a_listed_file_that_is_not_there_is_named(covid):
    found = problems(load("covid", quiet=True))
    assert found.path.str.endswith("7.jpg").any()


def test_a_row_without_patient_is_left_out_and_named(covid):
    table = pd.DataFrame(META).assign(patientid=[None, *META["patientid"][1:]])
    table.to_csv(covid / "metadata.csv", index=False)
    cases = load("covid", quiet=True)
    assert not cases.patient_id.str.contains("None|NA").any()
    found = problems(cases)
    assert "does not tell the patient" in found[found.path.str.endswith("0.jpg")].problem.iloc[0]


def test_an_unknown_finding_is_no_covid(covid):
    table = pd.DataFrame(META).assign(finding=[None, *META["finding"][1:]])
    table.to_csv(covid / "metadata.csv", index=False)
    assert (load("covid", quiet=True).label == "covid").sum() == 3


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00broken\x81"])
def test_a_listing_that_is_no_table_is_named(covid, content):
    (covid / "metadata.csv").write_bytes(content)
    with pytest.raises(DataError, match=r"metadata\.csv"):
        load("covid")


def test_a_missing_metadata_column_is_named(covid):
    pd.DataFrame(META).drop(columns="finding").to_csv(covid / "metadata.csv", index=False)
    with pytest.raises(DataError, match=r"metadata\.csv: missing column 'finding'"):
        load("covid")


def test_adults(tmp_path, monkeypatch):
    for i, name in enumerate(["NORMAL/001_000", "NORMAL/001_002", "PNEUMONIA/002_000"]):
        picture(tmp_path / "nih-adult" / f"{name}.jpeg", i)
    monkeypatch.setenv("CXR_DATA", str(tmp_path))
    cases = load("adults", quiet=True)
    assert list(cases.patient_id) == ["nih:001", "nih:001", "nih:002"]
    assert cases.split.isna().all()


def own_folder(root):
    for i, name in enumerate(["sick/ann_1", "sick/ann_2", "well/bob_1", "well/cy_1"]):
        picture(root / f"{name}.png", i)
    return root


def test_any_folder_with_a_sub_folder_a_class(tmp_path):
    cases = load(own_folder(tmp_path / "mine"), quiet=True)
    assert list(cases.label.cat.categories) == ["sick", "well"]
    assert cases.patient_id.isna().all()
    cases = load(tmp_path / "mine", patient=r"^(\w+?)_", quiet=True)
    assert set(cases.patient_id) == {f"{tmp_path.name}/mine:{who}" for who in ("ann", "bob", "cy")}


def test_a_folder_with_splits(tmp_path):
    own_folder(tmp_path / "train")
    picture(tmp_path / "Validation" / "sick" / "dee_1.png", 8)
    picture(tmp_path / "Validation" / "well" / "ed_1.png", 9)
    cases = load(tmp_path, quiet=True)
    assert cases.split.value_counts().to_dict() == {"train": 4, "val": 2}
    shutil.rmtree(tmp_path / "Validation" / "well")
    with pytest.raises(DataError, match=r"Validation/well is missing"):
        load(tmp_path)


@pytest.mark.parametrize("make", [lambda p: None, lambda p: (p / "only").mkdir()])
def test_an_empty_folder_is_an_error(tmp_path, make):
    make(tmp_path)
    with pytest.raises(DataError, match="at least two class folders"):
        load(tmp_path)


def test_folders_of_splits_beside_others_are_refused(tmp_path):
    for part in ("train", "test", "extra"):
        own_folder(tmp_path / part)
    with pytest.raises(DataError, match="test, train are splits, but extra is not"):
        load(tmp_path)


def test_patient_patterns_that_cannot_work_are_refused(tmp_path):
    own_folder(tmp_path)
    with pytest.raises(DataError, match="no regular expression"):
        load(tmp_path, patient="(")
    with pytest.raises(DataError, match="one group at most, got 2"):
        load(tmp_path, patient=r"(\w+)_(\d)")


def test_a_group_that_takes_no_part_is_no_patient(tmp_path):
    own_folder(tmp_path)
    cases = load(tmp_path, patient=r"^(ann|bob)?", quiet=True)
    assert set(cases.patient_id.str.split(":").str[1]) == {"ann", "bob"}
    assert problems(cases).path.str.endswith("cy_1.png").any()


def test_two_hospitals_with_folders_of_one_name_keep_their_patients_apart(tmp_path):
    ids = [
        set(load(own_folder(tmp_path / site / "set"), patient="^[a-z]+", quiet=True).patient_id)
        for site in ("one", "two")
    ]
    assert not ids[0] & ids[1]


def test_links_are_followed_and_dead_ones_named(tmp_path):
    own_folder(tmp_path / "set")
    picture(tmp_path / "far" / "dee_1.png", 60)
    (tmp_path / "set" / "sick" / "more").symlink_to(tmp_path / "far")
    (tmp_path / "far" / "loop").symlink_to(tmp_path / "set" / "sick")
    (tmp_path / "set" / "well" / "dead.png").symlink_to(tmp_path / "gone.png")
    cases = load(tmp_path / "set", quiet=True)
    assert (cases.label == "sick").sum() == 3
    assert problems(cases).path.str.endswith("dead.png").sum() == 1


def test_an_empty_class_is_named(tmp_path):
    own_folder(tmp_path)
    (tmp_path / "odd").mkdir()
    with pytest.raises(DataError, match="no readable picture for class 'odd'"):
        load(tmp_path)


def test_odd_files_are_reported_one_by_one_and_the_rest_is_loaded(tmp_path):
    own_folder(tmp_path)
    (tmp_path / "sick" / "notes.txt").write_text("hello")
    (tmp_path / "sick" / "zero.png").write_bytes(b"")
    (tmp_path / "sick" / ".DS_Store").write_bytes(b"x")
    picture(tmp_path / "stray.png", 50)
    picture(tmp_path / "well" / "png.png", 51).rename(tmp_path / "well" / "png.jpg")
    shutil.copy(tmp_path / "sick" / "ann_1.png", tmp_path / "sick" / "copy.png")
    cases = load(tmp_path, quiet=True)
    found = problems(cases).assign(name=lambda t: t.path.str.rsplit("/", n=1).str[1])
    found = found.set_index("name")
    assert len(cases) == 6
    assert found.action.to_dict() == {
        "notes.txt": "left out", "zero.png": "left out", "stray.png": "left out",
        "png.jpg": "kept", "ann_1.png": "kept", "copy.png": "kept",
    }  # fmt: skip
    assert "not a JPEG or PNG" in found.problem["notes.txt"]
    assert "empty" in found.problem["zero.png"]
    assert "no label" in found.problem["stray.png"]
    assert "content PNG" in found.problem["png.jpg"]
    assert "copy.png" in found.problem["ann_1.png"]


def test_the_same_picture_under_two_labels_is_left_out_twice(tmp_path):
    own_folder(tmp_path)
    shutil.copy(tmp_path / "sick" / "ann_1.png", tmp_path / "well" / "dan_1.png")
    cases = load(tmp_path, quiet=True)
    assert len(cases) == 3
    found = problems(cases)
    assert set(found.action) == {"left out"}
    assert "labelled 'sick' here and 'well' there" in found.problem.iloc[0]
