import os
import subprocess
import sys
import time

import pytest
from PIL import Image

from cxrlib import phantoms
from cxrlib.data import DataError, datasets, load, problems, registry, splits
from cxrlib.data.copies import note
from cxrlib.phantoms import plans


@pytest.fixture
def few(monkeypatch):
    """Let phantom sets be small."""
    for name, n in {"adults": 24, "covid": 60, "pneumoniamnist": 60}.items():
        monkeypatch.setitem(plans.SETS, name, n)


@pytest.mark.parametrize(
    ("name", "how", "words"),
    [
        ("pneumona", {}, r"among pneumonia, .* got 'pneumona'\. Did you mean 'pneumonia'"),
        ("pneumonia", {"source": "web"}, "expected `source` as one of auto, folder"),
        ("pneumonia", {"source": "folder"}, "a folder with chest_xray, got nothing"),
        ("pneumonia", {"source": "cache"}, "cxr data fetch pneumonia"),
        ("no/where", {}, "no/where, which is not there"),
        (3, {}, "expected `name` as"),
        ("", {}, "expected `name` as"),
        # what would have no effect
        (".", {"source": "phantoms"}, r"with the folder \., got 'phantoms'"),
        ("pneumonia", {"patient": "(x)"}, "expected `patient` with a folder of your own"),
    ],
)
def test_unknown_names_and_sources_are_refused(name, how, words):
    with pytest.raises(DataError, match=words):
        load(name, **how)


def test_auto_prefers_the_named_folder_then_the_cache(kermany, monkeypatch):
    monkeypatch.setenv("CXR_CACHE", str(kermany.parent))
    assert load("pneumonia", quiet=True).attrs["source"] == "cache"
    monkeypatch.setenv("CXR_DATA", str(kermany.parent))
    assert load("pneumonia", quiet=True).attrs["source"] == "folder"
    assert load("pneumonia", "cache", quiet=True).attrs["source"] == "cache"


@pytest.mark.parametrize("named", ["/nowhere/at/all", __file__])
def test_a_named_folder_that_does_not_exist_is_no_reason_for_phantoms(monkeypatch, named):
    monkeypatch.setenv("CXR_DATA", named)
    with pytest.raises(DataError, match=f"expected CXR_DATA to name a folder, got {named}"):
        load("pneumonia")


def test_phantoms_on_disk_are_never_called_real(monkeypatch, tmp_path):
    phantoms.write(tmp_path / "mine", "adults", n=24, size=40)
    monkeypatch.setenv("CXR_DATA", str(tmp_path / "mine"))
    for cases in (load("adults", quiet=True), load(tmp_path / "mine" / "nih-adult", quiet=True)):
        assert cases.attrs["source"] == "phantoms"
        assert cases.source.str.startswith("phantom-").all()
    assert load("adults", quiet=True).patient_id.str.startswith("phantom-nih:").all()


