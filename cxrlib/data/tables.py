"""A table of your own → a case table: paths, labels and patients instead of folders."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from cxrlib.data import copies
from cxrlib.data.cases import DataError, Problem, did_you_mean
from cxrlib.data.class_folders import SPLIT_FOLDERS
from cxrlib.data.validation import build_table, check_file

SEPARATORS = ",;\t"
DEFAULTS = {"path": "path", "label": "label", "patient_id": "patient_id", "split": "split"}
OPTIONAL = ("patient_id", "split")


def load_table(
    file: str | os.PathLike,
    *,
    path_column: str | None = None,
    label_column: str | None = None,
    patient_column: str | None = None,
    split_column: str | None = None,
) -> pd.DataFrame:
    """Load the images that a table lists.

    Parameters
    ----------
    file : path
        A text file of UTF-8, one row an image, its columns separated by comma, semicolon or tab,
        their names in the first line.
    path_column, label_column : str, optional
        Where the image is, from the table's folder on, and its class; by default ``path`` and
        ``label``.
    patient_column, split_column : str, optional
        Who is on it, and ``train``, ``val`` or ``test``. By default ``patient_id`` and ``split``,
        where there are such columns. An empty cell is unknown.

    Returns
    -------
    DataFrame
        The case table (:mod:`cxrlib.data.cases`). Rows that cannot be used are listed in
        ``data.problems(cases)``.

    Raises
    ------
    DataError
        If the file is no such table, lacks a column, names another split, has fewer than two
        classes or a class without an image that can be read, or if no path leads to a file.
    """
    file = Path(file)
    named = dict(zip(DEFAULTS, (path_column, label_column, patient_column, split_column),
                     strict=True))  # fmt: skip
    table = _read(file)
    columns = {}
    for key, wanted in named.items():
        column = wanted or DEFAULTS[key]
        if column in table:
            columns[column] = key
        elif wanted or key not in OPTIONAL:
            raise DataError(
                f"{file}: expected a column {column!r}, got {', '.join(table.columns)}."
                f"{did_you_mean(column, table.columns)} Name the one to read with "
                f"--{key.removesuffix('_id')}-column."
            )
    table = table[list(columns)].rename(columns=columns).reindex(columns=list(DEFAULTS))
    rows, problems = _rows(table, file)
    names = sorted({row["label"] for row in rows})
    if len(names) < 2:
        raise DataError(
            f"{file}: expected at least two classes, got {', '.join(names) or 'none'}. Look at the "
            "column of labels."
        )
    usable, missing = _existing(rows, file)
    cases = build_table(usable, [*problems, *missing], names, file.name)
    cases.attrs.update(source="folder", download_error="", copies=copies.describe(cases))
    cases.attrs["root"] = str(file.parent)
    return cases


def _read(file: Path) -> pd.DataFrame:
    """Read all cells as text without blanks around them; empty ones are NA."""
    check_file(file, "Correct the path of the table.")
    try:
        with file.open(encoding="utf-8-sig") as opened:
            header = opened.readline()
        separator = max(SEPARATORS, key=header.count)
        table = pd.read_csv(file, sep=separator, dtype="string", encoding="utf-8-sig")
    except (ValueError, OSError) as error:  # pandas' and Unicode's errors are ValueErrors
        raise DataError(
            f"{file}: expected a table as text (CSV, UTF-8), got: {error}. Save it as CSV."
        ) from None
    table = table.rename(columns=str.strip).apply(lambda column: column.str.strip())
    return table.replace("", pd.NA)


def _rows(table: pd.DataFrame, file: Path) -> tuple[list[dict], list[Problem]]:
    """Make rows of a case table; what is repeated or lacks something is a problem."""
    _check_splits(table["split"].dropna().unique(), file)
    rows, problems, seen = [], [], set()
    for number, record in enumerate(table.to_dict("records"), start=2):  # line 1 is the header
        path, label = record["path"], record["label"]
        if pd.isna(path) or pd.isna(label):
            place = f"{file}, row {number}" if pd.isna(path) else str(file.parent / path)
            lacking = "path" if pd.isna(path) else f"label in row {number}"
            problems.append(Problem(place, f"the table tells no {lacking}", "left out"))
            continue
        full = str(file.parent / path)
        known = tuple(map(str, record.values()))
        if known in seen:
            text = f"row {number} says again what an earlier row says; the first is used"
            problems.append(Problem(full, text, "kept"))
            continue
        seen.add(known)
        split = record["split"]
        rows.append(
            {
                "path": full,
                "label": str(label),
                "patient_id": record["patient_id"],
                "split": split if pd.isna(split) else SPLIT_FOLDERS[split.lower()],
                "source": file.stem,
            }
        )
    return rows, problems


def _existing(rows: list[dict], file: Path) -> tuple[list[dict], list[Problem]]:
    """Tell rows whose file is there from those whose file is missing."""
    there = [row for row in rows if os.path.exists(row["path"])]
    gone = [row["path"] for row in rows if not os.path.exists(row["path"])]
    counted = f"paths are counted from the folder of {file.name}"
    if not there:
        raise DataError(
            f"{file}: expected paths of images, got {len(gone):,} that lead to no file, such as "
            f"{gone[0]}. Correct them: {counted}."
        )
    return there, [Problem(path, f"no such file; {counted}", "left out") for path in gone]


def _check_splits(names: Iterable[str], file: Path) -> None:
    if unknown := [name for name in names if name.lower() not in SPLIT_FOLDERS]:
        raise DataError(
            f"{file}: expected {', '.join(SPLIT_FOLDERS)} or nothing as split, got "
            f"{', '.join(unknown[:5])}. Rename them, or name another --split-column."
        )
