"""Where pictures come from, one part at a time: files of a case table, or memory."""

from __future__ import annotations

import contextlib
import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd

from cxrlib.data import DataError, Pictures, read_image
from cxrlib.data.cases import check_columns
from cxrlib.models.features.store import digest

TASK = 256  # files


class Files:
    """The pictures of a case table, decoded along the way."""

    kind = "files"

    def __init__(self, cases: pd.DataFrame, size: int, fit: str) -> None:
        check_columns(cases)
        self.cases, self.size, self.fit = cases, size, fit
        self.paths = cases["path"].tolist()

    def digests(self) -> list[bytes]:
        """Return 16 bytes for each file's content."""

        def of(path: str) -> bytes:
            with contextlib.suppress(OSError):
                if os.path.isfile(path):
                    return digest(Path(path).read_bytes())
            return digest(f"no such file: {path}".encode())  # decoding it says what is wrong

        # Many files a task: each is so quickly read that threads would wait for each other.
        tasks = [self.paths[i : i + TASK] for i in range(0, len(self.paths), TASK)]
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            return [found for task in pool.map(lambda t: [*map(of, t)], tasks) for found in task]

    def parts(self, rows: Sequence[int], n: int) -> Iterator[tuple[list[int], list]]:
        """Yield up to ``n`` rows and their pictures, or the error; decode one part ahead."""

        def read(row: int) -> np.ndarray | DataError:
            try:
                return read_image(self.paths[row], self.size, self.fit)[:, :, None]
            except DataError as error:
                return error

        ahead: deque = deque()
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            for start in range(0, len(rows), n):
                part = list(rows[start : start + n])
                ahead.append((part, [pool.submit(read, row) for row in part]))
                if len(ahead) > 1:
                    yield _done(ahead.popleft())
            while ahead:
                yield _done(ahead.popleft())


class Memory:
    """Pictures that were read already."""

    kind = "memory"

    def __init__(self, pictures: Pictures, size: int | None) -> None:
        shape = pictures.images.shape
        if len(shape) != 4 or shape[1] != shape[2] or shape[3] != 1:
            raise DataError(f"expected square grey pictures of shape (N, S, S, 1), got {shape}.")
        if size is not None and size != shape[1]:
            raise DataError(
                f"the pictures are {shape[1]} px, `size` says {size}. Leave `size` out, or read "
                "the pictures again."
            )
        self.cases, self.images, self.size = pictures.cases, pictures.images, shape[1]
        self.fit = "as read"

    def digests(self) -> list[bytes]:
        """Return 16 bytes for each picture's pixels."""
        kind = self.images.dtype.str.encode()
        return [digest(kind + image.tobytes()) for image in self.images]

    def parts(self, rows: Sequence[int], n: int) -> Iterator[tuple[list[int], list]]:
        """Yield up to ``n`` rows and their pictures."""
        for start in range(0, len(rows), n):
            part = list(rows[start : start + n])
            yield part, list(self.images[part].astype(np.float32))


def _done(part: tuple[list[int], list]) -> tuple[list[int], list]:
    rows, futures = part
    return rows, [future.result() for future in futures]
