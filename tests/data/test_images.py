import contextlib
import os
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from cxrlib.data import DataError, images, load, problems, read_image, read_masks, read_pictures
from cxrlib.data.readers import class_folder
from cxrlib.data.validation import finish, screen
from tests.data.conftest import picture

RAMP = np.tile(np.linspace(0, 255, 32).round().astype(np.uint8), (24, 1))


def save(path, image, **options):
    image.save(path, **options)
    return path


@pytest.mark.parametrize(
    ("mode", "ending"),
    [("L", "png"), ("L", "jpg"), ("RGB", "png"), ("RGB", "jpeg"), ("RGBA", "png"), ("LA", "png"),
     ("P", "png"), ("CMYK", "jpg")],
)  # fmt: skip
def test_every_mode_gives_the_same_grey(tmp_path, mode, ending):
    image = Image.fromarray(RAMP).convert("RGB" if mode == "CMYK" else mode).convert(mode)
    path = save(tmp_path / f"x.{ending}", image)
    got = read_image(path)
    assert got.dtype == np.float32
    assert got.shape == RAMP.shape
    np.testing.assert_allclose(got, RAMP, atol=2 if ending == "png" else 6)


@pytest.mark.parametrize("bits", [12, 16])
def test_deep_grey_is_scaled_to_its_own_white_point(tmp_path, bits):
    top = 2**bits - 1
    deep = (RAMP.astype(float) / 255 * top).astype(np.uint16)
    got = read_image(save(tmp_path / "x.png", Image.fromarray(deep)))
    np.testing.assert_allclose(got, RAMP, atol=1)


def test_films_of_one_depth_share_a_white_point(tmp_path):
    films = []
    for top in (2000, 2047, 2048, 4000):
        deep = np.full((20, 20), 1030, np.uint16)
        deep[0, 0] = top
        films.append(read_image(save(tmp_path / f"{top}.png", Image.fromarray(deep)))[5, 5])
    assert len(set(films)) == 1


def test_one_bit_pictures_are_black_and_white(tmp_path):
    path = save(tmp_path / "x.png", Image.fromarray(RAMP > 127))
    assert set(np.unique(read_image(path))) == {0, 255}


def test_transparent_pixels_are_black(tmp_path):
    image = Image.new("RGBA", (32, 24), (255, 255, 255, 0))
    assert read_image(save(tmp_path / "x.png", image)).max() == 0


@pytest.mark.parametrize("mode", ["L", "RGB", "P"])
def test_a_transparent_colour_is_black(tmp_path, mode):
    image = Image.new(mode, (32, 24), 0 if mode == "P" else "white")
    if mode == "P":
        image.putpalette([255, 255, 255])
    clear = {"L": 255, "RGB": (255, 255, 255), "P": 0}[mode]
    assert read_image(save(tmp_path / "x.png", image, transparency=clear)).max() == 0


def test_large_jpegs_are_decoded_small(tmp_path, monkeypatch):
    path = save(tmp_path / "x.jpg", Image.fromarray(np.kron(RAMP, np.ones((40, 40), np.uint8))))
    decoded = []
    grey = images._grey
    monkeypatch.setattr(images, "_grey", lambda p: decoded.append(p.size) or grey(p))
    np.testing.assert_allclose(read_image(path, 32)[4:28], RAMP, atol=6)
    assert decoded == [(160, 120)]  # an eighth of 1280 × 960


def test_padding_keeps_the_aspect_ratio_and_squashing_does_not(tmp_path):
    path = save(tmp_path / "x.png", Image.new("L", (80, 40), 200))
    padded = read_image(path, 40)
    assert padded.shape == (40, 40)
    assert (padded[10:30] == 200).all()
    assert padded[:10].max() == padded[30:].max() == 0
    assert (read_image(path, 40, "squash") == 200).all()


def test_a_picture_of_the_right_size_is_not_touched(tmp_path):
    path = save(tmp_path / "x.png", Image.fromarray(RAMP[:, :24]))
    np.testing.assert_array_equal(read_image(path, 24), RAMP[:, :24])


