import collections
import hashlib
import os
import pickle
import sys
import types

import numpy as np
import pytest

from cxrlib.models import transfer
from cxrlib.models.transfer import torch_files

TORCH = {name: types.ModuleType(name) for name in ("torch", "torch._utils")}
for name in ("FloatStorage", "LongStorage"):
    setattr(TORCH["torch"], name, type(name, (), {"__module__": "torch"}))


def _rebuild_tensor_v2(*args):
    pytest.fail("only named in the file")


_rebuild_tensor_v2.__module__ = "torch._utils"
TORCH["torch._utils"]._rebuild_tensor_v2 = _rebuild_tensor_v2


@pytest.fixture(autouse=True)
def pickled_as_with_torch(monkeypatch):
    """Let names of PyTorch be written without it."""
    for name, module in TORCH.items():
        monkeypatch.setitem(sys.modules, name, module)


class Storage(tuple):
    """Stands in the file as an identity; the numbers come behind."""


class Tensor:
    """Pickled as PyTorch's tensors are."""

    def __init__(self, key, count, first, shape, strides, kind="FloatStorage"):
        storage = Storage(("storage", getattr(TORCH["torch"], kind), key, "cpu", count, None))
        self.args = (storage, first, shape, strides, False, collections.OrderedDict())

    def __reduce__(self):
        return _rebuild_tensor_v2, self.args


class Writer(pickle.Pickler):
    def persistent_id(self, obj):
        return tuple(obj) if isinstance(obj, Storage) else None


def write(path, tensors, storages, magic=torch_files.MAGIC):
    """Write what `torch.save` wrote before version 1.6."""
    with path.open("wb") as file:
        for part in (magic, 1001, {"little_endian": True}):
            pickle.dump(part, file, protocol=2)
        Writer(file, 2).dump(collections.OrderedDict(tensors))
        pickle.dump(sorted(storages), file, protocol=2)
        for key in sorted(storages):
            file.write(len(storages[key]).to_bytes(8, "little") + storages[key].tobytes())
    return path


NUMBERS = np.arange(12, dtype="<f4")


@pytest.fixture
def file(tmp_path):
    tensors = {
        "plain": Tensor("0", 12, 0, (2, 3), (3, 1)),
        "transposed": Tensor("0", 12, 2, (2, 3), (1, 4)),
        "count": Tensor("1", 1, 0, (), (), "LongStorage"),
    }
    return write(tmp_path / "w.pth", tensors, {"0": NUMBERS, "1": np.array([7], "<i8")})


def test_tensors_by_their_names(file):
    got = torch_files.read(file, hashlib.sha256(file.read_bytes()).hexdigest())
    np.testing.assert_array_equal(got["plain"], [[0, 1, 2], [3, 4, 5]])
    np.testing.assert_array_equal(got["transposed"], [[2, 6, 10], [3, 7, 11]])
    assert got["count"] == 7
    assert got["count"].dtype == "int64"


def test_a_wrong_checksum_is_said_before_anything_is_unpickled(file, monkeypatch):
    monkeypatch.setattr(torch_files, "_tensors", lambda file: pytest.fail("unpickled"))
    with pytest.raises(
        transfer.WeightsError, match=r"expected sha256 0000.*Nothing in it was used"
    ):
        torch_files.read(file, "0" * 64)


@pytest.mark.parametrize("left", [0, 10, 200, -30, -1])
def test_a_truncated_file(file, left):
    file.write_bytes(file.read_bytes()[:left])
    with pytest.raises(transfer.WeightsError, match=r"w\.pth: .*cannot be read .*incomplete"):
        torch_files.read(file)


class Command:
    def __reduce__(self):
        return os.system, ("echo I was called > called",)


@pytest.mark.parametrize("what", [Command(), collections.Counter, ValueError])
def test_another_class_in_the_pickle_is_named_and_not_called(tmp_path, monkeypatch, what):
    monkeypatch.chdir(tmp_path)
    path = write(tmp_path / "w.pth", {"evil": what}, {})
    with pytest.raises(transfer.WeightsError, match=r"tensors and nothing else, got \S+\.\w+"):
        torch_files.read(path)
    assert not (tmp_path / "called").exists()


@pytest.mark.parametrize(
    "tensor",
    [
        Tensor("0", 12, 7, (2, 3), (3, 1)),
        Tensor("0", 12, -1, (2,), (1,)),
        Tensor("0", 12, 2, (2,), (-1,)),
        Tensor("0", 12, 0, (2, 3), (10, 1)),
    ],
)
def test_a_tensor_outside_its_storage(tmp_path, tensor):
    path = write(tmp_path / "w.pth", {"out": tensor}, {"0": NUMBERS})
    with pytest.raises(transfer.WeightsError, match="outside its storage"):
        torch_files.read(path)


def test_another_format(tmp_path):
    path = write(tmp_path / "w.pth", {}, {}, magic=1)
    with pytest.raises(transfer.WeightsError, match="it begins with 1"):
        torch_files.read(path)
