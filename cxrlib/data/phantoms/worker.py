"""Draw one share of a set in a process of its own: ``python -m … JOBS``, used by ``cohort``."""

from __future__ import annotations

import pickle
import sys
from pathlib import Path

from cxrlib.data.phantoms.cohort import write_jobs


def main(stem):
    """Read ``stem.jobs``, draw, add a byte to ``stem.ticks`` per picture, tell failures."""
    jobs, root = pickle.loads(Path(stem + ".jobs").read_bytes())
    with open(stem + ".ticks", "ab", buffering=0) as ticks:
        try:
            write_jobs(jobs, root, lambda: ticks.write(b"."))
        except OSError as error:
            plain = OSError(error.errno, error.strerror)
            Path(stem + ".failed").write_bytes(pickle.dumps(plain))
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
