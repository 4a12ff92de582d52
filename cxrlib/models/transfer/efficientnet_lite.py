"""EfficientNet-Lite0, which Keras does not have: EfficientNet-B0 for small devices.

Tan and Le 2019 (arXiv:1905.11946); Lite since 2020: ReLU6 instead of swish, no squeeze-and-
excitation. Layers are called as in Keras's EfficientNetB0.

Its ImageNet weights lie in a small package from pip, in a file of PyTorch's (the format before
version 1.6), which is read without PyTorch. Such a file is a row of pickles, and a pickle can call
any function of Python. So its checksum is compared before anything is unpickled, and then nothing
is admitted but what tensors need.
"""

from __future__ import annotations

import hashlib
import io
import pickle
import string
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np
from keras import layers
from numpy.lib.stride_tricks import as_strided

from cxrlib.models.transfer.weights import WeightsError

# Repeats, kernel, stride of the first, expansion, channels.
STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
# Our layers → the converted file's, for the stem, block number i, and the top.
STEM = {"stem_conv": "_conv_stem", "stem_bn": "_bn0"}
BLOCK = {
    "expand_conv": "_expand_conv",
    "expand_bn": "_bn0",
    "dwconv": "_depthwise_conv",
    "bn": "_bn1",
    "project_conv": "_project_conv",
    "project_bn": "_bn2",
}
TOP = {"top_conv": "_conv_head", "top_bn": "_bn1"}
MAGIC = 0x1950A86A20F9469CFC6C
TYPES = {"Double": "<f8", "Float": "<f4", "Half": "<f2", "Long": "<i8", "Int": "<i4"}
STORAGES = {f"{name}Storage": np.dtype(code) for name, code in TYPES.items()}


def efficientnet_lite0(image: keras.KerasTensor) -> keras.Model:
    """Build EfficientNet-Lite0 without its top, flat: 1,280 maps at a 32nd of the image's sides.

    ``image`` is an input or what a layer makes of one: three colours, (values - 127) / 128.
    """
    x = _batch_norm(
        layers.Conv2D(32, 3, 2, "same", use_bias=False, name="stem_conv")(image), "stem_"
    )
    x = layers.ReLU(6.0, name="stem_activation")(x)
    for name, (kernel, stride, expansion, channels) in blocks():
        x = _inverted_residual(x, f"{name}_", kernel, stride, expansion, channels)
    x = _batch_norm(layers.Conv2D(1280, 1, use_bias=False, name="top_conv")(x), "top_")
    x = layers.ReLU(6.0, name="top_activation")(x)
    return keras.Model(keras.utils.get_source_inputs(image), x, name="efficientnet_lite0")


def _inverted_residual(
    x: keras.KerasTensor, name: str, kernel: int, stride: int, expansion: int, channels: int
) -> keras.KerasTensor:
    """Expand, look at each map alone, project; add what came in where the shapes agree."""
    before, width = x, x.shape[-1]
    if expansion != 1:
        x = layers.Conv2D(expansion * width, 1, use_bias=False, name=f"{name}expand_conv")(x)
        x = layers.ReLU(6.0, name=f"{name}expand_activation")(_batch_norm(x, f"{name}expand_"))
    # Keras pads "same" as TensorFlow does, for which the weights were trained: at stride 2 one
    # more line at the end than at the beginning.
    depthwise = layers.DepthwiseConv2D(kernel, stride, "same", use_bias=False, name=f"{name}dwconv")
    x = layers.ReLU(6.0, name=f"{name}activation")(_batch_norm(depthwise(x), name))
    x = layers.Conv2D(channels, 1, use_bias=False, name=f"{name}project_conv")(x)
    x = _batch_norm(x, f"{name}project_")
    return layers.Add(name=f"{name}add")([before, x]) if before.shape == x.shape else x


def _batch_norm(x: keras.KerasTensor, name: str) -> keras.KerasTensor:
    return layers.BatchNormalization(epsilon=1e-3, name=f"{name}bn")(x)


