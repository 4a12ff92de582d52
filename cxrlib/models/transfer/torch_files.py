"""Weights from a file of PyTorch's (the format before version 1.6), without PyTorch.

Such a file is a row of pickles, and a pickle can call any function of Python. So its checksum is
compared before anything is unpickled, and then nothing is admitted but what tensors need.
"""

from __future__ import annotations

import hashlib
import io
import pickle
from collections import OrderedDict
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided

from cxrlib.models.transfer.weights import WeightsError

MAGIC = 0x1950A86A20F9469CFC6C
TYPES = {"Double": "<f8", "Float": "<f4", "Half": "<f2", "Long": "<i8", "Int": "<i4"}
STORAGES = {f"{name}Storage": np.dtype(kind) for name, kind in TYPES.items()}


class _Tensor(NamedTuple):
    """Where a tensor's numbers will be: they come after all pickles."""

    key: str
    kind: np.dtype
    count: int
    first: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def read(path: Path, sha256: str | None = None) -> dict[str, np.ndarray]:
    """Read the tensors of a file by their names.

    Parameters
    ----------
    path : Path
    sha256 : str, optional
        What the file's must be.

    Returns
    -------
    dict of str to ndarray

    Raises
    ------
    WeightsError
        If the checksum is another, the file is truncated or has another format, or it names a
        class or function that tensors do not need.
    """
    content = path.read_bytes()
    came = hashlib.sha256(content).hexdigest()
    if sha256 is not None and came != sha256:
        raise WeightsError(
            f"{path}: expected sha256 {sha256}, got {came} ({len(content):,} bytes). The file is "
            "incomplete, or another one. Nothing in it was used; remove it, and get it again."
        )
    try:
        return _tensors(io.BytesIO(content))
    except WeightsError as error:
        raise WeightsError(f"{path}: {error}") from None
    except Exception as error:  # a damaged pickle can raise anything
        raise WeightsError(
            f"{path}: expected weights in PyTorch's format before 1.6, got a file that cannot be "
            f"read ({type(error).__name__}: {error}). It is incomplete, or of another format: "
            "remove it, and get it again."
        ) from None


def _tensors(file: io.BytesIO) -> dict[str, np.ndarray]:
    magic, _, _, found, keys = (_Tensors(file).load() for _ in range(5))
    if magic != MAGIC:
        raise ValueError(f"it begins with {magic!r}")
    storages = {tensor.key: tensor for tensor in found.values()}
    if sorted(storages) != sorted(keys):
        raise ValueError("its storages are not those of its tensors")
    numbers = {}
    for key in keys:
        kind, count = storages[key].kind, storages[key].count
        said, raw = int.from_bytes(file.read(8), "little"), file.read(count * kind.itemsize)
        if said != count or len(raw) != count * kind.itemsize:
            raise EOFError(f"{count:,} numbers expected in storage {key}")
        numbers[key] = np.frombuffer(raw, kind)
    return {name: _shaped(tensor, numbers[tensor.key]) for name, tensor in found.items()}


def _shaped(tensor: _Tensor, numbers: np.ndarray) -> np.ndarray:
    """Cut a tensor from its storage. What was transposed in PyTorch has strides that say so."""
    last = sum((n - 1) * step for n, step in zip(tensor.shape, tensor.strides, strict=True))
    steps = (tensor.first, *tensor.strides)
    if min(steps) < 0 or 0 in tensor.shape or tensor.first + last >= len(numbers):
        raise ValueError(f"a tensor of {tensor.shape} lies outside its storage")
    strides = [step * numbers.itemsize for step in tensor.strides]
    return as_strided(numbers[tensor.first :], tensor.shape, strides, writeable=False)


class _Tensors(pickle.Unpickler):
    """Unpickles ordered dictionaries of tensors, and nothing else."""

    def find_class(self, module: str, name: str) -> object:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _rebuilt
        if module == "torch" and name in STORAGES:
            return STORAGES[name]
        raise WeightsError(
            f"expected tensors and nothing else, got {module}.{name}. It may do anything when it "
            "is read: remove the file, and get weights from where you trust them."
        )

    def persistent_load(self, pid: tuple) -> tuple[str, np.dtype, int]:
        _, kind, key, _, count, *_ = pid
        return key, kind, count


def _rebuilt(
    storage: tuple[str, np.dtype, int],
    first: int,
    shape: tuple[int, ...],
    strides: tuple[int, ...],
    *_: object,
) -> _Tensor:
    return _Tensor(*storage, first, shape, strides)
