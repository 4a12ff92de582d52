"""How fast phantoms are drawn in one process."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.measuring import Measured, timed
from cxrlib.experiments.speed import Figure, Missing
from cxrlib.phantoms import KINDS, draw


def figures(quick: bool) -> Iterator[Figure | Missing]:
    """Draw some of each kind."""
    count, size = (8, 64) if quick else (250, 224)

    def some() -> None:
        for i in range(count):
            draw(KINDS[i % len(KINDS)], size=size, seed=i, patient=i // 2)

    found = Measured.alternate({"cxrlib": timed(some, count)}, 1 if quick else 3)
    yield from found.missing
    yield from found.figures(
        f"phantoms drawn at {size} px, one process", "images/s", "a second", more_is_better=True
    )