def blocks() -> Iterator[tuple[str, tuple[int, int, int, int]]]:
    """Yield each block's name with its kernel, stride, expansion and channels."""
    for stage, (repeats, kernel, stride, expansion, channels) in enumerate(STAGES, start=1):
        for letter in string.ascii_lowercase[:repeats]:
            yield f"block{stage}{letter}", (kernel, stride, expansion, channels)
            stride = 1


def set_weights(base: keras.Model, tensors: Mapping[str, np.ndarray]) -> None:
    """Put the tensors of the converted file, named as in PyTorch, into the model.

    ``ValueError`` if a tensor is missing, or has another shape.
    """
    names = STEM | TOP
    for i, (block, _) in enumerate(blocks()):
        names |= {f"{block}_{ours}": f"_blocks.{i}.{theirs}" for ours, theirs in BLOCK.items()}
    for layer in base.layers:
        if not layer.weights:
            continue
        name, norm = names[layer.name], isinstance(layer, layers.BatchNormalization)
        parts = ("weight", "bias", "running_mean", "running_var") if norm else ("weight",)
        missing = [part for part in parts if f"{name}.{part}" not in tensors]
        if missing:
            raise ValueError(f"expected {name}.{missing[0]}, got none. Get the file again.")
        values = [tensors[f"{name}.{part}"] for part in parts]
        if not norm:
            deep = isinstance(layer, layers.DepthwiseConv2D)
            values = [values[0].transpose((2, 3, 0, 1) if deep else (2, 3, 1, 0))]
        layer.set_weights(values)


class _Tensor(NamedTuple):
    """Where a tensor's numbers will be: they come after all pickles."""

    key: str
    dtype: np.dtype
    size: int
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def read_tensors(path: Path, sha256: str | None = None) -> dict[str, np.ndarray]:
    """Read the tensors of a file by their names, if its sha256 is the one that is given.

    ``WeightsError`` if it is another, the file is truncated or has another format, or it names a
    class or function that tensors do not need.
    """
    content = path.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if sha256 is not None and found != sha256:
        raise WeightsError(
            f"{path}: expected sha256 {sha256}, got {found} ({len(content):,} bytes). The file is "
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
        dtype, size = storages[key].dtype, storages[key].size
        header, raw = int.from_bytes(file.read(8), "little"), file.read(size * dtype.itemsize)
        if header != size or len(raw) != size * dtype.itemsize:
            raise EOFError(f"{size:,} numbers expected in storage {key}")
        numbers[key] = np.frombuffer(raw, dtype)
    return {name: _reshape(tensor, numbers[tensor.key]) for name, tensor in found.items()}


def _reshape(tensor: _Tensor, numbers: np.ndarray) -> np.ndarray:
    """Cut a tensor from its storage. What was transposed in PyTorch has strides that say so."""
    last = sum((n - 1) * step for n, step in zip(tensor.shape, tensor.strides, strict=True))
    steps = (tensor.offset, *tensor.strides)
    if min(steps) < 0 or 0 in tensor.shape or tensor.offset + last >= len(numbers):
        raise ValueError(f"a tensor of {tensor.shape} lies outside its storage")
    strides = [step * numbers.itemsize for step in tensor.strides]
    return as_strided(numbers[tensor.offset :], tensor.shape, strides, writeable=False)


class _Tensors(pickle.Unpickler):
    """Unpickles ordered dictionaries of tensors, and nothing else."""

    def find_class(self, module: str, name: str) -> object:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _rebuild_tensor
        if module == "torch" and name in STORAGES:
            return STORAGES[name]
        raise WeightsError(
            f"expected tensors and nothing else, got {module}.{name}. It may do anything when it "
            "is read: remove the file, and get weights from where you trust them."
        )

    def persistent_load(self, pid: tuple) -> tuple[str, np.dtype, int]:
        _, dtype, key, _, size, *_ = pid
        return key, dtype, size


def _rebuild_tensor(
    storage: tuple[str, np.dtype, int],
    offset: int,
    shape: tuple[int, ...],
    strides: tuple[int, ...],
    *_: object,
) -> _Tensor:
    return _Tensor(*storage, offset, shape, strides)
