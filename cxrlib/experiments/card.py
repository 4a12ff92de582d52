"""A model card and a data sheet, written from what is recorded, and from nothing else.

Model cards: Mitchell et al. (2019), doi:10.1145/3287560.3287596. Data sheets: Gebru et al. (2021),
doi:10.1145/3458723. Before a word is written, the record, the ledger and the model's file are held
against one another.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from cxrlib import data
from cxrlib.data import registry as datasets
from cxrlib.evaluation import audit
from cxrlib.evaluation.prediction import DISCLAIMER
from cxrlib.experiments import ledger, record as records, sweep
from cxrlib.experiments.record import Record
from cxrlib.experiments.summary import summarize
from cxrlib.experiments.validation import RecordError
from cxrlib.models.metadata import Metadata, read_file

CHAPTER = "14-deployment"  # that claims things of networks that are kept
ROUNDING = 2e-3  # scores are kept with five digits, and a tie may fall to the other side
NOT_FOR = (
    "any decision about a person",
    "people, devices and hospitals other than those of its data, until it was tested there",
    "pictures other than frontal chest X-rays",
)


def write_card(
    id: str, folder: str | os.PathLike | None = None, *, report: audit.Report | None = None
) -> str:
    """Write the model card of a recorded run, and the data sheet of its data.

    Parameters
    ----------
    id : str
        Of the record.
    folder : path, optional
        See :func:`cxrlib.experiments.results_folder`.
    report : Report, optional
        Of an audit of its data. Without it the sheet says that there was none.

    Returns
    -------
    str
        Markdown.

    Raises
    ------
    RecordError
        If the record is not whole, its summary is not what its scores give, the ledger lacks its
        looks at the test set, the model's file says something else, or a claim about it failed.
    """
    record = records.read(id, folder)
    found = _model_metadata(record, folder)
    check(record, found, folder)
    parts = [
        f"# Model card: {record.title}",
        f"*{DISCLAIMER} Written from the record `{record.id}`.*",
        _section("Model", _model_lines(record, found)),
        _section("What it is for", ["learning how such networks are trained and judged"]),
        _section("What it is not for", NOT_FOR),
        _results(record),
        *([_operating_point(found)] if found else []),
        *([_refusals(found)] if found and found.refusals else []),
        _looks(record, folder),
        *([_section("What to know", record.notes)] if record.notes else []),
        f"# Data sheet: {record.data['name']}",
        _section("Where the pictures come from", _source_lines(record)),
        _composition(record),
        _findings(report),
    ]
    return "\n\n".join(parts) + "\n"


def check(record: Record, found: Metadata | None, folder: str | os.PathLike | None = None) -> None:
    """Hold a record against its own scores, the ledger, its model's file, and the claims.

    Raises
    ------
    RecordError
        At the first thing that does not agree.
    """
    _check_summary(record)
    _check_looks(record, folder)
    if found is not None:
        _check_model(record, found)
        _check_claims(record)


def _check_summary(record: Record) -> None:
    again = summarize(record.runs, list(record.data["counts"]["test"]))
    for name, row in record.summary.items():
        if name not in again:
            raise RecordError(
                f"{record.id}: expected a summary that its scores give, got {name!r}, which they "
                "do not. Make the record again; nothing in it may be changed by hand."
            )
        for end in ("mean", "low", "high"):
            if not math.isclose(row[end], again[name][end], abs_tol=ROUNDING):
                raise RecordError(
                    f"{record.id}, {name}: expected the {end} {again[name][end]:.4f} from its "
                    f"scores, got {row[end]:.4f}. No card is written of numbers that do not come "
                    "out again. Compute the summary: cxr reproduce ID --summary-only."
                )


def _check_looks(record: Record, folder: str | os.PathLike | None) -> None:
    made = sum(look["times"] for run in record.runs for look in run["test_evaluations"])
    noted = _own_looks(record, folder)["times"].sum()
    if noted < made:
        raise RecordError(
            f"{record.id}: expected at least {made} looks at the test set in the ledger, got "
            f"{noted}. Restore {ledger.FILE} from the repository: a look that was made stays made."
        )


def _own_looks(record: Record, folder: str | os.PathLike | None) -> pd.DataFrame:
    looks = ledger.entries(folder)
    return looks[looks["study"] == record.id]


def _check_model(record: Record, found: Metadata) -> None:
    run = record.runs[0]
    (healthy, _), (_, sick) = run["confusion_matrix"]["test"]
    pairs = {
        "record": (record.id, found.record),
        "data": (record.data["name"], found.data),
        "fingerprint": (record.data["fingerprint"], found.fingerprint),
        "threshold": (run["threshold"], found.threshold),
        "spared healthy": (healthy, found.specificity.k),
        "found sick": (sick, found.sensitivity.k),
    }
    for name, (wanted, got) in pairs.items():
        if wanted != got:
            raise RecordError(
                f"{record.id}.keras: expected the {name} {wanted} of its record, got {got}. The "
                "file belongs to another run: make both again with cxr reproduce."
            )


def _check_claims(record: Record) -> None:
    for claim in (*sweep.claims("real"), *sweep.claims("phantoms")):
        if claim.chapter == CHAPTER and claim.kind != "observation" and claim.held < claim.n:
            raise RecordError(
                f"{record.id}: expected every claim of chapter {CHAPTER} to hold, got "
                f"{claim.text()} for {claim.statement!r}. No card is written of a network of which "
                "a claim failed: mend the claim, or the network."
            )


def _model_metadata(record: Record, folder: str | os.PathLike | None) -> Metadata | None:
    file = _model_file(record, folder)
    if not file.is_file():
        return None
    try:
        found = read_file(file)
    except ValueError as error:
        raise RecordError(str(error)) from error
    if found is None:
        raise RecordError(
            f"{file}: expected a model whose file says what it is, got one without metadata. Make "
            "it again with cxr reproduce."
        )
    return found


def _model_file(record: Record, folder: str | os.PathLike | None) -> Path:
    return records.results_folder(folder) / f"{record.id}.keras"


def _section(title: str, lines: Sequence[str]) -> str:
    return "\n".join([f"## {title}", "", *(f"- {line}" for line in lines)])


def _table(title: str, head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    shown = [f"| {' | '.join(map(str, line))} |" for line in lines]
    return "\n".join([f"## {title}", "", *shown])


def _model_lines(record: Record, found: Metadata | None) -> list[str]:
    shown = (f"{name} {value}" for name, value in record.config.items() if value is not None)
    classes = list(record.data["counts"]["test"])
    lines = [
        f"answers: {', '.join(classes)}",
        f"settings: {'; '.join(shown)}",
        f"seeds, a run each: {', '.join(str(run['seed']) for run in record.runs)}",
        f"made with: {', '.join(f'{name} {number}' for name, number in record.versions.items())}",
    ]
    kept = f"`{record.id}.keras`, of the first run" if found else "not kept"
    return [*lines, f"file: {kept}"]


def _results(record: Record) -> str:
    rows = [
        (name, f"{row['mean']:.3f}", f"{row['low']:.3f} to {row['high']:.3f}", row["method"])
        for name, row in record.summary.items()
    ]
    return _table("What it came to", ("measure", "mean", "interval", "how it was made"), rows)


def _operating_point(found: Metadata) -> str:
    lines = [
        f"threshold {found.threshold:.3f}: {found.rule}",
        f"sensitivity on {found.evaluated_on}: {found.sensitivity}",
        f"specificity on {found.evaluated_on}: {found.specificity}",
    ]
    if found.outliers is not None:
        lines.append(
            f"pictures further than {found.outliers.threshold:.2f} from those of training, and "
            f"such as look turned or mirrored, are refused; so are at most "
            f"{found.outliers.false_refusals:.0%} of {found.outliers.n:,} validation pictures"
        )
    return _section("Where it is used", lines)


def _refusals(found: Metadata) -> str:
    rows = [
        (kind, one.rate, f"{one.n_groups:,}", f"{one.distance_auc:.3f}", f"{one.turn_auc:.3f}")
        for kind, one in found.refusals.items()
    ]
    head = ("kind", "refused", "patients or pictures", "AUC of the distance", "of the turn score")
    lines = [
        "intervals: 95 %, patients (of photographs, whole ones) drawn again; Wilson's where each "
        "picture stands for itself or all are alike",
        "AUC: how well the score orders that kind behind validation's films",
        "inverted, turned and mirrored films are validation's; the turn score learned from those "
        "of training",
        "both limits were chosen on validation: its own row is no test",
        "not asked: films of the test folder, which would be a look at it, and lateral views, of "
        "which none was at hand",
    ]
    return _table("What it refuses", head, rows) + "\n\n" + "\n".join(f"- {line}" for line in lines)


def _looks(record: Record, folder: str | os.PathLike | None) -> str:
    name, looks = record.data["name"], ledger.entries(folder)
    same = looks.loc[looks["dataset"] == name, "times"].sum()
    own = _own_looks(record, folder)["times"].sum()
    lines = [
        f"{own:,} by this study",
        f"{same:,} by all studies of {name}: what was chosen after a look has seen the answer",
    ]
    return _section("Looks at the test set", lines)


def _source_lines(record: Record) -> list[str]:
    info = datasets.get(record.data["name"])
    lines = [f"{info.title}; fingerprint of the names `{record.data['fingerprint']}`"]
    for key in info.sources:
        source = datasets.SOURCES[key]
        lines.append(f"{source.citation}; licence: {source.license}; {source.homepage}")
    return lines


def _composition(record: Record) -> str:
    counts: Mapping[str, Mapping[str, int]] = record.data["counts"]
    classes = list(next(iter(counts.values())))
    who = record.data["patients"]
    rows = [
        (split, *(f"{row[name]:,}" for name in classes), _patients(who[split]))
        for split, row in counts.items()
    ]
    return _table("What is in it", ("split", *classes, "patients"), rows)


def _patients(n: int | None) -> str:
    return "not known" if n is None else f"{n:,}"


def _findings(report: audit.Report | None) -> str:
    if report is None:
        lines = ["not audited: the pictures are not on this machine, or nobody asked for it"]
    else:
        lines = [f"{f.verdict} · {f.check}: {f.summary}" for f in report.worst_first()]
    return _section("What an audit found", lines)


def audited(name: str) -> audit.Report | None:
    """Audit a data set, if its real pictures are on this machine."""
    cases = data.load(name, quiet=True)
    return None if cases.attrs["source"] == "phantoms" else audit.audit(cases)
