"""The course's story on phantoms: pixels, then an MLP, then a CNN; and another hospital."""

import numpy as np
import pytest
from PIL import Image
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from cxrlib import phantoms


def read(root, split, size):
    files = sorted((root / "chest_xray" / split).rglob("*.jpeg"))
    pictures = [Image.open(file).resize((size, size), Image.Resampling.BILINEAR) for file in files]
    sick = np.array(["PNEUMONIA" in file.parts for file in files], int)
    return np.stack([np.asarray(picture, np.float32) for picture in pictures]) / 255, sick


def train(layers, x, y, epochs, batch):
    import keras

    keras.utils.set_random_seed(0)
    model = keras.Sequential([*layers, keras.layers.Dense(1, "sigmoid")])
    model.compile("adam", "binary_crossentropy")
    model.fit(x, y, epochs=epochs, batch_size=batch, verbose=0)
    return model


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return phantoms.write(tmp_path_factory.mktemp("ladder") / "set", "pneumonia", size=112)


def test_pixels_then_mlp_then_cnn_and_the_shift(root):
    from keras import layers

    (x, y), (x_test, y_test) = read(root, "train", 64), read(root, "test", 64)
    flat, flat_test = x.reshape(len(x), -1), x_test.reshape(len(x_test), -1)
    line = make_pipeline(PCA(100, random_state=0), StandardScaler(), LogisticRegression())
    line.fit(flat, y)
    pixels = roc_auc_score(y_test, line.predict_proba(flat_test)[:, 1])
    assert 0.80 < pixels < 0.93

    scaled, scaled_test = (flat - flat.mean()) / flat.std(), (flat_test - flat.mean()) / flat.std()
    hidden = [layers.Input((64 * 64,)), layers.Dense(64, "relu"), layers.Dropout(0.5)]
    mlp = train(hidden, scaled, y, 12, 32).predict(scaled_test, verbose=0)[:, 0]
    assert abs(roc_auc_score(y_test, mlp) - pixels) < 0.07

    (x, _), (x_test, _) = read(root, "train", 96), read(root, "test", 96)
    stack = [layers.Input((96, 96, 1))]
    for filters in (16, 32, 64, 128):
        stack += [layers.Conv2D(filters, 3, padding="same", activation="relu")]
        stack += [layers.MaxPooling2D()]
    stack += [layers.Flatten(), layers.Dropout(0.3), layers.Dense(64, "relu")]
    score = train(stack, x[..., None], y, 9, 16).predict(x_test[..., None], verbose=0)[:, 0]
    cnn = roc_auc_score(y_test, score)
    assert cnn > 0.95
    assert cnn > pixels + 0.04
    found, spared = (score[y_test == 1] >= 0.5).mean(), (score[y_test == 0] < 0.5).mean()
    assert found > 0.9
    assert spared < found - 0.15
