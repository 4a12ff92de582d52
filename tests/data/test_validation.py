import contextlib
import os
import shutil
from concurrent.futures import ThreadPoolExecutor

import pandas as pd
import pytest
from PIL import Image

from cxrlib.data import load, problems, read_masks
from cxrlib.data.validation import drop_mismatched_masks, is_image, same_aspect_ratio
from tests.data.conftest import make_image, own_folder, told


@pytest.mark.skipif(os.name == "nt", reason="Windows has no named pipes among its files")
def test_a_pipe_with_an_images_name_is_named_and_not_waited_for(tmp_path):
    own_folder(tmp_path)
    os.mkfifo(tmp_path / "sick" / "pipe.png")
    (tmp_path / "well" / "device.png").symlink_to(os.devnull)
    loading = ThreadPoolExecutor(1).submit(load, tmp_path, quiet=True)
    try:
        cases = loading.result(timeout=120)
    finally:  # wake what would else wait for ever
        with contextlib.suppress(OSError):
            os.close(os.open(tmp_path / "sick" / "pipe.png", os.O_WRONLY | os.O_NONBLOCK))
    assert len(cases) == 4
    left_out = told(cases)
    assert set(left_out.index) == {"pipe.png", "device.png"}
    assert left_out["problem"].str.startswith("not a regular file").all()
    assert (left_out["action"] == "left out").all()


def test_odd_files_are_reported_one_by_one_and_the_rest_is_loaded(tmp_path):
    own_folder(tmp_path)
    (tmp_path / "sick" / "notes.txt").write_text("hello")
    (tmp_path / "sick" / "zero.png").write_bytes(b"")
    (tmp_path / "sick" / ".DS_Store").write_bytes(b"x")
    make_image(tmp_path / "stray.png", 50)
    make_image(tmp_path / "well" / "png.png", 51).rename(tmp_path / "well" / "png.jpg")
    shutil.copy(tmp_path / "sick" / "ann_1.png", tmp_path / "sick" / "copy.png")
    cases = load(tmp_path, quiet=True)
    found = told(cases)
    assert len(cases) == 6
    assert found.action.to_dict() == {
        "notes.txt": "left out", "zero.png": "left out", "stray.png": "left out",
        "png.jpg": "kept", "ann_1.png": "kept", "copy.png": "kept",
    }  # fmt: skip
    assert "expected a JPEG, PNG or DICOM" in found.problem["notes.txt"]
    assert "empty" in found.problem["zero.png"]
    assert "no label" in found.problem["stray.png"]
    assert "content PNG" in found.problem["png.jpg"]
    assert "copy.png" in found.problem["ann_1.png"]


def test_the_same_image_under_two_labels_is_left_out_twice(tmp_path):
    own_folder(tmp_path)
    shutil.copy(tmp_path / "sick" / "ann_1.png", tmp_path / "well" / "dan_1.png")
    cases = load(tmp_path, quiet=True)
    assert len(cases) == 3
    found = problems(cases)
    assert set(found.action) == {"left out"}
    assert "labelled 'sick' here and 'well' there" in found.problem.iloc[0]


@pytest.mark.parametrize(
    ("mask", "image", "same"),
    [((24, 20), (24, 20), True), ((512, 427), (1024, 853), True), ((512, 427), (1024, 860), False),
     ((100, 100), (1000, 1009), True), ((100, 100), (1000, 1020), False)],
)  # fmt: skip
def test_proportions_are_the_same_to_less_than_a_pixel(mask, image, same):
    assert same_aspect_ratio(mask, image) is same


def test_masks_of_another_shape_are_taken_out_and_those_kept_can_be_read(tmp_path):
    rows = []
    for name, size in {"same": (24, 20), "double": (48, 40), "turned": (20, 24), "text": 0}.items():
        mask = tmp_path / f"{name}_mask.png"
        if size:
            Image.new("L", size, 255).save(mask)
        else:
            mask.write_bytes(b"no image")
        path = str(make_image(tmp_path / f"{name}.png"))
        rows.append({"path": path, "mask_path": str(mask), "width": 24, "height": 20})
    found = {os.path.basename(p.path): p for p in drop_mismatched_masks(rows)}
    assert {name: p.action for name, p in found.items()} == {
        "double_mask.png": "kept", "turned_mask.png": "left out", "text_mask.png": "left out",
    }  # fmt: skip
    assert "this mask is 20×24, its image" in found["turned_mask.png"].problem
    table = pd.DataFrame(rows)
    assert table["mask_path"].notna().tolist() == [True, True, False, False]
    assert read_masks(table[:2], 24).any(axis=(1, 2)).all()


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.JPG", b"", True),
        ("a.dcm", b"text", True),
        ("a", b"\xff\xd8\xff\xe0 broken", True),
        ("a", b"\x89PNG\r\n\x1a\n broken", True),
        ("a", 128 * b"\0" + b"DICM", True),
        ("a", 127 * b"\0" + b"DICM", False),
        ("a.csv", b"path,label", False),
        ("a", b"", False),
        ("a", None, False),
    ],
)
def test_what_is_meant_as_an_image_is_known_by_its_name_or_its_first_bytes(
    tmp_path, name, content, expected
):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    assert is_image(tmp_path / name) is expected
