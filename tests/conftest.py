import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import matplotlib as mpl
import pytest


@pytest.fixture(autouse=True)
def _style_of_figures_stays_in_its_test():
    with mpl.rc_context():
        yield
