"""Papers and studies as data: what is claimed, the fault and its repair, and every setting.

A paper is one JSON file (``papers/``, or anybody's own) after ``paper.schema.json``. Its studies
differ from one another in the settings that they name, so that a repair can be read off.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from cxrlib.data import DataError, registry as datasets
from cxrlib.data.cases import did_you_mean
from cxrlib.experiments.settings import DEFAULTS
from cxrlib.experiments.validation import RecordError, check_schema

ROLES = ("as_published", "repaired")


@dataclass(frozen=True)
class Study:
    """One run on the real data that can be repeated.

    Attributes
    ----------
    id : str
        Lowercase letters, digits and hyphens: that of its record.
    title : str
        What is run.
    article : int or None
        The article it repeats.
    method : str
        Module of :mod:`cxrlib.experiments.methods` that does it.
    config : dict
        Every setting.
    notes : tuple of str
        What a reader of its numbers should know.
    seeds : tuple of int
        Those it runs with where nobody names others.
    resample : bool
        Whether each seed draws its own images, as many of each class and split. Otherwise all
        have those of the lowest.
    """

    id: str
    title: str
    article: int | None
    method: str
    config: dict
    notes: tuple[str, ...] = ()
    seeds: tuple[int, ...] = (0,)
    resample: bool = False


@dataclass(frozen=True)
class Paper:
    """What somebody published, and what became of it here.

    Attributes
    ----------
    id, title, url, summary : str
    article : int or None
        Its number among the course's articles.
    chapters : list of str
        Those that take it up, such as ``"05-first-cnn"``.
    data, split, model, evaluation : str
        What it did, in a sentence or two each.
    claims : list of dict
        ``words``, ``metric``, ``value``; the ids of the studies that repeat it ``as_published``
        and ``repaired``.
    fault, repair : dict
        ``words``, and ``code`` of at most five lines; a fault also has a ``name``.
    not_reproduced : list of str
        Where the studies differ from the paper, and why.
    studies : dict of str to Study
        By id.
    """

    id: str
    title: str
    url: str
    article: int | None
    chapters: list[str]
    summary: str
    data: str
    split: str
    model: str
    evaluation: str
    claims: list[dict[str, Any]]
    fault: dict[str, Any]
    repair: dict[str, Any]
    not_reproduced: list[str]
    studies: dict[str, Study]


def read_paper(path: str | os.PathLike) -> Paper:
    """Read a paper's JSON file and check it.

    Parameters
    ----------
    path : str or path
        Of the file.

    Raises
    ------
    DataError
        If it cannot be read, a field is missing, unknown or not what it must be, or a study names
        a method, setting, data set or other study that there is not.
    """
    try:
        fields = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(
            f"{path}: expected a paper as JSON, got {error}. Look at the file."
        ) from error
    try:
        check_schema(fields, "paper.schema.json")
        return _paper(fields)
    except (DataError, RecordError) as error:
        raise DataError(f"{path}: {error}") from None


def shipped_papers() -> list[Path]:
    """List the files of the papers that come with the package."""
    return sorted(Path(str(files("cxrlib.experiments") / "papers")).glob("*.json"))


def _paper(fields: dict[str, Any]) -> Paper:
    drafts, article = fields["studies"], fields["article"]
    ids = {key: draft.get("id", f"{fields['id']}-{key}") for key, draft in drafts.items()}
    if repeated := sorted(id for id, n in Counter(ids.values()).items() if n > 1):
        raise DataError(
            f"studies: expected an id of its own for each, got {repeated[0]} more than once. "
            "Leave `id` out: paper and key make one."
        )
    studies = {}
    for key, draft in drafts.items():
        config, notes = _inherited(drafts, key)
        config = fields["config"] | config
        studies[ids[key]] = Study(
            id=ids[key],
            title=draft["title"],
            article=article,
            method=fields["method"],
            config=_whole(f"studies.{key}.config", config, fields["method"]),
            notes=(*notes, *fields.get("notes", ())),
            seeds=tuple(draft.get("seeds", (0,))),
            resample=draft.get("resample", False),
        )
    claims = [
        claim | {role: _known(f"claims.{role}", claim[role], ids) for role in ROLES}
        for claim in fields["claims"]
    ]
    names = ("id", "title", "url", "summary", "data", "split", "model", "evaluation", "fault")
    same = {name: fields[name] for name in (*names, "repair", "not_reproduced")}
    chapters = fields.get("chapters", [])
    return Paper(**same, article=article, chapters=chapters, claims=claims, studies=studies)


def _known(where: str, key: str, known: dict) -> Any:
    if key not in known:
        raise DataError(
            f"{where}: expected one of {', '.join(known)}, got {key!r}."
            f"{did_you_mean(str(key), known)} Name it so, or add it."
        )
    return known[key]


def _inherited(drafts: dict[str, dict], key: str) -> tuple[dict, list[str]]:
    """Return a study's settings, with those it is based on, and the nearest of their notes."""
    chain = [key]
    while (base := drafts[chain[-1]].get("based_on")) is not None:
        _known(f"studies.{chain[-1]}.based_on", base, drafts)
        if base in chain:
            raise DataError(
                f"studies.{key}: expected studies that are based on others without going round, "
                f"got {' → '.join([*chain, base])}. Let the first name all its settings."
            )
        chain.append(base)
    config: dict = {}
    for one in reversed(chain):
        config |= drafts[one].get("config", {})
    noted = [drafts[one]["notes"] for one in chain if "notes" in drafts[one]]
    return config, noted[0] if noted else []


def _whole(where: str, config: dict, method: str) -> dict:
    """Return every setting of a method, those that are not named with their defaults."""
    defaults = _known("method", method, DEFAULTS)
    for name in config:
        _known(where, name, defaults)
    for member in config.get("members", []):
        for name in member:
            _known(f"{where}.members", name, defaults)
    whole = defaults | config
    _known(f"{where}.data", whole["data"], datasets.DATASETS)
    if whole.get("validation") == "test" and (method != "from_scratch" or whole["patience"]):
        raise DataError(
            f"{where}.validation: expected validation on the test set with the method from_scratch "
            f"and without patience, got {method} and {whole['patience']}. Cut it from train: "
            '{"patients": 0.2}.'
        )
    return whole
