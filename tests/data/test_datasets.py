import io
import os
import time

import numpy as np
import pytest
from PIL import Image

from cxrlib import phantoms
from cxrlib.data import DataError, banner, datasets, load, registry, verify
from cxrlib.data.readers import unpack_npz
from cxrlib.phantoms import plans


def test_an_unknown_name_gets_the_nearest_known_one():
    with pytest.raises(DataError, match=r"unknown data set 'pneumona'\. Did you mean 'pneumonia'"):
        load("pneumona")
    with pytest.raises(DataError, match="Known: pneumonia, covid"):
        load("zzz")


def test_an_unknown_source_is_refused():
    with pytest.raises(DataError, match="`source` must be one of auto, folder"):
        load("pneumonia", source="web")


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(DataError, match="no such folder"):
        load(tmp_path / "nowhere")


def test_auto_prefers_the_named_folder_then_the_cache(kermany, monkeypatch, tmp_path):
    monkeypatch.setenv("CXR_CACHE", str(kermany.parent))
    assert load("pneumonia", quiet=True).attrs["source"] == "cache"
    monkeypatch.setenv("CXR_DATA", str(kermany.parent))
    assert load("pneumonia", quiet=True).attrs["source"] == "folder"


def test_asking_for_what_is_not_there_says_how_to_get_it():
    with pytest.raises(DataError, match="CXR_DATA is not set; expected a folder with chest_xray"):
        load("pneumonia", source="folder")
    with pytest.raises(DataError, match="cxr data fetch pneumonia"):
        load("pneumonia", source="cache")


@pytest.mark.parametrize("named", ["/nowhere/at/all", __file__])
def test_a_named_folder_that_does_not_exist_is_an_error_and_not_a_reason_for_phantoms(
    monkeypatch, named
):
    monkeypatch.setenv("CXR_DATA", named)
    with pytest.raises(DataError, match=f"CXR_DATA is set to {named}, but there is no such folder"):
        load("pneumonia")


def test_a_named_folder_without_the_set_is_told_in_the_banner(monkeypatch, tmp_path, capsys):
    monkeypatch.setitem(plans.SETS, "adults", 24)
    monkeypatch.setenv("CXR_DATA", str(tmp_path))
    load("adults")
    assert f"CXR_DATA names {tmp_path}, which has no such set" in capsys.readouterr().out


def test_phantoms_on_disk_are_never_called_real(monkeypatch, tmp_path):
    phantoms.write(tmp_path / "mine", "adults", n=24, size=40, workers=1)
    monkeypatch.setenv("CXR_DATA", str(tmp_path / "mine"))
    for cases in (load("adults", quiet=True), load(tmp_path / "mine" / "nih-adult", quiet=True)):
        assert cases.attrs["source"] == "phantoms"
        assert cases.source.str.startswith("phantom-").all()
    assert load("adults", quiet=True).patient_id.str.startswith("phantom-nih:").all()


@pytest.mark.parametrize("name", ["", None, 3])
def test_a_name_that_is_none_is_refused(name):
    with pytest.raises(DataError, match="`name` must be"):
        load(name)


def test_arguments_that_would_have_no_effect_are_refused(tmp_path):
    with pytest.raises(DataError, match="is a folder, so `source` cannot be 'phantoms'"):
        load(tmp_path, source="phantoms")
    with pytest.raises(DataError, match="`patient` is for folders of your own"):
        load("pneumonia", patient="(x)")


