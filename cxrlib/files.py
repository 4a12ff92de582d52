"""Files and folders that appear whole or not at all, whatever interrupts the writing.

Outside the rooms, since all of them write. An ``os.replace`` within one folder is a single step, on
Windows too: a reader sees the old file or the new one.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4


@contextmanager
def atomic_path(target: str | os.PathLike) -> Iterator[Path]:
    """Give a path beside ``target``: the file written there replaces ``target`` at the end.

    Its folder is made if need be. After an error the file beside is removed, and ``target`` is as
    it was. The path is hidden and ends like ``target``, for writers that go by the ending.
    """
    target = Path(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{uuid4().hex[:8]}-{target.name}")
    try:
        yield beside
        os.replace(beside, target)
    finally:
        beside.unlink(missing_ok=True)


def write_text(target: str | os.PathLike, text: str) -> None:
    """Write a file of UTF-8, its lines ending alike on every system, see :func:`atomic_path`."""
    with atomic_path(target) as path:
        path.write_text(text, encoding="utf-8", newline="\n")


@contextmanager
def atomic_folder(target: str | os.PathLike) -> Iterator[Path]:
    """Give a new folder to fill, which gets the name ``target`` in the end, or vanishes.

    Where another process was faster, its folder stays, and this one is dropped.
    """
    target = Path(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        work.chmod(0o755)
        yield work
        with suppress(OSError):
            target.rmdir()  # only if it is empty
        try:
            work.rename(target)
        except OSError:
            if not target.is_dir():
                raise
    finally:
        shutil.rmtree(work, ignore_errors=True)
