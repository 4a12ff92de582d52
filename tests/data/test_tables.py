import numpy as np
import pytest
from PIL import Image

from cxrlib import data
from cxrlib.data import DataError


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    for name in "abcd":
        Image.fromarray(rng.integers(0, 255, (20, 24), np.uint8)).save(tmp_path / f"{name}.png")
    return tmp_path


def load(folder, text, name="cases.csv", encoding="utf-8", **columns):
    (folder / name).write_text(text, encoding=encoding)
    return data.load_table(folder / name, **columns)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_rows_become_cases_with_paths_from_the_tables_folder_on(folder, separator):
    text = (
        "patient_id,path,label,split,note\n007,b.png,ill,Train,x\n007,a.png, ok ,test,\n,c.png,ok,,"
    )
    cases = load(folder, text.replace(",", separator), encoding="utf-8-sig")
    assert cases["path"].tolist() == [str(folder / f"{name}.png") for name in "abc"]
    assert cases["label"].tolist() == ["ok", "ill", "ok"]
    assert data.classes(cases) == ("ill", "ok")
    assert cases["patient_id"].fillna("?").tolist() == ["007", "007", "?"]
    assert cases["split"].fillna("?").tolist() == ["test", "train", "?"]
    assert cases[["width", "height"]].drop_duplicates().to_numpy().tolist() == [[24, 20]]
    assert (cases.attrs["name"], cases.attrs["root"]) == ("cases.csv", str(folder))
    assert data.provenance(cases)["images"].tolist() == [3]


def test_columns_are_named_and_patients_and_splits_may_be_missing(folder):
    text = "file,dx,who\na.png,0,p\nb.png,1,q"
    cases = load(folder, text, path_column="file", label_column="dx")
    assert data.classes(cases) == ("0", "1")
    assert cases[["patient_id", "split"]].isna().all(axis=None)
    named = load(folder, text, path_column="file", label_column="dx", patient_column="who")
    assert named["patient_id"].tolist() == ["p", "q"]


def test_rows_that_cannot_be_used_are_named_and_the_others_kept(folder):
    rows = ("a.png,x", "b.png,y", "a.png,x", "gone.png,x", ",x", "c.png,", "d.png,x", "d.png,y")
    cases = load(folder, "\n".join(("path,label", *rows)))
    assert cases["path"].tolist() == [str(folder / "a.png"), str(folder / "b.png")]
    said = {p.removeprefix(f"{folder}/"): text for p, text, _ in cases.attrs["problems"]}
    assert said["a.png"].startswith("row 4 says again")
    assert said["gone.png"] == "no such file; paths are counted from the folder of cases.csv"
    assert said["cases.csv, row 6"] == "the table tells no path"
    assert said["c.png"] == "the table tells no label in row 7"
    assert "labelled 'y' here and 'x' there" in said["d.png"]


@pytest.mark.parametrize(
    ("text", "columns", "said"),
    [
        ("path,lable\na.png,x", {}, "a column 'label', got path, lable. Did you mean 'lable'"),
        ("path,label\na.png,x", {"patient_column": "who"}, "'who', got.*--patient-column"),
        ("path,label\na.png,x\nb.png,x", {}, "at least two classes, got x"),
        ("path,label,split\na.png,x,dev\nb.png,y,test", {}, "train, val.*got dev"),
        ("", {}, "expected a table as text"),
        ('path,label\n"a.png,x', {}, "expected a table as text"),
        ("path,label\na.png,x\ngone.png,y", {}, "none for 'y'"),
        (
            "path,label\nx/a.png,x\nx/b.png,y",
            {},
            r"got 2 that lead to no file, such as .*/x/a\.png",
        ),
    ],
)
def test_a_table_that_cannot_be_read_is_an_error_with_its_name(folder, text, columns, said):
    with pytest.raises(DataError, match=said) as error:
        load(folder, text, **columns)
    assert str(error.value).partition(":")[0].endswith("cases.csv")


def test_a_spreadsheet_is_no_table_of_text(folder):
    (folder / "cases.csv").write_bytes(b"PK\x03\x04\xff\xfe")
    with pytest.raises(DataError, match="Save it as CSV"):
        data.load_table(folder / "cases.csv")
    with pytest.raises(DataError, match=r"gone\.csv: no such file\. Correct the path of the table"):
        data.load_table(folder / "gone.csv")
