"""Whether a copy is whole, and every file looked at once: is it an image, how large, a double."""

from __future__ import annotations

import hashlib
import os
import stat
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
from PIL import Image, UnidentifiedImageError

from cxrlib.data import dicom
from cxrlib.data.cases import DataError, Problem, build, check_columns
from cxrlib.data.registry import Source

FORMATS = ("JPEG", "PNG")
EXTENSIONS = {".jpg": "JPEG", ".jpeg": "JPEG", ".png": "PNG", ".dcm": "DICOM", ".dicom": "DICOM"}
JPEG_HEAD, PNG_HEAD = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"
MIN_SIDE = 16
MAX_PIXELS = 64_000_000
MASK_COLUMNS = ("mask_path", "lesion_path")
METADATA_COLUMNS = ("patientid", "finding", "view", "modality", "filename")


def build_table(
    rows: list[dict], problems: list[Problem], class_names: Sequence[str], name: str
) -> pd.DataFrame:
    """Look at every file once, leave out what cannot be used, and build the case table."""
    sizes, odd = inspect_files([row["path"] for row in rows])
    doubles, contradictory = find_duplicates(rows, sizes)
    usable = [
        row | dict(zip(("width", "height"), sizes[row["path"]], strict=True))
        for row in rows
        if row["path"] in sizes and row["path"] not in contradictory
    ]
    mismatched = drop_mismatched_masks(usable)
    return build(usable, class_names, name=name, problems=[*problems, *odd, *doubles, *mismatched])


def inspect_files(paths: Sequence[str]) -> tuple[dict[str, tuple[int, int]], list[Problem]]:
    """Look at many files' heads: which are images, how large, and what is odd about the rest.

    Returns
    -------
    sizes : dict
        Path → (width, height) of every usable image.
    problems : list of Problem
        Unusable files (left out), and usable ones whose ending does not fit their content (kept).
    """
    sizes: dict[str, tuple[int, int]] = {}
    problems: list[Problem] = []
    # No threads: heads are so quickly read that threads wait for each other, three times as long.
    for path in paths:
        try:
            with open_image(path) as image:
                sizes[path] = oriented_size(image)
                ending = os.path.splitext(path)[1]
                if EXTENSIONS.get(ending.lower()) != image.format:
                    text = f"the ending is {ending!r}, the content {image.format}"
                    problems.append(Problem(path, text, "kept"))
        except DataError as error:
            problems.append(Problem(path, str(error).removeprefix(f"{path}: "), "left out"))
    return sizes, problems


def drop_mismatched_masks(rows: list[dict]) -> list[Problem]:
    """Take masks that are no images, or of another shape than theirs, out of the rows.

    A mask of the same proportions is kept and named: read at one size, the two fit.
    """
    have = [(row, c) for row in rows for c in MASK_COLUMNS if not pd.isna(row.get(c, pd.NA))]
    sizes, odd = inspect_files([row[c] for row, c in have])
    problems = [p for p in odd if p.action == "left out"]
    for row, column in have:
        mask, (width, height) = row[column], (row["width"], row["height"])
        w, h = sizes.get(mask, (0, 0))
        if (w, h) == (width, height):
            continue
        fits = w and same_aspect_ratio((w, h), (width, height))
        if w:
            text = f"this mask is {w}×{h}, its image {row['path']} {width}×{height}"
            problems.append(Problem(mask, text, "kept" if fits else "left out"))
        if not fits:
            row[column] = pd.NA
    return problems


def find_duplicates(rows: list[dict], sizes: Mapping) -> tuple[list[Problem], set[str]]:
    """Find files of the same content among the usable ones.

    Returns
    -------
    problems : list of Problem
        Doubles under one label are kept and named; under two labels they are left out.
    contradictory : set of str
        Paths of the latter: nobody can tell which label is right.
    """
    by_length: dict[int, list[dict]] = defaultdict(list)
    for row in rows:
        if row["path"] in sizes:
            by_length[os.path.getsize(row["path"])].append(row)
    by_content: dict[bytes, list[dict]] = defaultdict(list)
    for same in by_length.values():
        if len(same) > 1:
            for row in same:
                by_content[hashlib.md5(Path(row["path"]).read_bytes()).digest()].append(row)
    problems: list[Problem] = []
    contradictory: set[str] = set()
    for same in by_content.values():
        if len(same) < 2:
            continue
        several = len({row["label"] for row in same}) > 1
        if several:
            contradictory |= {row["path"] for row in same}
        for row in same:
            other = next(r for r in same if r is not row)
            text = f"the same image as {other['path']}"
            if several:
                others = sorted({r["label"] for r in same} - {row["label"]})
                text += f", labelled {row['label']!r} here and {', '.join(others)!r} there"
            problems.append(Problem(row["path"], text, "left out" if several else "kept"))
    return problems, contradictory


def is_image(path: str | os.PathLike) -> bool:
    """Whether a file is meant as an image: by its name, or by its first bytes."""
    if os.path.splitext(path)[1].lower() in EXTENSIONS:
        return True
    if not os.path.isfile(path):  # a pipe would be waited for
        return False
    try:
        with open(path, "rb") as file:
            head = file.read(len(PNG_HEAD))
        return head.startswith((JPEG_HEAD, PNG_HEAD)) or dicom.is_dicom(path)
    except OSError:  # nobody may read it, so nobody can tell: it is named with the images
        return True


