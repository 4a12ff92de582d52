import struct
import warnings
import zlib

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from cxrlib.data import DataError, images, load, read_image, read_images, read_masks
from cxrlib.data.validation import inspect_files
from tests.data.conftest import case_table, make_image

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


def test_deep_grey_is_scaled_to_its_own_white_point_and_images_of_one_depth_share_it(tmp_path):
    for bits in (12, 16):
        deep = (RAMP.astype(float) / 255 * (2**bits - 1)).astype(np.uint16)
        got = read_image(save(tmp_path / "x.png", Image.fromarray(deep)))
        np.testing.assert_allclose(got, RAMP, atol=1)
    greys = set()
    for top in (2000, 2047, 2048, 4000):
        deep = np.full((20, 20), 1030, np.uint16)
        deep[0, 0] = top
        greys.add(read_image(save(tmp_path / "x.png", Image.fromarray(deep)))[5, 5])
    assert len(greys) == 1


def test_padding_keeps_the_aspect_ratio_and_squashing_does_not(tmp_path):
    path = save(tmp_path / "x.png", Image.new("L", (80, 40), 200))
    padded = read_image(path, 40)
    assert padded.shape == (40, 40)
    assert (padded[10:30] == 200).all()
    assert padded[:10].max() == padded[30:].max() == 0
    assert (read_image(path, 40, "stretch") == 200).all()
    path = save(tmp_path / "x.png", Image.fromarray(RAMP[:, :24]))
    np.testing.assert_array_equal(read_image(path, 24), RAMP[:, :24])


def truncated(path):
    whole = make_image(path.with_name("whole.png"), size=(64, 64)).read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    path.with_name("whole.png").unlink()
    return path


def bomb(path, side=20_000):
    """Write the head of a PNG of one bit that promises so many pixels a side."""
    chunks = b"\x89PNG\r\n\x1a\n"
    for kind, body in ((b"IHDR", struct.pack(">2I5B", side, side, 1, 0, 0, 0, 0)), (b"IDAT", b"")):
        chunks += struct.pack(">I", len(body)) + kind + body
        chunks += struct.pack(">I", zlib.crc32(kind + body))
    path.write_bytes(chunks)