def test_old_phantoms_are_swept_and_new_ones_stay(tmp_path):
    for name, days in (("old", 9), ("new", 1), (".old-killed", 9)):
        (tmp_path / name).mkdir()
        then = time.time() - days * 24 * 3600
        os.utime(tmp_path / name, (then, then))
    datasets._sweep(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["new"]


def test_phantoms_are_drawn_again_for_other_code_or_packages_and_not_for_a_comment(
    monkeypatch, tmp_path
):
    code = tmp_path / "film.py"

    def key(text):
        code.write_text(text, encoding="utf-8")
        return datasets._drawn_by.__wrapped__(tmp_path)

    first = key("GREY = 1\ndef f():\n    return GREY\n")
    assert key('"""Film."""\n\nGREY = 1  # bright\ndef f():\n    "Do."\n    return GREY\n') == first
    assert key("GREY = 2\ndef f():\n    return GREY\n") != first
    real = datasets.version
    for package in datasets.DRAWN_WITH:
        monkeypatch.setattr(datasets, "version", lambda n, p=package: real(n) + "." * (n == p))
        assert key("GREY = 1\ndef f():\n    return GREY\n") != first


def test_auto_draws_phantoms_last_and_only_once(monkeypatch):
    monkeypatch.setitem(plans.SETS, "pneumoniamnist", 60)
    cases = load("pneumoniamnist", quiet=True)
    assert cases.attrs["source"] == "phantoms"
    assert set(cases.split) == {"train", "val", "test"}
    assert set(cases.width) == set(cases.height) == {28}
    assert Image.open(cases.lesion_path.iloc[0]).size == (28, 28)
    monkeypatch.setattr(phantoms, "write", lambda *a, **k: pytest.fail("drawn again"))
    again = load("pneumoniamnist", quiet=True)
    assert again.path.equals(cases.path)


def test_phantoms_that_cannot_be_written_say_where_to_go(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("x")
    monkeypatch.setenv("CXR_CACHE", str(tmp_path / "file"))
    with pytest.raises(DataError, match="CXR_CACHE"):
        load("adults")


def test_auto_downloads_in_colab(monkeypatch, kermany):
    monkeypatch.setattr(datasets, "_in_colab", lambda: True)
    monkeypatch.setattr(datasets, "fetch", lambda name: [kermany])
    assert load("pneumonia", quiet=True).attrs["source"] == "download"


def test_auto_goes_on_with_phantoms_in_colab_where_a_download_fails(monkeypatch, capsys):
    def fail(name):
        raise DataError("nih-adult.zip: the download broke off (<urllib3 object>).")

    monkeypatch.setattr(datasets, "_in_colab", lambda: True)
    monkeypatch.setattr(datasets, "fetch", fail)
    monkeypatch.setitem(plans.SETS, "adults", 24)
    cases = load("adults")
    assert cases.attrs["source"] == "phantoms"
    said = capsys.readouterr().out
    assert "not patients" in said
    assert "could not be downloaded: nih-adult.zip: the download broke off" in said
    assert "!cxr data fetch adults" in said
    assert "`nih-adult.zip: the download broke off (<urllib3 object>).`" in banner.text(cases)
    with pytest.raises(DataError, match="broke off"):
        load("adults", source="download")


def test_the_banner_says_real_or_phantom_and_what_was_left_out(kermany, monkeypatch, capsys):
    monkeypatch.setenv("CXR_DATA", str(kermany.parent))
    (kermany / "train" / "NORMAL" / "IM-0001-0001.jpeg").write_bytes(b"")
    cases = load("pneumonia")
    said = capsys.readouterr().out
    assert "7 real X-rays of the set pneumonia" in said
    assert "1 files could not be used" in said
    cases.attrs["source"] = "phantoms"
    assert "cxr data fetch pneumonia" in banner.text(cases)
    assert "not patients" in banner.text(cases)


def test_verify_counts(kermany, monkeypatch):
    monkeypatch.setenv("CXR_DATA", str(kermany.parent))
    with pytest.raises(DataError, match=r"not complete \(train/NORMAL: expected 1,341, got 2"):
        verify("pneumonia")
    with pytest.raises(DataError, match="not on this machine"):
        verify("adults")


def npz(**change):
    arrays = {}
    for split, n in (("train", 6), ("val", 2), ("test", 4)):
        arrays[f"{split}_images"] = np.random.default_rng(n).integers(0, 256, (n, 28, 28), np.uint8)
        arrays[f"{split}_labels"] = (np.arange(n) % 2)[:, None].astype(np.uint8)
    file = io.BytesIO()
    np.savez(file, **{k: v for k, v in arrays.items() if k not in change.get("without", ())})
    return file.getvalue()


def test_pneumoniamnist_becomes_files_with_splits_but_no_patients(tmp_path, monkeypatch):
    (tmp_path / "x.npz").write_bytes(npz())
    folder = tmp_path / registry.COLLECTIONS["pneumoniamnist-28"].folder
    unpack_npz(tmp_path / "x.npz", folder)
    monkeypatch.setenv("CXR_DATA", str(tmp_path))
    cases = load("pneumoniamnist", quiet=True)
    assert cases.split.value_counts().to_dict() == {"train": 6, "test": 4, "val": 2}
    assert cases.patient_id.isna().all()
    assert set(cases.width) == {28}


def test_an_npz_without_an_array_is_refused(tmp_path):
    (tmp_path / "x.npz").write_bytes(npz(without=["val_images"]))
    with pytest.raises(DataError, match="missing array"):
        unpack_npz(tmp_path / "x.npz", tmp_path / "out")


def test_every_registered_set_can_be_read_and_credited():
    for name, dataset in registry.DATASETS.items():
        assert len(dataset.classes) >= 2, name
        for key in dataset.collections:
            collection = registry.COLLECTIONS[key]
            assert collection.licence
            assert collection.citation
            assert collection.url.startswith("https://")
            assert collection.counts or collection.listing
            assert collection.members or collection.archive.endswith(".npz")


def test_importing_the_room_loads_no_tensorflow():
    import subprocess
    import sys

    code = "import sys; from cxrlib import data; data.load; assert 'tensorflow' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