def check_file(path: str | os.PathLike, advice: str = "Fetch or load the data set again.") -> None:
    """Raise :class:`DataError` unless there is a regular file: a pipe would be waited for."""
    try:
        regular = stat.S_ISREG(os.stat(path).st_mode)
    except OSError as error:
        why = "no such file" if isinstance(error, FileNotFoundError) else str(error.strerror)
        raise DataError(f"{path}: {why}. {advice}") from None
    if not regular:
        raise DataError(f"{path}: not a regular file, so it is not opened. Remove it.")


@contextmanager
def readable(path: str | os.PathLike) -> Iterator[None]:
    """Raise one :class:`DataError` for whatever Pillow says of a file that it cannot read."""
    try:
        yield
    except DataError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise DataError(_too_large(path, str(error))) from None
    except UnidentifiedImageError:
        got = "none" if os.path.getsize(path) else "an empty file"
        raise DataError(
            f"{path}: expected a JPEG, PNG or DICOM image, got {got}. Replace or remove it."
        ) from None
    except (OSError, SyntaxError, ValueError) as error:
        raise DataError(
            f"{path}: expected a whole image, got a damaged one ({error}). Replace or remove it."
        ) from None


def open_image(path: str | os.PathLike) -> Image.Image:
    """Open an image by its head only; nothing is decoded yet.

    Raises
    ------
    DataError
        If the file is missing, no regular file, empty, no JPEG, PNG or DICOM, or too small or too
        large to be used; the message begins with the path.
    """
    check_file(path)
    with readable(path):
        try:
            image: Image.Image = Image.open(path, formats=FORMATS)
        except UnidentifiedImageError:
            if not dicom.is_dicom(path):
                raise
            image = dicom.open_dicom(path)
    width, height = image.size
    if width * height <= MAX_PIXELS and min(width, height) >= MIN_SIDE:
        return image
    image.close()
    if width * height > MAX_PIXELS:
        raise DataError(_too_large(path, f"{width:,}×{height:,}"))
    raise DataError(
        f"{path}: expected at least {MIN_SIDE} pixels a side, got {width}×{height}. Replace or "
        "remove it."
    )


def _too_large(path: str | os.PathLike, got: str) -> str:
    return (
        f"{path}: expected at most {MAX_PIXELS:,} pixels, to decode it safely, got more ({got}). "
        "Make it smaller first."
    )


def oriented_size(image: Image.Image) -> tuple[int, int]:
    """Width and height in pixels after the rotation that the camera noted."""
    turned = "exif" in image.info and image.getexif().get(0x0112, 1) >= 5
    return image.size[::-1] if turned else image.size


def same_aspect_ratio(mask: tuple[int, int], image: tuple[int, int]) -> bool:
    """Whether two sizes (width, height) have the same proportions, to less than a pixel."""
    return abs(mask[0] * image[1] - mask[1] * image[0]) < max(image)


def check_complete(folder: Path, source: Source) -> None:
    """Raise :class:`DataError` unless the folder holds what the registry says."""
    if source.metadata_file:
        table = read_metadata(folder / source.metadata_file)
        names = table.loc[table["modality"] == "X-ray", "filename"]
        if names.nunique() < source.min_images:
            raise DataError(
                f"{folder}: expected at least {source.min_images:,} X-rays in "
                f"{source.metadata_file}, got {names.nunique():,}. Fetch it again."
            )
        if missing := [n for n in names if not (folder / "images" / str(n)).is_file()]:
            raise DataError(
                f"{folder}: expected {len(names)} listed images, got {len(missing)} less "
                f"(first: {missing[0]}). Fetch it again."
            )
        return
    wanted = source.file_counts[0]
    got = {part: len(_visible_files(folder / part)) for part in wanted}
    if got not in source.file_counts:
        said = ", ".join(f"{p}: expected {n:,}, got {got[p]:,}" for p, n in wanted.items())
        raise DataError(f"{folder}: {said}. Fetch it again.")
    if source.names_sha256 and fingerprint(folder, wanted) != source.names_sha256:
        raise DataError(
            f"{folder}: expected other names of files, got as many files, so these are other "
            f"images. Look at {source.homepage} for what has changed."
        )


def fingerprint(folder: Path, parts: Iterable[str]) -> str:
    """Return the SHA-256 of the sorted names in some sub-folders, endings left out.

    Endings are left out so that a copy as JPEG of what came as PNG is known again.
    """
    names = sorted(f"{part}/{p.stem}" for part in parts for p in _visible_files(folder / part))
    return hashlib.sha256("\n".join(names).encode()).hexdigest()


def _visible_files(folder: Path) -> list[Path]:
    return [p for p in folder.glob("*") if p.is_file() and p.name[0] != "."]


def read_metadata(path: Path) -> pd.DataFrame:
    """Read the collection's ``metadata.csv``; patients as text, unknown words as ``""``.

    Raises
    ------
    DataError
        Naming the file if it is missing or no table, and the column that it lacks.
    """
    check_file(path)
    try:
        meta = pd.read_csv(path, dtype={"patientid": "string"})
    except ValueError as error:
        raise DataError(f"{path}: expected a table, got {error}. Fetch it again.") from None
    check_columns(meta, str(path), METADATA_COLUMNS)
    texts = ("finding", "view", "modality")
    return meta.assign(**{column: meta[column].fillna("").astype(str) for column in texts})
