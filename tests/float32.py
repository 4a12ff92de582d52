"""Comparing numbers that float32 gave: another processor adds up in another order."""

import numpy as np


def assert_close(got, wanted, rel=1e-5):
    """Let each number differ by a share of the largest one, which is what rounding scales with."""
    wanted = np.asarray(wanted)
    largest = np.abs(wanted).max(initial=0)
    np.testing.assert_allclose(np.asarray(got), wanted, rtol=0, atol=rel * largest)
