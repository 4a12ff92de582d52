import importlib.util

import numpy as np
import pytest

from cxrlib import cluster
from cxrlib.models import features
from cxrlib.models.features import extraction
from tests.clusters import LIMIT, started
from tests.data.conftest import case_table, make_image


@pytest.mark.skipif(
    importlib.util.find_spec("distributed") is None, reason='Dask comes with "cxrlib[cluster]"'
)
def test_features_made_by_workers_are_those_made_here_to_the_digit(tmp_path, monkeypatch):
    monkeypatch.setattr(extraction, "PART", 4)  # three jobs
    paths = [str(make_image(tmp_path / "set" / f"{i}.png", i)) for i in range(10)]
    cases = case_table([f"child {i}" for i in range(10)]).assign(path=paths)
    (tmp_path / "set" / "6.png").write_bytes(b"none")
    options = {"size": 32, "weights": "random", "augment": "plausible", "copies": 2}
    with pytest.warns(UserWarning, match="1 of 10 images could not be read"):
        here = features.extract(cases, "mobilenet_v2_0.35", **options)
    with (
        started(tmp_path) as made,
        cluster.connect(made.address, reads=paths, timeout=LIMIT),
        pytest.warns(UserWarning, match="1 of 10 images could not be read"),
    ):
        there = features.extract(cases, "mobilenet_v2_0.35", **options)
    np.testing.assert_array_equal(there.values, here.values)
    np.testing.assert_array_equal(there.labels, here.labels)
    assert there.cases["path"].tolist() == here.cases["path"].tolist()
    assert [problem.path for problem in there.problems] == [paths[6]]
