"""Records as files: one JSON each, written whole or not at all."""

from __future__ import annotations

import difflib
import json
import os
from importlib import resources
from pathlib import Path

from cxrlib.experiments.record import Record, make
from cxrlib.experiments.refusals import RecordError, check_id

VARIABLE = "CXR_RESULTS"
BESIDE = "results"  # where a new record goes without a checkout


def shipped() -> Path:
    """Return the folder of the records that come with the package."""
    return Path(resources.files("cxrlib.experiments")) / "results"  # pip unpacks: always a folder


def find_folder(folder: str | os.PathLike | None = None) -> Path:
    """Find the folder to read records from.

    Parameters
    ----------
    folder : str or path, optional
        The folder itself. Without it: the one that the environment variable ``CXR_RESULTS``
        names, else the records that come with the package.

    Raises
    ------
    RecordError
        If there is no such folder.
    """
    named = _named(folder)
    if named is None:
        place, who, advice = shipped(), "the package's own", "Install cxrlib again."
    else:
        who = VARIABLE if folder is None else "`folder`"
        place, advice = named, "Correct it."
    if not place.is_dir():
        raise RecordError(
            f"expected a folder with records, but {who} is {place}, and there is no such "
            f"folder. {advice}"
        )
    return place


def folder_to_write(folder: str | os.PathLike | None = None) -> Path:
    """Return where a new record goes; the folder need not be there yet.

    Parameters
    ----------
    folder : str or path, optional
        The folder itself. Without it: the one that the environment variable ``CXR_RESULTS``
        names, else the package's own in a checkout of the course that may be written to, else
        ``results`` in the current folder.
    """
    named, own = _named(folder), shipped()
    in_checkout = (own.parents[2] / "pyproject.toml").is_file() and os.access(own, os.W_OK)
    return named or (own if in_checkout else Path(BESIDE))


def _named(folder: str | os.PathLike | None) -> Path | None:
    named = folder if folder is not None else os.environ.get(VARIABLE, "").strip()
    return Path(named).expanduser() if named else None


def known(folder: str | os.PathLike | None = None) -> list[str]:
    """List the ids of the records in a folder (see :func:`find_folder`), sorted."""
    return sorted(p.stem for p in find_folder(folder).glob("*.json") if p.name[0] != ".")


def read(id: str, folder: str | os.PathLike | None = None) -> Record:
    """Read a record and check it.

    Parameters
    ----------
    id : str
        Such as ``"article-3-repaired"``.
    folder : str or path, optional
        See :func:`find_folder`.

    Raises
    ------
    RecordError
        If there is no such record (naming those that there are), or its file is not whole.
    """
    place = find_folder(folder)
    ids = known(place)
    if id not in ids:
        near = difflib.get_close_matches(str(id), ids, n=3)
        hint = f"Did you mean {' or '.join(near)}? " if near else ""
        raise RecordError(
            f"expected the id of a record in {place}, got {id!r}. {hint}"
            f"Known: {', '.join(ids) or 'none yet'}."
        )
    path = place / f"{id}.json"
    try:
        check_id(id)
        fields = json.loads(path.read_text(encoding="utf-8"), parse_constant=_refuse_constant)
        if not isinstance(fields, dict):
            raise RecordError(f"expected an object with fields, got a {type(fields).__name__}.")
        record = make(**fields)
        if record.id != id:
            raise RecordError(f"expected the id {id}, as in the file's name, got {record.id}.")
    except (OSError, ValueError) as error:
        advice = "Restore the file from the repository, or make the record again."
        raise RecordError(f"{path} is not a whole record: {error} {advice}") from error
    return record


def write(record: Record, folder: str | os.PathLike | None = None) -> Path:
    """Write a record to ``folder/ID.json``, in place of an older one; whole or not at all.

    Parameters
    ----------
    record : Record
        A record.
    folder : str or path, optional
        See :func:`folder_to_write`.

    Raises
    ------
    RecordError
        If the record is not valid; nothing is written then.
    """
    record = make(**vars(record))
    target = folder_to_write(folder) / f"{record.id}.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with open(beside, "w", encoding="utf-8", newline="\n") as file:
            file.write(to_json(record))
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, target)
    finally:
        beside.unlink(missing_ok=True)
    return target


def to_json(record: Record) -> str:
    """Return a record as JSON that reads well in a diff: a column of numbers is one line."""
    return _lines(vars(record), depth=0) + "\n"


def _lines(value: object, depth: int) -> str:
    pad = "\n" + " " * (depth + 1)
    if isinstance(value, dict) and value:
        rows = (f"{_dumps(key)}: {_lines(item, depth + 1)}" for key, item in value.items())
        return "{" + pad + f",{pad}".join(rows) + pad[:-1] + "}"
    entries = depth == 1 or (isinstance(value, list) and any(isinstance(i, dict) for i in value))
    if isinstance(value, list) and value and entries:
        rows = (_lines(item, depth + 1) for item in value)
        return "[" + pad + f",{pad}".join(rows) + pad[:-1] + "]"
    return _dumps(value)


def _dumps(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _refuse_constant(name: str) -> None:
    raise RecordError(f"expected finite numbers, got {name}.")