def test_rotated_by_the_camera_means_rotated_back(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    path = save(tmp_path / "x.jpg", Image.fromarray(RAMP), exif=exif)
    assert read_image(path).shape == RAMP.shape[::-1]


def test_bad_arguments(tmp_path):
    path = picture(tmp_path / "x.png")
    with pytest.raises(DataError, match=r"`fit` must be one of pad, squash\. Received: 'crop'"):
        read_image(path, 10, "crop")
    with pytest.raises(DataError, match="`size` must be a positive whole number"):
        read_image(path, 0)


def truncated(path):
    whole = picture(path.with_name("whole.png"), size=(64, 64)).read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    path.with_name("whole.png").unlink()
    return path


def bomb(path):
    """Write a real PNG head that promises 20,000 × 20,000 pixels; decoding it would take 400 MB."""
    Image.new("1", (20_000, 20_000)).save(path, compress_level=9)
    return path


BAD = {
    "empty.jpeg": (lambda p: p.write_bytes(b""), "the file is empty"),
    "text.png": (lambda p: p.write_text("not a picture"), "not a JPEG or PNG"),
    "gif.png": (lambda p: Image.fromarray(RAMP).save(p, format="GIF"), "not a JPEG or PNG"),
    "tiny.png": (lambda p: Image.new("L", (1, 1)).save(p), "1×1 pixels is too small"),
    "huge.png": (bomb, r"too large to decode safely.*400000000 pixels"),
    "half.png": (truncated, "damaged"),
    "gone.png": (lambda p: None, "no such file"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_named_and_explained(tmp_path, name):
    make, message = BAD[name]
    make(tmp_path / name)
    with pytest.raises(DataError, match=message) as error:
        read_image(tmp_path / name, 32)
    assert str(error.value).startswith(str(tmp_path / name))


@pytest.mark.parametrize("action", ["ignore", "error"])
def test_what_pillow_would_only_warn_of_is_refused(tmp_path, recwarn, action):
    warnings.simplefilter(action, Image.DecompressionBombWarning)
    Image.new("1", (10_000, 10_000)).save(tmp_path / "large.png")
    with pytest.raises(DataError, match=r"too large.*expected at most 64,000,000"):
        read_image(tmp_path / "large.png", 32)
    sizes, odd = screen([str(tmp_path / "large.png")])
    assert not sizes
    assert "too large" in odd[0].problem


def test_nothing_that_may_run_in_a_thread_touches_the_warning_filters(tmp_path, monkeypatch):
    """Python keeps them once for all threads: two that put them back would mix them up."""
    cases = folder_with_one_broken(tmp_path).iloc[:1]
    cases = cases.assign(mask_path=str(picture(tmp_path / "mask.png", size=(24, 20))))
    opened, found = Image.open, []

    def spy(*args, **options):
        found.append(warnings.filters)
        return opened(*args, **options)

    monkeypatch.setattr("PIL.Image.open", spy)
    read_image(cases.path.iloc[0])
    read_pictures(cases, 16)
    read_masks(cases, 16)
    screen(cases.path.tolist())
    assert len(found) >= 4
    assert all(filters is warnings.filters for filters in found)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no named pipes among its files")
def test_a_pipe_with_a_pictures_name_is_named_and_not_waited_for(tmp_path):
    for name in ("a/1.png", "a/2.png", "b/3.png"):
        picture(tmp_path / name, int(name[2]))
    os.mkfifo(tmp_path / "a" / "pipe.png")
    (tmp_path / "b" / "device.png").symlink_to(os.devnull)
    loading = ThreadPoolExecutor(1).submit(load, tmp_path, quiet=True)
    try:
        cases = loading.result(timeout=20)
    finally:  # wake what would else wait for ever
        with contextlib.suppress(OSError):
            os.close(os.open(tmp_path / "a" / "pipe.png", os.O_WRONLY | os.O_NONBLOCK))
    assert len(cases) == 3
    left_out = problems(cases)
    assert left_out["path"].tolist() == [
        str(tmp_path / "a/pipe.png"),
        str(tmp_path / "b/device.png"),
    ]
    assert left_out["problem"].str.startswith("not a regular file").all()
    assert (left_out["action"] == "left out").all()


def test_the_table_knows_the_size_after_rotation(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    path = str(save(tmp_path / "x.jpg", Image.fromarray(RAMP), exif=exif))
    assert screen([path])[0][path] == read_image(path).shape[::-1] == (24, 32)


def test_a_huge_picture_is_refused_before_it_is_decoded(tmp_path, monkeypatch):
    path = bomb(tmp_path / "huge.png")
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", lambda self: pytest.fail("decoded"))
    with pytest.raises(DataError, match="too large"):
        read_image(path)


def folder_with_one_broken(tmp_path):
    for i in range(4):
        picture(tmp_path / "set" / "ab"[i % 2] / f"{i}.png", i)
    truncated(tmp_path / "set" / "a" / "half.png")
    rows, problems, names = class_folder(tmp_path / "set")
    return finish(rows, problems, names, "set")


def test_a_broken_picture_is_reported_and_the_rest_is_read(tmp_path):
    cases = folder_with_one_broken(tmp_path)
    with pytest.warns(UserWarning, match=r"1 of 5 pictures .*\n.*half\.png: damaged"):
        pictures = read_pictures(cases, 32)
    assert pictures.images.shape == (4, 32, 32, 1)
    assert pictures.images.dtype == np.uint8
    assert len(pictures.labels) == len(pictures.cases) == 4
    assert [p.path.endswith("half.png") for p in pictures.problems] == [True]
    for image, path in zip(pictures.images, pictures.cases.path, strict=True):
        np.testing.assert_array_equal(image[..., 0], read_image(path, 32))


def test_nothing_readable_is_an_error(tmp_path):
    cases = folder_with_one_broken(tmp_path)
    broken = cases[cases.path.str.contains("half")]
    with pytest.raises(DataError, match="none of 1 pictures could be read"):
        read_pictures(broken, 32)


def test_pictures_are_equal_to_themselves_alone(tmp_path):
    cases = folder_with_one_broken(tmp_path)
    cases = cases[~cases.path.str.contains("half")]
    first, second = (read_pictures(cases, 16) for _ in range(2))
    assert first == first
    assert first != second
    assert first in [second, first]


def test_where_takes_one_split(tmp_path):
    cases = folder_with_one_broken(tmp_path)
    cases = cases[~cases.path.str.contains("half")]
    pictures = read_pictures(cases.assign(split=["train", "train", "val", "train"]), 16)
    assert len(pictures.where("val")) == 1
    with pytest.raises(DataError, match="no picture in split 'test'"):
        pictures.where("test")
