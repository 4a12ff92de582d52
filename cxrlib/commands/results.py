"""``cxr results``: list the recorded runs, or show one."""

from __future__ import annotations

import argparse
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from cxrlib import experiments
from cxrlib.commands import help_with
from cxrlib.experiments import Record

if TYPE_CHECKING:  # brings scipy.stats, which is slow to import
    from cxrlib.evaluation import Interval


def add_parser(rooms: argparse._SubParsersAction) -> None:
    """Add the command to those of ``cxr``."""
    results = rooms.add_parser(
        "results",
        help="list the recorded runs, or show one",
        **help_with("cxr results", "cxr results article-3-repaired"),
    )
    results.add_argument(
        "id", metavar="ID", nargs="?", help="a record to show, such as article-3-repaired"
    )
    results.set_defaults(run=_results)


def _results(options: argparse.Namespace) -> None:
    if options.id is not None:
        print(record_text(experiments.read(options.id)))
        return
    folder, found, broken = experiments.results_folder(), [], []
    for name in experiments.list_ids(folder):
        try:
            found.append(experiments.read(name, folder))
        except experiments.RecordError as error:
            broken.append(str(error))
    if found:
        print(_records_table(found))
        print(_papers_table({record.id for record in found}, broken))
    elif not broken:
        print(f"No record in {folder} yet. A run on the real X-rays makes one.")
    if broken:
        raise experiments.RecordError("\n".join(broken))


def _records_table(records: Sequence[Record]) -> str:
    """Return a table with one line a record: id, article, title, headline, seeds, seconds."""
    head = ("id", "article", "title", "result (95 % CI)", "seeds", "seconds")
    return _table([head, *map(_row, records)])


def _table(rows: Sequence[Sequence[str]]) -> str:
    """Return rows of cells as lines, the last column to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for *texts, last in rows:
        cells = [text.ljust(width) for text, width in zip(texts, widths, strict=False)]
        lines.append("  ".join([*cells, last.rjust(widths[-1])]))
    return "\n".join(lines)


def _papers_table(ids: Collection[str], broken: list[str]) -> str:
    """Return what became of each paper's claims of which there is a record."""
    head = ("study", "metric", "published", "as published", "repaired", "difference (95 % CI)")
    rows: list[tuple[str, ...]] = [head]
    for paper in experiments.registry.PAPERS.values():
        if not ids & paper.studies.keys():
            continue
        try:
            compared = experiments.compare(paper)
        except ValueError as error:  # of a record, or of too few patients for an interval
            broken.append(f"{paper.id}: {error}")
            continue
        rows += [
            (
                one.study,
                one.metric,
                f"{one.about} {one.published:.3g}".strip(),
                _shown(one.as_published),
                _shown(one.repaired),
                _shown(one.difference, "+.3f"),
            )
            for one in compared
        ]
    return f"\n{_table(rows)}" if len(rows) > 1 else ""


def _shown(interval: Interval | None, spec: str = ".3f") -> str:
    return "–" if interval is None else f"{interval:{spec}}"


def _row(record: Record) -> tuple[str, ...]:
    article = "–" if record.article is None else str(record.article)
    name, numbers = next(iter(record.summary.items()))
    result = f"{name} {_interval(numbers)}"
    ends = record.between_seeds(name)
    seeds = f"{len(record.runs)}: {ends[0]:.3g} to {ends[1]:.3g}" if ends else "1"
    return record.id, article, record.title, result, seeds, f"{record.seconds:,.0f}"


def record_text(record: Record) -> str:
    """Return one record in readable form: everything but histories' and scores' numbers."""
    article = "" if record.article is None else f" · article {record.article}"
    classes = list(next(iter(record.data["counts"].values())))
    results = {name: f"{_interval(r)} · {r['method']}" for name, r in record.summary.items()}
    parts = [
        f"{record.title}\n{record.id}{article}",
        _block("Results", results),
        *(_run_text(run, classes) for run in record.runs),
        _block("Data", _data_lines(record.data)),
        _block("Settings", {key: _value(item) for key, item in record.config.items()}),
        _block("Run", _cost_lines(record)),
    ]
    if record.notes:
        parts.append("\n".join(["Notes", *(f"  - {note}" for note in record.notes)]))
    return "\n\n".join(parts)


def _run_text(run: Mapping, classes: Sequence[str]) -> str:
    epochs = len(next(iter(run["history"].values())))
    lines = {name: f"{value:.4g}" for name, value in run["metrics"].items()}
    if run["threshold"] is not None:
        lines["threshold"] = f"{run['threshold']:.4g}"
    for split, matrix in run["confusion_matrix"].items():
        for truth, row in zip(classes, matrix, strict=True):
            counts = (f"{n:,} {name}" for n, name in zip(row, classes, strict=True))
            lines[f"{split}, true {truth}"] = f"predicted {', '.join(counts)}"
    plural = "" if epochs == 1 else "s"
    return _block(f"Seed {run['seed']}, {epochs} epoch{plural}", lines)


def _data_lines(data: Mapping) -> dict[str, str]:
    lines = {"set": f"{data['name']} (source: {data['source']})"}
    for split, counts in data["counts"].items():
        patients = data["patients"][split]
        who = "patients not known" if patients is None else f"{patients:,} patients"
        each = ", ".join(f"{n:,} {name}" for name, n in counts.items())
        lines[split] = f"{sum(counts.values()):,} images ({each}), {who}"
    return lines | {"fingerprint": data["fingerprint"][:12]}


def _cost_lines(record: Record) -> dict[str, str]:
    device, memory = record.device, record.peak_memory_mb
    machine = [f"{device['cpu_count']} cores", device["processor"], device["accelerator"]]
    return {
        "test set evaluations": f"{record.test_evaluations} a run",
        "duration": f"{record.seconds:,.0f} s",
        "peak memory": "not known" if memory is None else f"{memory:,.0f} MB",
        "machine": ", ".join(filter(None, machine)),
        "versions": ", ".join(f"{name} {number}" for name, number in record.versions.items()),
    }


def _block(title: str, lines: Mapping[str, str]) -> str:
    width = max(map(len, lines))
    return "\n".join([title, *(f"  {key.ljust(width)}  {value}" for key, value in lines.items())])


def _value(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_value(item)}" for key, item in value.items())
    return ", ".join(map(_value, value)) if isinstance(value, list) else str(value)


def _interval(row: Mapping) -> str:
    return f"{row['mean']:.3g} ({row['low']:.3g} to {row['high']:.3g})"
