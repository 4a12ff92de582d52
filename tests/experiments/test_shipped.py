from dataclasses import replace

import numpy as np
import pytest

from cxrlib import cli, data, models
from cxrlib.experiments import ledger, record as records, refusals, run
from cxrlib.experiments.methods import shipped
from tests.experiments.conftest import children, make_quick
from tests.float32 import assert_close

ID = "study-small-network"


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    return children(tmp_path_factory.mktemp("children"), train=48)


def test_the_network_is_kept_with_what_its_record_found(monkeypatch, cases, tmp_path):
    change = {"size": 24, "filters": [4, 4], "false_refusals": 0.25}
    monkeypatch.setattr(refusals, "N", 20)
    study = make_quick(monkeypatch, cases, change)[ID]
    record = run.reproduce(study, folder=tmp_path)
    file = tmp_path / f"{ID}.keras"
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        ledger.FILE, f"{ID}.json", file.name
    ]  # fmt: skip
    model, names = models.load(file)
    assert list(names) == list(data.classes(cases))
    assert not getattr(model, "optimizer", None)

    test = data.read_images(cases[cases["split"] == "test"], 24, "stretch")
    (made,) = record.runs
    kept = np.array(made["scores"]["score"])
    assert_close(model.predict(test.images, verbose=0)[:, 0], kept, rel=1e-4)

    found = models.read_metadata(file)
    assert (found.record, found.fingerprint) == (ID, record.data["fingerprint"])
    assert (found.license, found.resize) == ("CC BY 4.0", "stretch")
    assert found.threshold == made["threshold"]
    (healthy, missed_healthy), (missed, sick) = made["confusion_matrix"]["test"]
    assert found.specificity[3:] == (healthy, healthy + missed_healthy)
    assert found.sensitivity[3:] == (sick, missed + sick)
    assert found.sensitivity.value == record.summary["test sensitivity"]["mean"]

    prepared = shipped.prepare(cases, study.config, seed=0)
    val = data.read_images(prepared[prepared["split"] == "val"], 24, "stretch")
    assert found.outliers.n == len(val)
    refused = found.outliers.refuses(model, val.images).mean()
    assert 0.1 < refused <= 0.25
    assert records.read(ID, tmp_path) == record

    kinds = found.refusals
    assert kinds[refusals.USUAL].rate[3:] == (round(refused * len(val)), len(val))
    inverted = found.outliers.refuses(model, 255 - val.images)
    assert kinds["inverted"].rate.k == inverted.sum()
    assert len(kinds) > 8

    models.save(model, file, names, replace(found, refusals={}))  # as older files are
    assert cli.main(["reproduce", ID, "--refusals-only", "--folder", str(tmp_path)]) == 0
    again = models.read_metadata(file)
    assert again.refusals == kinds
    np.testing.assert_array_equal(models.load(file).model.get_weights()[0], model.get_weights()[0])
    assert cli.main(["reproduce", "article-3-repaired", "--refusals-only"]) == 1
