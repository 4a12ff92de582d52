"""Three and four classes all the way: phantoms, one epoch, judgement, maps, figures."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from cxrlib import data, models, phantoms
from cxrlib import evaluation as ev
from cxrlib.evaluation import plots
from cxrlib.models import training

FOUR = ("normal", "bacterial", "viral", "covid")
SIZE = 32


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    root = tmp_path_factory.mktemp("phantoms") / "covid"
    phantoms.write(root, "covid", size=48, n=48)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CXR_DATA", str(root))
        return data.load("covid", source="folder", quiet=True)


@pytest.fixture(scope="module", params=[3, 4])
def way(request, cases):
    """Pictures, a network trained for an epoch, and its probabilities."""
    names = FOUR[: request.param]
    chosen = cases[cases["label"].isin(names)]
    chosen = chosen.assign(label=chosen["label"].cat.set_categories(names), view="AP")
    pictures = data.read_pictures(data.splits.hold_out(chosen, 0.3), SIZE)
    train, val = pictures.where("train"), pictures.where("val")
    net = models.pooled_cnn((SIZE, SIZE, 1), (4, 8), classes=len(names))
    training.compiled(net, "Adam", 1e-3)
    history = models.fit(net, train, val, epochs=1, class_weight="balanced", augment="article-4")
    return names, train, val, net, history, net.predict(val.images.astype("float32"), verbose=0)


def test_labels_are_one_hot_in_the_order_of_the_names(way):
    names, train, *_ = way
    assert data.classes(train.cases) == names
    assert train.labels.shape == (len(train), len(names))
    called = [names[k] for k in train.labels.argmax(axis=1)]
    assert called == train.cases["label"].tolist()


def test_loss_weights_and_probabilities_are_of_k_classes(way):
    names, train, val, net, history, p = way
    assert net.loss == "categorical_crossentropy"
    assert set(models.class_weights(train.labels)) == set(range(len(names)))
    assert p.shape == (len(val), len(names))
    np.testing.assert_allclose(p.sum(axis=1), 1, atol=1e-5)
    by_hand = -np.log((p * val.labels).sum(axis=1)).mean()
    assert history["val_loss"].iloc[-1] == pytest.approx(by_hand, rel=1e-3)
    assert history["val_accuracy"].iloc[-1] == pytest.approx(ev.accuracy_many(val.labels, p))


def test_calibration_of_k_classes(way):
    _, _, val, _, _, p = way
    learnt = ev.temperature(val.labels, p)
    assert learnt.loss_after <= learnt.loss_before + 1e-12
    mended = learnt.apply(p)
    np.testing.assert_array_equal(mended.argmax(axis=1), p.argmax(axis=1))
    right, sure = ev.top_label(val.labels, mended)
    assert right.mean() == pytest.approx(ev.accuracy_many(val.labels, p))
    assert 0 <= ev.ece(right, sure).value <= 1
    for k in range(p.shape[1]):
        assert len(ev.reliability(*ev.one_against_rest(val.labels, p, k))) == 10
    each = [ev.brier(*ev.one_against_rest(val.labels, p, k)) for k in range(p.shape[1])]
    assert ev.brier_many(val.labels, p) == pytest.approx(sum(each))


def test_groups_of_k_classes(way):
    names, _, val, _, _, p = way
    found = ev.subgroups(val.cases, val.labels, p, "view", n=50)
    assert found["value"].tolist() == [ev.macro_auc(val.labels, p)] * 2
    assert found["rarest"].tolist() == [val.cases["label"].value_counts().min()] * 2
    by_label = ev.subgroups(val.cases, val.labels, p, "label", ev.accuracy_many, n=50)
    assert by_label["group"].tolist() == ["all", *names]
    assert by_label["value"].notna().all()


def test_maps_of_each_class(way):
    names, _, val, net, *_ = way
    images = val.images[:2]
    maps = [ev.grad_cam(net, images, output=k, scaled=False) for k in range(len(names))]
    assert len({m.tobytes() for m in maps}) > 1
    drops = [ev.occlusion(net, images, size=16, stride=16, output=k) for k in range(len(names))]
    assert len({d.tobytes() for d in drops}) == len(names)
    top = net.predict(images.astype("float32"), verbose=0).argmax(axis=1)
    np.testing.assert_array_equal(
        ev.grad_cam(net, images, scaled=False), ev.grad_cam(net, images, output=top, scaled=False)
    )
    with pytest.raises(ValueError, match=r"got 'viral'\. A name .*classes\(cases\)\.index"):
        ev.grad_cam(net, images, output="viral")
    with pytest.raises(ValueError, match=f"from 0 to {len(names) - 1}"):
        ev.occlusion(net, images, size=16, stride=16, output=len(names))


def test_figures_of_k_classes(way):
    names, _, val, _, history, p = way
    plots.learning_panels(history)
    plots.confusion({"validation": ev.confusion_many(val.labels, p)}, names)
    plots.predictions(val.images[:4], val.labels[:4], p[:4], names)
    axes = plots.probabilities(val.images[:5], val.labels[:5], p[:5], names)
    assert axes.shape == (4, 4)
    plt.gcf().canvas.draw()


def test_a_class_that_nobody_has_is_refused_before_training(way):
    names, train, val, net, *_ = way
    keep = (train.cases["label"] != names[-1]).to_numpy()
    less = data.Pictures(train.images[keep], train.labels[keep], train.cases[keep])
    with pytest.raises(
        ValueError, match=f"each of {len(names)} classes, got none of '{names[-1]}'"
    ):
        models.fit(net, less, val, epochs=1)