BAD = {
    "empty.jpeg": (lambda p: p.write_bytes(b""), "got an empty file"),
    "gif.png": (
        lambda p: Image.fromarray(RAMP).save(p, format="GIF"),
        "or DICOM image, got none",
    ),
    "tiny.png": (lambda p: Image.new("L", (1, 1)).save(p), "expected at least 16 .* got 1×1"),
    "huge.png": (bomb, r"expected at most 64,000,000 pixels.*400000000 pixels"),
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
    bomb(tmp_path / "large.png", 10_000)
    with pytest.raises(DataError, match="expected at most 64,000,000"):
        read_image(tmp_path / "large.png", 32)
    sizes, odd = inspect_files([str(tmp_path / "large.png")])
    assert not sizes
    assert "at most 64,000,000 pixels" in odd[0].problem


@pytest.mark.parametrize("mode", ["RGBA", "L", "RGB", "P"])
def test_what_is_transparent_is_black_and_one_bit_is_black_and_white(tmp_path, mode):
    clear = {"RGBA": None, "L": 255, "RGB": (255, 255, 255), "P": 0}[mode]
    image = Image.new(mode, (32, 24), clear or (255, 255, 255, 0) * (mode == "RGBA") or 0)
    if mode == "P":
        image.putpalette([255, 255, 255])
    path = save(tmp_path / "x.png", image, **({} if clear is None else {"transparency": clear}))
    assert read_image(path).max() == 0
    path = save(tmp_path / "bits.png", Image.fromarray(RAMP > 127))
    assert set(np.unique(read_image(path))) == {0, 255}


def test_rotated_by_the_camera_means_rotated_back_and_the_table_knows(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    path = str(save(tmp_path / "x.jpg", Image.fromarray(RAMP), exif=exif))
    assert inspect_files([path])[0][path] == read_image(path).shape[::-1] == (24, 32)


def test_large_jpegs_are_decoded_small(tmp_path, monkeypatch):
    path = save(tmp_path / "x.jpg", Image.fromarray(np.kron(RAMP, np.ones((40, 40), np.uint8))))
    decoded = []
    grey = images._to_grey
    monkeypatch.setattr(images, "_to_grey", lambda p: decoded.append(p.size) or grey(p))
    np.testing.assert_allclose(read_image(path, 32)[4:28], RAMP, atol=6)
    assert decoded == [(160, 120)]  # an eighth of 1280 × 960


@pytest.fixture
def one_broken(tmp_path):
    """Four images and a half one."""
    for i in range(4):
        make_image(tmp_path / "set" / "ab"[i % 2] / f"{i}.png", i)
    truncated(tmp_path / "set" / "a" / "half.png")
    return load(tmp_path / "set", quiet=True)


def test_a_broken_image_is_reported_and_the_rest_is_read(one_broken):
    with pytest.warns(UserWarning, match=r"1 of 5 images .*\n.*half\.png: .* a damaged one"):
        images = read_images(one_broken, 32)
    assert images.images.shape == (4, 32, 32, 1)
    assert images.images.dtype == np.uint8
    assert len(images) == len(images.labels) == len(images.cases) == 4
    assert [p.path.endswith("half.png") for p in images.problems] == [True]
    for image, path in zip(images.images, images.cases.path, strict=True):
        np.testing.assert_array_equal(image[..., 0], read_image(path, 32))
    with pytest.raises(DataError, match="got none of 1"):
        read_images(one_broken[one_broken.path.str.contains("half")], 32)


def test_images_are_equal_to_themselves_alone_and_give_one_split(one_broken):
    cases = one_broken[~one_broken.path.str.contains("half")]
    cases = cases.assign(split=["train", "train", "val", "train"])
    first, second = (read_images(cases, 16) for _ in range(2))
    assert first == first
    assert first != second
    assert len(first.split("val")) == 1
    with pytest.raises(DataError, match="of split 'test', got those of train, val"):
        first.split("test")


# ---- masks


def outline(path, size=(24, 20), inside=255):
    """Write a mask whose upper left quarter is inside."""
    pixels = np.zeros(size[::-1], np.uint8)
    pixels[: size[1] // 2, : size[0] // 2] = inside
    Image.fromarray(pixels).save(path)
    return str(path)


@pytest.fixture
def cases(tmp_path):
    """Two images of 24 × 20 pixels: a mask of their size, and one four times as large."""
    table = case_table(["a", "b"])
    table["path"] = [str(make_image(tmp_path / f"{i}.png", i)) for i in range(2)]
    sizes = ((24, 20), (96, 80))
    table["mask_path"] = [outline(tmp_path / f"{i}_mask.png", s) for i, s in enumerate(sizes)]
    return table


def with_mask(cases, path):
    return cases.assign(mask_path=[cases.mask_path[0], path])


def test_masks_lie_on_their_images(cases):
    masks = read_masks(cases, 24)
    assert (masks.dtype, masks.shape) == (bool, read_images(cases, 24).images.shape[:3])
    expected = np.zeros((24, 24), bool)
    expected[2:12, :12] = True  # two rows of padding above the 20 of the image
    np.testing.assert_array_equal(masks[0], expected)
    np.testing.assert_array_equal(masks[1], expected)
    squashed = read_masks(cases, 12, resize="stretch")
    assert squashed[:, :6, :6].all()
    assert squashed.sum() == 2 * 36


def test_rows_keep_their_order_whatever_their_index(cases, tmp_path):
    other = outline(tmp_path / "empty.png", inside=0)
    table = with_mask(cases, other).set_axis([7, 3])
    assert read_masks(table, 24).any(axis=(1, 2)).tolist() == [True, False]
    assert read_masks(table[::-1], 24).any(axis=(1, 2)).tolist() == [False, True]


@pytest.mark.parametrize(
    ("mask", "words"),
    [
        ({"size": (20, 24)}, "expected a mask of 24×20 as its image, .* got 20×24"),
        ({"size": (96, 84)}, "expected a mask of 24×20 as its image, .* got 96×84"),
        ({"inside": 1}, "expected a mask of 0 outside and 255 inside, got at most 1"),
        (None, "expected a JPEG, PNG or DICOM"),
    ],
)
def test_a_mask_that_cannot_be_used_is_named_with_its_image(cases, tmp_path, mask, words):
    path = tmp_path / "other.png"
    if mask:
        outline(path, **mask)
    else:
        path.write_bytes(b"text")
    with pytest.raises(DataError, match=rf"^{path}: {words}.* Image: {cases.path[1]}, 24×20\.$"):
        read_masks(with_mask(cases, str(path)), 24)


def test_a_row_without_a_mask(cases):
    words = r"in each of 2 rows, got none in 1 \(first: .*1\.png, 24×20\).*notna"
    for nothing in (pd.NA, np.nan, None):
        with pytest.raises(DataError, match=words):
            read_masks(with_mask(cases, nothing), 24)


@pytest.mark.parametrize(
    "read",
    [read_image, lambda path, *how: read_images(case_table(["a"]), *how),
     lambda path, *how: read_masks(case_table(["a"]).assign(mask_path=path), *how)],
)  # fmt: skip
def test_bad_arguments(tmp_path, read):
    path = make_image(tmp_path / "x.png")
    with pytest.raises(DataError, match=r"expected `resize` as one of pad, stretch, got 'crop'"):
        read(path, 10, "crop")
    with pytest.raises(DataError, match=r"expected `size` as a positive whole number .* got 0"):
        read(path, 0)
