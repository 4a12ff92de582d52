"""The examples in docstrings come out as they are printed."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import cxrlib

WITH_EXAMPLES = {  # where a reader of the reference looks first
    "cxrlib.data.splits",
    "cxrlib.evaluation.calibration",
    "cxrlib.evaluation.clinical_utility",
    "cxrlib.evaluation.intervals.bootstrap",
    "cxrlib.evaluation.intervals.limits",
    "cxrlib.evaluation.metrics",
    "cxrlib.evaluation.thresholds",
    "cxrlib.experiments.record",
    "cxrlib.models.scratch.convolution",
    "cxrlib.models.training.fit",
    "cxrlib.phantoms.phantom",
}
MODULES = sorted(m.name for m in pkgutil.walk_packages(cxrlib.__path__, "cxrlib."))


@pytest.mark.parametrize("name", MODULES)
def test_examples_come_out_as_printed(name):
    found = doctest.testmod(importlib.import_module(name))
    assert found.failed == 0
    assert (found.attempted > 0) == (name in WITH_EXAMPLES)
