"""Cards of the package's own records, and what keeps one from being written."""

import json
import shutil
from dataclasses import replace

import pandas as pd
import pytest

from cxrlib import data, evaluation, experiments, models
from cxrlib.cli import main
from cxrlib.evaluation.audit import Finding, Report
from cxrlib.evaluation.prediction import DISCLAIMER
from cxrlib.experiments import card, ledger, sweep
from cxrlib.experiments.record import RecordError
from tests.models.test_metadata import some_metadata

ID = "article-3-as-published"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A copy of one record and the ledger."""
    for name in (f"{ID}.json", ledger.FILE):
        shutil.copy(experiments.results_folder() / name, tmp_path / name)
    monkeypatch.setenv("CXR_RESULTS", str(tmp_path))
    return tmp_path


def change(folder, **places):
    path = folder / f"{ID}.json"
    fields = json.loads(path.read_text(encoding="utf-8"))
    for name, value in places.items():
        fields["summary"]["test accuracy"][name] = value
    path.write_text(json.dumps(fields), encoding="utf-8")


@pytest.mark.parametrize("id", [ID, "article-4-repaired-three", "study-better-model"])
def test_a_card_says_what_the_record_says(id, monkeypatch):
    monkeypatch.delenv("CXR_RESULTS", raising=False)
    record, text = experiments.read(id), card.write_card(id)
    assert text.startswith(f"# Model card: {record.title}\n\n*{DISCLAIMER}")
    for name, row in record.summary.items():
        assert f"| {name} | {row['mean']:.3f} | {row['low']:.3f} to {row['high']:.3f} |" in text
    for note in record.notes:
        assert f"- {note}\n" in text
    assert f"`{record.data['fingerprint']}`" in text
    assert "CC BY 4.0" in text
    assert "\n- not audited: " in text
    looks = ledger.entries()
    same = looks.loc[looks["dataset"] == record.data["name"], "times"].sum()
    assert f"- {same} by all studies of {record.data['name']}" in text


def test_each_shipped_network_has_its_card_beside_it(monkeypatch):
    monkeypatch.delenv("CXR_RESULTS", raising=False)
    files = sorted(experiments.results_folder().glob("*.keras"))
    assert files
    for file in files:
        # What an audit found needs the pictures; all above it is written again here.
        wanted, audit = card.write_card(file.stem).split("## What an audit found")
        kept, found = file.with_suffix(".md").read_text("utf-8").split("## What an audit found")
        assert kept == wanted, f"cxr card {file.stem} --audit --output {file.with_suffix('.md')}"
        assert found != audit


def test_an_audit_stands_in_the_data_sheet(folder):
    found = Finding("sizes", "fine", "all alike"), Finding("folder shift", "fail", "AUC 0.92", "x")
    text = card.write_card(ID, report=Report("pneumonia", 9, found, 0.1))
    assert text.endswith("- fail · folder shift: AUC 0.92\n- fine · sizes: all alike\n")


def test_numbers_that_do_not_come_out_again_are_refused(folder, capsys):
    low = experiments.read(ID).summary["test accuracy"]["low"]
    change(folder, low=low + 0.02)
    assert main(["card", ID]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert f"expected the low {low:.4f} from its scores, got {low + 0.02:.4f}" in said.err


def test_a_mean_that_was_changed_is_refused(folder):
    change(folder, mean=0.99, high=0.995)
    with pytest.raises(RecordError, match="the mean of its runs"):
        card.write_card(ID)


def test_a_look_that_is_missing_in_the_ledger_is_refused(folder):
    lines = (folder / ledger.FILE).read_text(encoding="utf-8").splitlines(keepends=True)
    left = [line for line in lines if json.loads(line)["study"] != ID]
    (folder / ledger.FILE).write_text("".join(left), encoding="utf-8")
    with pytest.raises(RecordError, match=r"looks at the test set in the ledger, got 0"):
        card.write_card(ID)


def keep_model(folder, **other):
    """Put a network beside the record whose file says what the record says, or something else."""
    record = experiments.read(ID)
    run = record.runs[0]
    (healthy, alarmed), (missed, sick) = run["confusion_matrix"]["test"]
    known = some_metadata(
        record=ID,
        fingerprint=record.data["fingerprint"],
        threshold=run["threshold"],
        specificity=models.Rate(0.5, 0.4, 0.6, healthy, healthy + alarmed),
        sensitivity=models.Rate(0.9, 0.8, 1.0, sick, missed + sick),
    )
    network = models.pooled_cnn((24, 24, 1), (3, 4))
    return models.save(
        network, folder / f"{ID}.keras", ("normal", "pneumonia"), replace(known, **other)
    )


def test_a_kept_model_s_operating_point_is_in_its_card(folder):
    cat = models.Refusal(models.Rate(0.5, 0.3, 0.7, 20, 40), 4, 0.91, 0.42)
    keep_model(folder, refusals={"a cat": cat})
    text = card.write_card(ID)
    assert "| a cat | 0.50 (0.30 to 0.70; 20 of 40) | 4 | 0.910 | 0.420 |\n" in text
    assert "lateral views, of which none was at hand" in text
    assert "\n## Where it is used\n" in text
    assert f"- file: `{ID}.keras`, of the first run\n" in text


def test_a_model_of_another_run_is_refused(folder):
    keep_model(folder, threshold=0.123)
    with pytest.raises(RecordError, match=r"expected the threshold 0\.5 of its record, got 0\.123"):
        card.write_card(ID)
    file = keep_model(folder)
    file.write_bytes(file.read_bytes()[:500])
    with pytest.raises(RecordError, match=r"\.keras: "):
        card.write_card(ID)


def test_a_claim_that_failed_keeps_the_card_of_a_kept_model_back(folder, monkeypatch):
    keep_model(folder)
    claim = sweep.SweptClaim(card.CHAPTER, "It is small.", "finding", sweep.Bound(below=1), (0, 2))
    monkeypatch.setattr(sweep, "claims", lambda source: (claim,) if source == "real" else ())
    with pytest.raises(RecordError, match=r"to hold, got 1 of 2 runs .* 'It is small\.'"):
        card.write_card(ID)


def test_the_command_audits_the_record_s_data_where_they_are_real(folder, monkeypatch, capsys):
    cases, asked = pd.DataFrame(), []
    cases.attrs["source"] = "folder"
    report = Report("pneumonia", 9, (Finding("sizes", "fine", "all alike"),), 0.1)
    monkeypatch.setattr(data, "load", lambda name, **_: asked.append(name) or cases)
    monkeypatch.setattr(evaluation.audit, "audit", lambda given: report if given is cases else None)
    assert main(["card", ID, "--audit"]) == 0
    assert capsys.readouterr().out == card.write_card(ID, report=report)
    assert asked == ["pneumonia"]
    cases.attrs["source"] = "phantoms"  # drawn pictures say nothing of the record's data
    assert main(["card", ID, "--audit"]) == 0
    assert "\n- not audited: " in capsys.readouterr().out


def test_the_command_writes_a_file_and_refuses_another_ending(folder, tmp_path, capsys):
    assert main(["card", ID, "--output", str(tmp_path / "card.md")]) == 0
    assert (tmp_path / "card.md").read_text(encoding="utf-8") == card.write_card(ID)
    assert main(["card", ID, "--output", str(tmp_path / "card.txt")]) == 1
    assert "expected a name that ends in .md" in capsys.readouterr().err
    assert evaluation.prediction.DISCLAIMER in (tmp_path / "card.md").read_text(encoding="utf-8")
