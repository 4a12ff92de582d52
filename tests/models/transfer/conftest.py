import h5py
import keras
import numpy as np
import pytest

from cxrlib.models import transfer
from cxrlib.models.transfer import backbones
from cxrlib.models.transfer.efficientnet_lite import efficientnet_lite0

NAMES = ("vgg16", "resnet50", "mobilenet_v2_0.35", "mobilenet_v3_small", "efficientnet_lite0")


@pytest.fixture(autouse=True)
def no_weights_at_hand(monkeypatch, tmp_path):
    """Tests use the weights that they make, or the package's."""
    monkeypatch.delenv("CXR_WEIGHTS", raising=False)
    monkeypatch.setattr(transfer.weights, "_failures", {})
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))


@pytest.fixture(scope="package", params=NAMES)
def real_net(request):
    return transfer.build_model(request.param, (64, 64, 1), weights="random", dropout=0.2)


@pytest.fixture(scope="package")
def small():
    return transfer.build_model("mobilenet_v2_0.35", (32, 32, 1), weights="random", seed=1)


@pytest.fixture(scope="package")
def half(tmp_path_factory):
    """Write the weights of half a MobileNetV2, of whose file no checksum is known."""
    entry = transfer.get_backbone("mobilenet_v2_0.5")
    return write_weights(tmp_path_factory.mktemp("half") / entry.file, base_of(entry))


def tiny_app(include_top, weights, input_tensor):
    """Build a network as keras.applications does, with three blocks of one convolution each."""
    x = input_tensor
    for i in (1, 2, 3):
        x = keras.layers.Conv2D(4, 3, strides=2, use_bias=False, name=f"block{i}_conv")(x)
        x = keras.layers.BatchNormalization(name=f"block{i}_bn")(x)
        x = keras.layers.ReLU(name=f"block{i}_out")(x)
    return keras.Model(keras.utils.get_source_inputs(input_tensor), x)


TINY = transfer.Backbone(
    name="tiny",
    title="Tiny",
    builder="Tiny",
    scaling="symmetric",
    file="tiny.h5",
    folder="tiny",
    image_size=32,
    target_layer="block3_out",
    blocks=tuple((f"block{i}", rf"block{i}_.*") for i in (1, 2, 3)),
)


def register(monkeypatch, entry):
    """Make a backbone of three small blocks known under its name."""
    monkeypatch.setattr(keras.applications, "Tiny", tiny_app, raising=False)
    monkeypatch.setitem(backbones.BACKBONES, entry.name, entry)


@pytest.fixture
def tiny(monkeypatch):
    """Register a sixth network, small enough to be trained in a test."""
    register(monkeypatch, TINY)
    return "tiny"


@pytest.fixture
def images():
    return np.random.default_rng(0).uniform(0, 255, (4, 64, 64, 1)).astype("float32")


@pytest.fixture
def batch():
    """Eight images of 32 pixels with labels."""
    return np.random.default_rng(0).uniform(0, 255, (8, 32, 32, 1)), np.arange(8) % 2


def up_to(model, layer):
    return keras.Model(model.inputs, model.get_layer(layer).output)


def base_of(entry, size=32):
    """Build a backbone as Keras does, without anything of ours but what Keras does not have."""
    if entry.builder == "efficientnet_lite0":
        return efficientnet_lite0(keras.Input((size, size, 3)))
    width = {} if entry.alpha is None else {"alpha": entry.alpha}
    make = getattr(keras.applications, entry.builder)
    shape = (size, size, 3)
    return make(include_top=False, weights=None, input_shape=shape, **width, **entry.options)


def write_weights(path, base, *, as_drawn=False):
    """Write a file in the layout of Keras's published ones: number i fills weight i, or its own."""
    path.parent.mkdir(parents=True, exist_ok=True)
    count = 0
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [layer.name.encode() for layer in base.layers]
        for layer in base.layers:
            group = file.create_group(layer.name)
            weights = layer.trainable_weights + layer.non_trainable_weights
            names = [f"{layer.name}/{w.name}:0" for w in weights]
            group.attrs["weight_names"] = [name.encode() for name in names]
            for name, weight in zip(names, weights, strict=True):
                count += 1
                filled = np.full(weight.shape, count / 1000, "float32")
                value = weight.numpy() if as_drawn else filled
                group.create_dataset(name, data=value, compression="gzip", compression_opts=1)
    return path
