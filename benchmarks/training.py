"""Seconds an epoch with the full pipeline, against the same network on tensors in memory.

Both networks of chapters 05 and 07 are trained at their articles' sizes on images of the training
folder. Keras's ways take turns within one process; of two epochs at a time the second counts, as
the first builds the graphs. PyTorch trains the same layers in a process of its own. Last comes the
peak memory of an epoch on the whole training folder.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

from benchmarks.measuring import Measured, Numbers, Way, apart
from cxrlib.experiments.speed import Figure, Missing

NETWORKS = {
    "first_cnn": {"size": 180, "batch": 8, "optimizer": ("RMSprop", 1e-4), "augment": "article-3"},
    "custom_cnn": {"size": 160, "batch": 16, "optimizer": ("SGD", 0.01), "augment": "article-0"},
}
KERAS, TORCH = "the same network, pure Keras on tensors", "the same network in PyTorch"
GOAL = 1 / 1.05  # at most 5 % slower


def training_images(size: int, n: int | None):
    """Read images of the training folder."""
    from cxrlib import data

    cases = data.load("pneumonia", quiet=True)
    cases = cases[cases["split"] == "train"]
    return data.read_images(data.sample(cases, n) if n else cases, size, "stretch")


def network(name: str):
    """Build and compile one of the two."""
    from cxrlib import models

    settings = NETWORKS[name]
    size = settings["size"]
    model = getattr(models, name)((size, size, 1))
    return models.training.compile_classifier(model, *settings["optimizer"])


def ways(name: str, n: int) -> dict[str, Way]:
    """Make the ways to train an epoch: plain, augmented, on tensors, and in PyTorch."""
    import keras
    import tensorflow as tf

    from cxrlib import models

    class Timer(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            self.begun = time.perf_counter()

        def on_epoch_end(self, epoch, logs=None):
            self.seconds = time.perf_counter() - self.begun

    settings = NETWORKS[name]
    train = training_images(settings["size"], n)
    with tf.device("CPU"):
        x, y = tf.constant(train.images, tf.float32), tf.constant(train.labels)
    nets = {way: network(name) for way in (KERAS, "plain", "augmented")}

    def on_tensors() -> Numbers:
        timer = Timer()
        plan = {"batch_size": settings["batch"], "epochs": 2, "callbacks": [timer]}
        nets[KERAS].fit(x, y, verbose=0, **plan)
        return {"seconds": timer.seconds}

    def fit(way: str, augment: str | None) -> Numbers:
        plan = {"epochs": 2, "batch_size": settings["batch"], "augment": augment}
        return {"seconds": models.fit(nets[way], train, None, **plan)["seconds"].iloc[-1]}

    found = {
        KERAS: on_tensors,
        "plain": lambda: fit("plain", None),
        "augmented": lambda: fit("augmented", settings["augment"]),
    }
    if name == "first_cnn":
        found[TORCH] = apart(in_torch, n)
    return found


def torch_network(size: int):
    """Build the first network's layers in PyTorch."""
    from torch import nn

    layers: list[nn.Module] = []
    for before, after in ((1, 16), (16, 32), (32, 64), (64, 128)):
        layers += [nn.Conv2d(before, after, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
    inside = 128 * (size // 16) ** 2
    layers += [nn.Flatten(), nn.Linear(inside, 512), nn.ReLU(), nn.Dropout(0.3), nn.Linear(512, 1)]
    return nn.Sequential(*layers)


def count_in_torch(size: int) -> Numbers:
    """Count its parameters: they are as many as in Keras."""
    return {"parameters": sum(weights.numel() for weights in torch_network(size).parameters())}


def in_torch(n: int) -> Numbers:
    """Train it on the same images; never in a process that has TensorFlow, which PyTorch breaks."""
    import torch
    from torch import nn

    size = NETWORKS["first_cnn"]["size"]
    train = training_images(size, n)
    x = torch.from_numpy(train.images.transpose(0, 3, 1, 2).astype("float32"))
    y = torch.from_numpy(train.labels.astype("float32")).reshape(-1, 1)
    torch.manual_seed(0)
    net = torch_network(size)
    name, rate = NETWORKS["first_cnn"]["optimizer"]
    optimizer = getattr(torch.optim, name)(net.parameters(), lr=rate)
    loss_of = nn.BCEWithLogitsLoss()
    for _ in range(2):
        start = time.perf_counter()
        for rows in torch.randperm(len(x)).split(NETWORKS["first_cnn"]["batch"]):
            optimizer.zero_grad()
            loss = loss_of(net(x[rows] / 255), y[rows])
            loss.backward()
            optimizer.step()
            loss.item()  # as Keras, which shows a running mean
        seconds = time.perf_counter() - start
    return {"seconds": seconds}


def train_whole(name: str) -> Numbers:
    """Train one epoch on the whole training folder, for its memory."""
    from cxrlib import models

    settings = NETWORKS[name]
    train = training_images(settings["size"], None)
    plan = {"batch_size": settings["batch"], "augment": settings["augment"]}
    models.fit(network(name), train, None, epochs=1, **plan)
    return {}


def figures(quick: bool) -> Iterator[Figure | Missing]:
    """Measure both networks."""
    for name in NETWORKS:
        n = 32 if quick else 640
        found = Measured.alternate(ways(name, n), 1 if quick else 5, warm_up=0 if quick else 1)
        yield from found.missing
        for way in ("plain", "augmented"):
            goals = {KERAS: GOAL} | ({TORCH: None} if way == "plain" else {})
            yield from found.figures(f"{name}, an epoch of {n}, {way}", "s", goals=goals, ours=way)
    for name in () if quick else NETWORKS:
        found = Measured.alternate({"cxrlib": apart(train_whole, name)}, 1, warm_up=0)
        yield from found.missing
        what = f"{name}, peak memory of an epoch on the whole training folder"
        yield from found.figures(what, "MB", "peak_memory_mb")
