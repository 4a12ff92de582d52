"""``models.fit`` under ``tf.distribute``: two devices train as one does, by the same code."""

import json
import subprocess
import sys

import numpy as np
import pytest

from tests.clusters import ROOT

TRAIN = """
import json, sys
import numpy as np, tensorflow as tf
if sys.argv[1] == "two":
    cpu, half = tf.config.list_physical_devices("CPU")[0], tf.config.LogicalDeviceConfiguration()
    tf.config.set_logical_device_configuration(cpu, [half, half])
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
else:
    strategy = tf.distribute.get_strategy()
import keras
from cxrlib import models
from tests.models.training.conftest import some_pictures

train, val = (some_pictures(24, split, 1, size=32) for split in ("train", "val"))
with strategy.scope():
    model = models.first_cnn((32, 32, 1))
    for layer in model.layers:
        if isinstance(layer, keras.layers.Dropout):
            layer.rate = 0.0  # each device draws its own
    models.training.compile_classifier(model, "SGD", 0.01)
# Twelve steps an epoch: of fewer than five all would be read before the first is trained on.
history = models.fit(model, train, val, epochs=2, batch_size=2, augment="plausible")
print(json.dumps({
    "devices": strategy.num_replicas_in_sync,
    "loss": history["loss"].tolist(),
    "val_loss": history["val_loss"].tolist(),
    "weights": np.concatenate([w.ravel() for w in model.get_weights()]).tolist(),
}))
"""


def train(devices: str) -> dict:
    # In a process of its own: devices are divided before TensorFlow's first use.
    line = [sys.executable, "-c", TRAIN, devices]
    done = subprocess.run(line, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_two_devices_come_to_what_one_does():
    one, two = train("one"), train("two")
    assert (one["devices"], two["devices"]) == (1, 2)
    for name in ("loss", "val_loss"):
        assert two[name] == pytest.approx(one[name], rel=1e-4)
    difference = np.abs(np.subtract(two["weights"], one["weights"])).max()
    assert difference < 1e-4 * np.abs(one["weights"]).max()