def test_old_phantoms_are_swept_and_new_ones_stay(tmp_path):
    for name, days in (("old", 9), ("new", 1), (".old-killed", 9)):
        (tmp_path / name).mkdir()
        then = time.time() - days * 24 * 3600
        os.utime(tmp_path / name, (then, then))
    datasets._remove_stale(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["new"]


def test_phantoms_are_drawn_again_for_other_code_or_packages_and_not_for_a_comment(
    monkeypatch, tmp_path
):
    plain = "GREY = 1\ndef f():\n    return GREY\n"

    def key(text):
        (tmp_path / "acquisition.py").write_text(text, encoding="utf-8")
        return datasets._generator_hash.__wrapped__(tmp_path)

    first = key(plain)
    assert key(f'"""Image."""\n\n{plain}  # bright'.replace("return", '"Do."; return')) == first
    assert key(plain.replace("1", "2")) != first
    real = datasets.version
    for package in datasets.GENERATOR_PACKAGES:
        monkeypatch.setattr(datasets, "version", lambda n, p=package: real(n) + "." * (n == p))
        assert key(plain) != first


def test_auto_draws_phantoms_last_and_only_once(few, monkeypatch):
    cases = load("pneumoniamnist", quiet=True)
    assert cases.attrs["source"] == "phantoms"
    assert set(cases.split) == {"train", "val", "test"}
    assert set(cases.width) == set(cases.height) == {28}
    assert Image.open(cases.lesion_path.iloc[0]).size == (28, 28)
    monkeypatch.setattr(phantoms, "write", lambda *a, **k: pytest.fail("drawn again"))
    assert load("pneumoniamnist", quiet=True).path.equals(cases.path)


def test_phantoms_of_the_collection_are_those_of_covid(few, monkeypatch):
    four = load("covid", quiet=True)
    monkeypatch.setattr(phantoms, "write", lambda *a, **k: pytest.fail("drawn again"))
    alone = load("covid-collection", quiet=True)
    assert set(four[four.label == "covid"].path) == set(alone[alone.label == "covid"].path)
    assert len(alone) == 18
    assert alone.mask_path.notna().all()
    assert problems(alone).empty
    assert alone.patient_id.str.startswith("phantom-collection:").all()
    splits.check_leakage(splits.patient_split(alone, {"train": 0.5, "test": 0.5}))


def test_phantoms_that_cannot_be_written_say_where_to_go(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("x")
    monkeypatch.setenv("CXR_CACHE", str(tmp_path / "file"))
    with pytest.raises(DataError, match="CXR_CACHE"):
        load("adults")


def test_auto_downloads_in_colab_and_goes_on_with_phantoms_where_that_fails(
    few, monkeypatch, kermany, capsys, tmp_path
):
    def fail(name):
        raise DataError("nih-adult.zip: the download broke off (<urllib3 object>).")

    monkeypatch.setattr(datasets, "_in_colab", lambda: True)
    monkeypatch.setattr(datasets, "fetch", lambda name: [kermany])
    assert load("pneumonia", quiet=True).attrs["source"] == "download"
    monkeypatch.setattr(datasets, "fetch", fail)
    monkeypatch.setenv("CXR_DATA", str(tmp_path / "chest_xray" / "test"))
    cases = load("adults")
    assert cases.attrs["source"] == "phantoms"
    said = capsys.readouterr().out
    assert "not patients" in said
    assert "could not be downloaded: nih-adult.zip: the download broke off" in said
    assert "!cxr data fetch adults" in said
    assert f"CXR_DATA names {tmp_path / 'chest_xray' / 'test'}, which has no such set" in said
    assert "`nih-adult.zip: the download broke off (<urllib3 object>).`" in note(cases)
    with pytest.raises(DataError, match="broke off"):
        load("adults", source="download")


def test_the_note_says_real_or_phantom_and_what_was_left_out(kermany, monkeypatch, capsys):
    monkeypatch.setenv("CXR_DATA", str(kermany.parent))
    (kermany / "train" / "NORMAL" / "IM-0001-0001.jpeg").write_bytes(b"")
    cases = load("pneumonia")
    said = capsys.readouterr().out
    assert "7 real X-rays of the set pneumonia" in said
    assert "1 files could not be used" in said
    cases.attrs["source"] = "phantoms"
    assert "cxr data fetch pneumonia" in note(cases)


def test_every_registered_set_can_be_read_and_credited():
    for name, dataset in registry.DATASETS.items():
        assert len(dataset.classes) >= 2, name
        for key in dataset.sources:
            source = registry.SOURCES[key]
            assert source.license
            assert source.citation
            assert source.url.startswith("https://")
            assert source.file_counts or source.metadata_file
            assert source.members or source.archive.endswith(".npz")


def test_reading_data_and_recipes_loads_no_tensorflow():
    code = "import sys; from cxrlib import data; data.load; data.augmentation.PRESETS"
    code += "; assert 'tensorflow' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
