"""How fast phantoms are drawn in one process: prints one JSON object."""

import json
import os
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

from cxrlib.phantoms import KINDS, draw


def main(count=500, size=224):
    draw("normal", size=size)
    start = time.perf_counter()
    for i in range(count):
        draw(KINDS[i % len(KINDS)], size=size, seed=i, patient=i // 2)
    seconds = time.perf_counter() - start
    print(
        json.dumps(
            {
                "benchmark": "phantoms",
                "pictures": count,
                "size": size,
                "seconds": round(seconds, 2),
                "pictures_per_second": round(count / seconds, 1),
                "numpy": np.__version__,
            }
        )
    )


if __name__ == "__main__":
    main()
