"""Records as text for a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cxrlib.experiments.record import Record

HEADS = ("id", "article", "title", "result (interval)", "seconds")


def as_table(records: Sequence[Record]) -> str:
    """Return a table with one line a record: id, article, title, headline, seconds."""
    rows = [HEADS, *map(_row, records)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for *texts, seconds in rows:
        cells = [text.ljust(width) for text, width in zip(texts, widths, strict=False)]
        lines.append("  ".join([*cells, seconds.rjust(widths[-1])]))
    return "\n".join(lines)


def _row(record: Record) -> tuple[str, ...]:
    article = "–" if record.article is None else str(record.article)
    name, numbers = next(iter(record.summary.items()))
    result = f"{name} {_interval(numbers)}"
    return record.id, article, record.title, result, f"{record.seconds:,.0f}"


def as_text(record: Record) -> str:
    """Return one record in readable form: everything but histories' and scores' numbers."""
    article = "" if record.article is None else f" · article {record.article}"
    classes = list(next(iter(record.data["counts"].values())))
    parts = [
        f"{record.title}\n{record.id}{article}",
        _block(
            "Results", {name: f"{_interval(r)} · {r['how']}" for name, r in record.summary.items()}
        ),
        *(_run(run, classes) for run in record.runs),
        _block("Data", _data(record.data)),
        _block("Settings", {key: _value(item) for key, item in record.config.items()}),
        _block("Run", _cost(record)),
    ]
    if record.notes:
        parts.append("\n".join(["Notes", *(f"  - {note}" for note in record.notes)]))
    return "\n\n".join(parts)


def _run(run: Mapping, classes: Sequence[str]) -> str:
    epochs = len(next(iter(run["history"].values())))
    lines = {name: f"{value:.4g}" for name, value in run["metrics"].items()}
    if run["threshold"] is not None:
        lines["threshold"] = f"{run['threshold']:.4g}"
    for split, matrix in run["confusion_matrix"].items():
        for truth, row in zip(classes, matrix, strict=True):
            answers = (f"{n:,} {name}" for n, name in zip(row, classes, strict=True))
            lines[f"{split}, truly {truth}"] = f"answered {', '.join(answers)}"
    plural = "" if epochs == 1 else "s"
    return _block(f"Seed {run['seed']}, {epochs} epoch{plural}", lines)


def _data(data: Mapping) -> dict[str, str]:
    lines = {"set": f"{data['name']} (source: {data['source']})"}
    for split, counts in data["counts"].items():
        patients = data["patients"][split]
        who = "patients not known" if patients is None else f"{patients:,} patients"
        each = ", ".join(f"{n:,} {name}" for name, n in counts.items())
        lines[split] = f"{sum(counts.values()):,} pictures ({each}), {who}"
    return lines | {"fingerprint": data["fingerprint"][:12]}


def _cost(record: Record) -> dict[str, str]:
    device, memory = record.device, record.peak_memory_mb
    machine = [f"{device['cpu_count']} cores", device["processor"], device["accelerator"]]
    return {
        "looks at the test set": str(record.test_touches),
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
