"""Seconds and accuracy of a head on a frozen backbone: end to end, against features kept.

    python benchmarks/transfer.py [--images 600] [--epochs 20] [--backbone NAME] > transfer.json
    python benchmarks/transfer.py --backbone efficientnet_lite0 --sizes 64 96 128 160 224

Both ways train the same head from the same first weights on the same batches. End to end, every
image goes through the whole network in each epoch, read and held in memory once; on features, it
goes through once, and only the head is trained. Ways run in processes of their own, one after the
other, and count from the case table to the trained head and its test scores; starting Python and
loading libraries is left out. Then comes the linear probe on the whole set, from JPEG files to the
test AUC; what loading the libraries takes is told beside. On a machine that has other things to do,
compare `cpu_seconds`, which all threads together were at work. Needs the weights of the backbone.
Prints one JSON object.

With `--sizes` nothing is trained end to end. For each size it tells what an image's way through
the frozen network costs on one core, and the probe's validation AUC (to choose by) and test AUC.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

RATE, BATCH = 1e-3, 32
WAYS = ("end to end", "on features")
PROBE = "probe"
PASS = "pass on one core"
ONE_CORE = dict.fromkeys(
    ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS"), "1"
)


def table(images: int | None):
    """Load the set and hold validation out by patient."""
    from cxrlib import data

    cases = data.load("pneumonia", quiet=True)
    cases = data.sample(cases, images) if images else cases
    return data.splits.train_val_split(cases)


def judged(labels, scores) -> dict:
    """Accuracy at 0.5 and AUC on the test set."""
    from cxrlib import evaluation

    return {
        "test_accuracy": round(float(evaluation.accuracy(labels, scores)), 4),
        "test_auc": round(float(evaluation.roc_auc(labels, scores)), 4),
    }


def end_to_end(cases, options: dict) -> dict:
    """Train the head on top of the whole network."""
    from cxrlib import data, models

    read = data.read_images(cases, options["size"])
    train, val, test = (read.split(split) for split in ("train", "val", "test"))
    shape = (options["size"], options["size"], 1)
    net = models.transfer.freeze(models.transfer.build_model(options["backbone"], shape))
    models.training.compile_classifier(net, "Adam", RATE)
    models.fit(net, train, val, epochs=options["epochs"], batch_size=BATCH)
    scores = net.predict(data.pipeline.dataset(test, batch_size=64), verbose=0)
    return judged(test.labels, scores)


def on_features(cases, options: dict) -> dict:
    """Train the head alone, on features."""
    from cxrlib import models

    found = models.features.extract(cases, options["backbone"], size=options["size"])
    train, val, test = (found.split(split).to_image_set() for split in ("train", "val", "test"))
    head = models.transfer.build_head(train.images.shape[1:])
    models.training.compile_classifier(head, "Adam", RATE)
    models.fit(head, train, val, epochs=options["epochs"], batch_size=BATCH)
    return judged(test.labels, head.predict(test.images, batch_size=64, verbose=0))


def probe(options: dict) -> dict:
    """Fit the linear probe on the whole set."""
    from cxrlib.models import features

    cases = table(None)
    loaded = time.perf_counter()
    found = features.extract(cases, options["backbone"], size=options["size"])
    train, val, test = (found.split(split) for split in ("train", "val", "test"))
    fitted = features.fit_linear_probe(train)
    answer = {"val_auc": judged(val.labels, features.predict_scores(fitted, val))["test_auc"]}
    answer |= judged(test.labels, features.predict_scores(fitted, test))
    seconds = round(time.perf_counter() - loaded, 2)
    return {"pictures": len(cases), "seconds_without_loading_the_table": seconds, **answer}


def passed(options: dict, pictures: int = 128, times: int = 5) -> dict:
    """Milliseconds of work for an image's way through the frozen network, the quickest of some."""
    import numpy as np

    from cxrlib.models import transfer
    from cxrlib.models.features.extraction import build_extractor, predict

    weights = transfer.find_weights(options["backbone"], quiet=True)
    size = options["size"]
    network = build_extractor(options["backbone"], size, weights=weights)
    images = np.random.default_rng(0).uniform(0, 255, (pictures, size, size, 1)).astype("float32")
    predict(network, images[:1])
    seconds = []
    for _ in range(times):
        start = time.process_time()
        predict(network, images)
        seconds.append(time.process_time() - start)
    return {"ms_a_picture": round(1000 * min(seconds) / pictures, 2)}


def measure(way: str, options: dict) -> dict:
    """Run one way in this process."""
    if way == PASS:
        return passed(options)
    began = time.perf_counter()
    load_libraries()
    start, worked = time.perf_counter(), time.process_time()
    if way == PROBE:
        answer = probe(options)
    else:
        cases = table(options["pictures"])
        start, worked = time.perf_counter(), time.process_time()
        answer = (end_to_end if way == "end to end" else on_features)(cases, options)
    answer["seconds"] = round(time.perf_counter() - start, 2)
    answer["cpu_seconds"] = round(time.process_time() - worked, 2)
    if way == PROBE:
        answer["seconds_with_libraries"] = round(time.perf_counter() - began, 2)
    answer["peak_memory_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    return answer


def load_libraries() -> None:
    """Load now what loads on its first use."""
    from cxrlib import data, evaluation, models

    _ = data.load, data.splits, data.pipeline, evaluation.roc_auc, models.fit
    _ = models.transfer.build_model, models.features.extract, models.features.fit_linear_probe


def apart(way: str, options: dict, **environment: str) -> dict:
    """Run one way in a process of its own."""
    done = subprocess.run(
        [sys.executable, __file__, *(f"--{k}={v}" for k, v in options.items()), "--way", way],
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures", type=int, default=600)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--backbone", default="mobilenet_v2_0.35")
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--sizes", type=int, nargs="+", help="compare these by the probe alone")
    parser.add_argument("--way", choices=[*WAYS, PROBE, PASS], help=argparse.SUPPRESS)
    options = vars(parser.parse_args())
    way, sizes = options.pop("way"), options.pop("sizes")
    if way:
        print(json.dumps(measure(way, options)))
        return
    if sizes:
        answer = {"benchmark": "transfer", "backbone": options["backbone"], "sizes": {}}
        for size in sizes:
            options["size"] = size
            ways = {PASS: apart(PASS, options, **ONE_CORE), PROBE: apart(PROBE, options)}
            answer["sizes"][size] = ways
    else:
        ways = {way: apart(way, options) for way in (*WAYS, PROBE)}
        slow, quick = (ways[way] for way in WAYS)
        for count, name in (("seconds", "times_as_fast"), ("cpu_seconds", "times_less_work")):
            quick[name] = round(slow[count] / quick[count], 1)
        answer = {"benchmark": "transfer", **options, "ways": ways}
    answer |= {"cores": os.cpu_count(), "python": platform.python_version()}
    print(json.dumps(answer, indent=2))


if __name__ == "__main__":
    main()
