"""DICOM files as images: pixels as a viewer would show them, through the optional pydicom."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImageFile

from cxrlib.data.cases import DataError
from cxrlib.extras import MissingExtraError, require

if TYPE_CHECKING:
    from pydicom import Dataset

PREAMBLE = 128  # bytes before the letters DICM
GREY = ("MONOCHROME1", "MONOCHROME2")  # the lowest value is white in the first, black in the second


def is_dicom(path: str | os.PathLike) -> bool:
    """Whether a file says that it is DICOM."""
    with open(path, "rb") as file:
        return file.read(PREAMBLE + 4)[PREAMBLE:] == b"DICM"


def open_dicom(path: str | os.PathLike) -> Image.Image:
    """Open a radiograph by its head only; its pixels are decoded when they are needed.

    Stored values are rescaled, then the first window (or lookup table) of the file is applied,
    else the whole range of values is used. MONOCHROME1 is inverted, so that air is black.

    Returns
    -------
    Image
        Of mode ``"L"``, its format ``"DICOM"``.

    Raises
    ------
    DataError
        If pydicom is not installed, or the file is no grey image of one frame.
    """
    try:
        require("dicom", f"{path} is a DICOM file")
    except MissingExtraError as error:
        raise DataError(str(error)) from None
    return _DicomImage(path)


class _DicomImage(ImageFile.ImageFile):
    """Knows its size from the head; once loaded, it is the image that pydicom decoded."""

    format = "DICOM"
    format_description = "DICOM"

    def _open(self) -> None:
        path = os.fsdecode(self.filename)
        head = _read(path, stop_before_pixels=True)
        kind, frames = head.get("PhotometricInterpretation"), head.get("NumberOfFrames", 1) or 1
        if kind not in GREY or int(frames) != 1 or not (head.get("Rows") and head.get("Columns")):
            raise DataError(
                f"{path}: expected one grey image ({' or '.join(GREY)}), got {kind}, "
                f"{frames} frames. Export it as such, or remove it."
            )
        self._mode, self._size = "L", (int(head.Columns), int(head.Rows))

    def load(self) -> Any:
        image = Image.fromarray(decode(_read(os.fsdecode(self.filename))))
        if self.fp:
            self.fp.close()
        self.__class__, self.__dict__ = image.__class__, image.__dict__  # type: ignore[assignment]
        return image.load()


def _read(path: str | os.PathLike, stop_before_pixels: bool = False) -> Dataset:
    import pydicom

    try:
        return pydicom.dcmread(path, stop_before_pixels=stop_before_pixels, force=True)
    except Exception as error:  # pydicom has many
        raise _damaged(path, error) from None


def decode(dataset: Dataset) -> np.ndarray:
    """Return the pixels of a grey image of one frame as uint8, shape (H, W).

    Raises
    ------
    DataError
        If they cannot be decoded: the message says what pydicom lacks.
    """
    from pydicom.pixels import apply_modality_lut, apply_voi_lut, apply_windowing

    try:
        values = apply_modality_lut(dataset.pixel_array, dataset).astype(np.float64)
        if "VOILUTSequence" in dataset and dataset.VOILUTSequence:
            bits = int(dataset.VOILUTSequence[0].LUTDescriptor[2])
            shown = apply_voi_lut(dataset.pixel_array, dataset).astype(np.float64)
            low, high = 0.0, 2.0**bits - 1
        elif dataset.get("WindowWidth") is not None:
            shown = apply_windowing(values, dataset)
            with np.errstate(over="ignore"):  # of a sigmoid, far from its middle
                low, high = apply_windowing(np.array([-1e12, 1e12]), dataset)
        else:
            shown, low, high = values, values.min(), values.max()
    except Exception as error:  # pydicom has many, and decoders have their own
        raise _damaged(getattr(dataset, "filename", "DICOM"), error) from None
    grey = ((shown - low) / max(high - low, 1e-9)).clip(0, 1)
    if dataset.PhotometricInterpretation == "MONOCHROME1":
        grey = 1 - grey
    return (grey * 255).round().astype(np.uint8)


def _damaged(path: object, error: Exception) -> DataError:
    text = " ".join(str(error).split())
    return DataError(
        f"{path}: expected a DICOM image that pydicom can decode, got: {text}. Replace it, or "
        "install what is missing."
    )
