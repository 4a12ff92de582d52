import shutil

import pytest

from cxrlib.data import DataError, load, problems
from cxrlib.data.class_folders import NO_IMAGE
from tests.data.conftest import make_image, own_folder, told


def test_any_folder_with_a_sub_folder_a_class(tmp_path):
    cases = load(own_folder(tmp_path / "mine"), quiet=True)
    assert list(cases.label.cat.categories) == ["sick", "well"]
    assert cases.patient_id.isna().all()
    cases = load(tmp_path / "mine", patient=r"^(\w+?)_", quiet=True)
    assert set(cases.patient_id) == {f"{tmp_path.name}/mine:{who}" for who in ("ann", "bob", "cy")}
    other = load(own_folder(tmp_path / "b" / "mine"), patient=r"^(\w+?)_", quiet=True)
    assert not set(other.patient_id) & set(cases.patient_id), "another hospital, other people"
    some = load(tmp_path / "mine", patient=r"^(ann|bob)?", quiet=True)
    assert set(some.patient_id.str.split(":").str[1]) == {"ann", "bob"}
    assert problems(some).path.str.endswith("cy_1.png").any()
    with pytest.raises(DataError, match=r"got none in 4 names, such as ann_1\.png\. Correct it"):
        load(tmp_path / "mine", patient=r"([A-Z]+\d+)_")


def test_a_folder_with_splits(tmp_path):
    own_folder(tmp_path / "train")
    make_image(tmp_path / "Validation" / "sick" / "dee_1.png", 8)
    make_image(tmp_path / "Validation" / "well" / "ed_1.png", 9)
    cases = load(tmp_path, quiet=True)
    assert cases.split.value_counts().to_dict() == {"train": 4, "val": 2}
    shutil.rmtree(tmp_path / "Validation" / "well")
    with pytest.raises(DataError, match="Validation/well: no such folder"):
        load(tmp_path)
    own_folder(tmp_path / "extra")
    with pytest.raises(DataError, match="beside Validation, train, got extra"):
        load(tmp_path)


def test_a_folder_one_level_too_high_is_told_from_classes_with_such_folders(tmp_path):
    for split in ("train", "test"):
        own_folder(tmp_path / "set" / split)
    for _ in range(2):
        with pytest.raises(DataError, match=rf"has test and train.*Did you mean {tmp_path}/set\?"):
            load(tmp_path)
        shutil.copytree(tmp_path / "set", tmp_path / "set_masks", dirs_exist_ok=True)
    for seed, name in enumerate(("sick/train", "sick/test", "well/train", "well/test")):
        make_image(tmp_path / "other" / name / "a_1.png", seed)  # no classes below the splits
    assert load(tmp_path / "other", quiet=True).split.isna().all()


def test_what_is_no_image_is_left_alone_beside_the_classes_and_named_inside(tmp_path):
    own_folder(tmp_path)
    for place in (tmp_path, tmp_path / "sick"):
        (place / "README.txt").write_text("what this is")
        make_image(place / "scan.png", 70).rename(place / "ann_scan")  # an image by content
        (place / "ann_broken.jpeg").write_text("an image by name")
    cases = load(tmp_path, patient="(ann|bob|cy)", quiet=True)
    found = problems(cases).assign(path=lambda p: p.path.str.removeprefix(f"{tmp_path}/"))
    said = found.set_index("path").problem
    assert "README.txt" not in said
    assert said["sick/README.txt"] == NO_IMAGE
    assert said["ann_scan"] == said["ann_broken.jpeg"]
    assert said["ann_scan"].startswith("lies outside the class folders")
    assert said["sick/ann_broken.jpeg"].startswith("expected a JPEG, PNG or DICOM image, got none.")
    assert (cases.label == "sick").sum() == 3, "and the image without an ending is used"


def test_a_folder_that_is_no_data_set(tmp_path):
    for _ in range(2):
        with pytest.raises(DataError, match="at least two class folders"):
            load(tmp_path)
        (tmp_path / "odd").mkdir(exist_ok=True)
    own_folder(tmp_path)
    with pytest.raises(DataError, match="none for 'odd'"):
        load(tmp_path)
    with pytest.raises(DataError, match="as a regular expression, got '\\('"):
        load(tmp_path, patient="(")
    with pytest.raises(DataError, match=r"one group at most .* got 2"):
        load(tmp_path, patient=r"(\w+)_(\d)")


def test_links_are_followed_and_dead_ones_named(tmp_path):
    own_folder(tmp_path / "set")
    make_image(tmp_path / "far" / "dee_1.png", 60)
    (tmp_path / "set" / "sick" / "more").symlink_to(tmp_path / "far")
    (tmp_path / "far" / "loop").symlink_to(tmp_path / "set" / "sick")
    (tmp_path / "set" / "well" / "dead.png").symlink_to(tmp_path / "gone.png")
    cases = load(tmp_path / "set", quiet=True)
    assert (cases.label == "sick").sum() == 3
    assert told(cases).problem["dead.png"].startswith("no such file")
