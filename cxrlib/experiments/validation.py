"""What a record must look like: every field, and whether its numbers fit together."""

from __future__ import annotations

import re

from cxrlib.experiments.refusals import (
    RecordError,
    check_id,
    check_names,
    check_plain,
    is_count,
    is_dict_of,
    is_number,
    is_text,
    need,
)
from cxrlib.experiments.run_checks import check_runs

FINGERPRINT = re.compile(r"[0-9a-f]{64}")
DATA = ("name", "source", "counts", "fingerprint", "patients")
DEVICE = ("cpu_count", "processor", "accelerator")
SUMMARY = ("mean", "low", "high", "how")


def check(fields: dict) -> None:
    """Raise :class:`RecordError` at the first thing in a record's fields that cannot be so."""
    check_id(fields["id"])
    try:
        check_plain(fields)
        for test in (_head, _data, _machine, check_runs, _summary):
            test(fields)
    except RecordError as error:
        raise RecordError(f"record {fields['id']}: {error}") from None


def _head(fields: dict) -> None:
    need(is_text(fields["title"]), "title", "a short text", fields["title"], "Say what was run.")
    article = fields["article"]
    numbered = article is None or (is_count(article) and article <= 4)
    need(numbered, "article", "0 to 4, or None", article, "None is for runs of our own.")
    config = fields["config"]
    advice = "Write down every setting that another run would need."
    need(isinstance(config, dict) and config, "config", "a dict of settings", config, advice)
    notes = fields["notes"]
    sentences = isinstance(notes, list) and all(map(is_text, notes))
    need(sentences, "notes", "a list of sentences", notes, "An empty list is fine.")


def _data(fields: dict) -> None:
    data = fields["data"]
    advice = "records.describe_data(cases) gives it."
    check_names("data", data, DATA)
    need(is_text(data["name"]), "data.name", "the set's name", data["name"], advice)
    source = data["source"]
    need(is_text(source), "data.source", "where the pictures lay", source, advice)
    if "phantom" in source.lower():
        raise RecordError(
            f"data.source: A record is made on real data only, got {source!r}. Set CXR_DATA or "
            f"run `cxr data fetch {data['name']}`, and run again."
        )
    counts = data["counts"]
    fine = is_dict_of(lambda split: is_dict_of(is_count, split, 2), counts)
    need(fine, "data.counts", "split → class → pictures, two classes or more", counts, advice)
    for split, classes in counts.items():
        where, first = f"data.counts.{split}", list(next(iter(counts.values())))
        same = list(classes) == first
        need(same, where, f"the classes {', '.join(first)} in this order", list(classes), advice)
        need(sum(classes.values()), where, "at least one picture", classes, "Leave it out.")
    mark = data["fingerprint"]
    fine = isinstance(mark, str) and FINGERPRINT.fullmatch(mark)
    need(fine, "data.fingerprint", "a sha256 in 64 hexadecimal digits", mark, advice)
    patients = data["patients"]
    fine = is_dict_of(lambda n: n is None or is_count(n), patients) and set(patients) == set(counts)
    wanted = f"the number of patients, or None, for each of {', '.join(counts)}"
    need(fine, "data.patients", wanted, patients, advice)


def _machine(fields: dict) -> None:
    advice = "records.environment() gives it."
    versions, device = fields["versions"], fields["device"]
    need(is_dict_of(is_text, versions), "versions", "package → version", versions, advice)
    check_names("device", device, DEVICE)
    cores = device["cpu_count"]
    need(is_count(cores) and cores, "device.cpu_count", "a whole number from 1", cores, advice)
    for name in DEVICE[1:]:
        fine = device[name] is None or is_text(device[name])
        need(fine, f"device.{name}", "a name or None", device[name], advice)
    seconds, memory = fields["seconds"], fields["peak_memory_mb"]
    fine = is_number(seconds) and seconds > 0
    need(fine, "seconds", "a number above 0", seconds, "Measure all runs together.")
    fine = memory is None or (is_number(memory) and memory > 0)
    need(fine, "peak_memory_mb", "a number above 0, or None", memory, "None is for unknown.")


def _summary(fields: dict) -> None:
    summary = fields["summary"]
    advice = "records.summarise({name: interval}, how) gives it; the first is the headline."
    fine = isinstance(summary, dict) and summary
    need(fine, "summary", "metric → mean, low, high, how", summary, advice)
    for name, row in summary.items():
        where = f"summary of {name}"
        check_names(where, row, SUMMARY)
        fine = all(is_number(row[key]) for key in SUMMARY[:3]) and row["low"] <= row["high"]
        need(fine, where, "numbers with low ≤ high", row, advice)
        advice_how = "Say how the interval was made: over what, by which method."
        need(is_text(row["how"]), f"{where}, how", "a text", row["how"], advice_how)
