"""DICOM files, written here: what a viewer would show of them."""

import numpy as np
import pytest
from PIL import Image

from cxrlib import data, extras
from cxrlib.data import DataError, validation

STORED = np.arange(400, dtype=np.uint16).reshape(20, 20) * 10  # 12 bits, 0 to 3990


@pytest.fixture
def write(tmp_path):
    pydicom = pytest.importorskip("pydicom")

    def write(name="a.dcm", stored=STORED, kind="MONOCHROME2", **tags):
        dataset = pydicom.Dataset()
        dataset.file_meta = pydicom.dataset.FileMetaDataset()
        dataset.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
        dataset.SOPClassUID = pydicom.uid.DigitalXRayImageStorageForPresentation
        dataset.SOPInstanceUID = pydicom.uid.generate_uid()
        dataset.Rows, dataset.Columns = stored.shape[-2:]
        dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, kind
        dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 12, 11
        dataset.PixelRepresentation = 0
        dataset.PixelData = stored.tobytes()
        for tag, value in tags.items():
            setattr(dataset, tag, value)
        path = tmp_path / name
        dataset.save_as(path, enforce_file_format=True)
        return path

    return write


def scaled(values, low, high):
    return ((values - low) / (high - low) * 255).clip(0, 255)


def test_without_a_window_the_whole_range_is_shown(write):
    np.testing.assert_allclose(data.read_image(write()), scaled(STORED, 0, 3990), atol=0.5)


def test_monochrome1_is_inverted(write):
    shown = data.read_image(write(kind="MONOCHROME1"))
    np.testing.assert_allclose(shown, 255 - scaled(STORED, 0, 3990), atol=0.51)


def test_the_first_window_is_applied_to_rescaled_values(write):
    window = {"WindowCenter": [1000, 5], "WindowWidth": [401, 5]}
    path = write(RescaleSlope=2, RescaleIntercept=-500, **window)
    # Linear, by the standard: from centre - 0.5 - (width - 1) / 2 on, over width - 1.
    expected = scaled(2.0 * STORED - 500, 799.5, 1199.5)
    np.testing.assert_allclose(data.read_image(path), expected, atol=0.5)


def test_a_sigmoid_window_is_half_bright_at_its_centre(write):
    path = write(WindowCenter=2000, WindowWidth=1000, VOILUTFunction="SIGMOID")
    expected = 255 / (1 + np.exp(-4 * (STORED - 2000.0) / 1000))
    np.testing.assert_allclose(data.read_image(path), expected, atol=0.6)


def test_dicom_files_are_cases_like_others(write, tmp_path):
    for i, label in enumerate(("ill", "ok")):
        (tmp_path / "set" / label).mkdir(parents=True)
        write(f"set/{label}/a.dcm", np.roll(STORED, i, axis=1)[:, :18].copy())
    write("set/ok/wrong.png")
    cases = data.load(tmp_path / "set", quiet=True)
    assert cases[["width", "height"]].drop_duplicates().to_numpy().tolist() == [[18, 20], [20, 20]]
    assert data.read_images(cases, 16).images.shape == (3, 16, 16, 1)
    assert [p.problem for p in cases.attrs["problems"]] == [
        "the ending is '.png', the content DICOM"
    ]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"kind": "RGB", "SamplesPerPixel": 3}, "expected one grey image"),
        ({"stored": np.stack([STORED] * 2), "NumberOfFrames": 2}, "2 frames"),
        ({"PixelData": b"\0" * 100}, "expected a DICOM image that pydicom can decode, got"),
    ],
)
def test_what_is_no_single_grey_image_is_named(write, changed, said):
    path = write(**changed)
    with pytest.raises(DataError, match=said) as error:
        data.read_image(path)
    assert str(error.value).startswith(f"{path}: ")


def test_heads_are_read_without_pixels(write, monkeypatch):
    path = write(PixelData=b"\0" * 100)
    with validation.open_image(path) as image:
        assert (image.format, image.size, image.mode) == ("DICOM", (20, 20), "L")


def test_without_pydicom_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(extras.EXTRAS, "dicom", ("no_such_module",))
    path = tmp_path / "a.dcm"
    path.write_bytes(b"\0" * 128 + b"DICM" + b"\0" * 50)
    with pytest.raises(DataError, match=r'is a DICOM file.*pip install "cxrlib\[dicom\]"'):
        data.read_image(path)
    Image.new("L", (20, 20)).save(tmp_path / "b.png")
    assert data.read_image(tmp_path / "b.png").shape == (20, 20)
