"""Models as files that run without Keras: ONNX, and LiteRT in whole or in few bits.

LiteRT's kinds of quantisation differ in what is rounded. Whether a network that standardises each
picture loses less when only the part behind that is quantised (:func:`split_preprocessing`) has to
be measured.
"""

from __future__ import annotations

import contextlib
import logging
import os
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import keras
import numpy as np
from numpy.typing import ArrayLike

from cxrlib.data.cases import did_you_mean
from cxrlib.extras import require
from cxrlib.files import atomic_path

QUANTIZED = ("float16", "dynamic", "int8")
PREPROCESSING = ("samplewise", "featurewise", "rescale")  # names of the layers that do it
THREADS = 2  # as many as the machines have on which the course is measured
Predict: TypeAlias = Callable[[ArrayLike], np.ndarray]


def to_onnx(model: keras.Model, file: str | os.PathLike) -> Path:
    """Write a model as ONNX, whole or not at all; return the file's path.

    Parameters
    ----------
    model : keras.Model
        Any batch size stays possible.
    file : path
        Ends in ``.onnx``.

    Raises
    ------
    ImportError
        Without the extra ``export``.
    ValueError
        If the ending is another.
    """
    require("export", "an export to ONNX")
    path = _checked(file, ".onnx")
    _call_once(model)
    with atomic_path(path) as beside, _quiet():
        model.export(str(beside), format="onnx", verbose=False)
    return path


def to_litert(
    model: keras.Model,
    file: str | os.PathLike,
    *,
    quantize: str | None = None,
    calibration: ArrayLike | None = None,
) -> Path:
    """Write a model as LiteRT, whole or not at all; return the file's path.

    Keras can do that from version 3.13 on.

    Parameters
    ----------
    model : keras.Model
        It answers for one picture at a time.
    file : path
        Ends in ``.tflite``.
    quantize : {"float16", "dynamic", "int8"}, optional
        ``"float16"``: weights in half the bits. ``"dynamic"``: weights in a quarter; where a kernel
        can, it multiplies in eight bits, too, in a range taken anew from each picture.
        ``"int8"``: weights and what flows between layers in whole numbers from -128 to 127, whose
        ranges ``calibration`` shows. Input and output stay float32.
    calibration : array, shape (N, H, W, C)
        For ``"int8"``: some hundred training pictures, as the model takes them.

    Raises
    ------
    ImportError
        Without the extra ``export``.
    ValueError
        If the ending is another, there is no such kind, or calibration is missing or not wanted.
    """
    require("export", "an export to LiteRT")
    path = _checked(file, ".tflite")
    if quantize is not None and quantize not in QUANTIZED:
        raise ValueError(
            f"expected `quantize` as one of {', '.join(QUANTIZED)} or None, got {quantize!r}."
            f"{did_you_mean(quantize, QUANTIZED)} Take one of these."
        )
    if (quantize == "int8") != (calibration is not None):
        got = "none" if calibration is None else f"some for {quantize!r}"
        raise ValueError(
            f'expected calibration pictures with quantize="int8" and with nothing else, got {got}. '
            "Pass some hundred training pictures."
        )
    _call_once(model)
    with atomic_path(path) as beside, _quiet():
        model.export(str(beside), format="litert", verbose=False, **_options(quantize, calibration))
    return path


def split_preprocessing(model: keras.Model) -> tuple[Predict, keras.Model]:
    """Part a network behind its preprocessing.

    Returns
    -------
    prepare : function
        Raw pixels (N, H, W, C) in, float32 of the same shape out.
    rest : keras.Model
        Takes what ``prepare`` gives; with the model's own layers.

    Raises
    ------
    ValueError
        If the first layer behind the input is no preprocessing.
    """
    first = model.layers[1]
    if first.name not in PREPROCESSING:
        raise ValueError(
            f"expected a network that begins with {', '.join(PREPROCESSING)}, got {first.name}. "
            "Quantise it as a whole."
        )
    inputs = keras.Input(model.input_shape[1:], name="prepared")
    outputs = inputs
    for layer in model.layers[2:]:
        outputs = layer(outputs)
    rest = keras.Model(inputs, outputs, name=f"{model.name}_rest")

    def prepare(images: ArrayLike) -> np.ndarray:
        return np.asarray(first(np.asarray(images, dtype="float32")))

    return prepare, rest


def read_onnx(file: str | os.PathLike, *, threads: int = THREADS) -> Predict:
    """Open an ONNX file as a function: pictures (N, H, W, C) in, probabilities (N, K) out.

    Parameters
    ----------
    file : path
        As :func:`to_onnx` writes it.
    threads : int
        That compute at the same time.
    """
    require("export", "running ONNX")
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(
        os.fspath(file), options, providers=["CPUExecutionProvider"]
    )
    (given,) = session.get_inputs()

    def predict(images: ArrayLike) -> np.ndarray:
        return session.run(None, {given.name: np.asarray(images, dtype="float32")})[0]

    return predict


def read_litert(file: str | os.PathLike, *, threads: int = THREADS) -> Predict:
    """Open a LiteRT file as a function: pictures (N, H, W, C) in, probabilities (N, K) out.

    Parameters
    ----------
    file : path
        As :func:`to_litert` writes it.
    threads : int
        That compute at the same time.
    """
    require("export", "running LiteRT")
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_path=os.fspath(file), num_threads=threads)
    (given,), (answer,) = interpreter.get_input_details(), interpreter.get_output_details()
    interpreter.resize_tensor_input(given["index"], [1, *given["shape"][1:]])
    interpreter.allocate_tensors()

    def predict(images: ArrayLike) -> np.ndarray:
        answers = []
        for image in np.asarray(images, dtype="float32"):
            interpreter.set_tensor(given["index"], image[None])
            interpreter.invoke()
            answers.append(interpreter.get_tensor(answer["index"])[0])
        return np.stack(answers)

    return predict


def latency(predict: Predict, image: ArrayLike, n: int = 50) -> float:
    """Return the median seconds that one picture takes, after a few that do not count.

    Parameters
    ----------
    predict : function
        Such as :func:`read_onnx` gives.
    image : array, shape (1, H, W, C)
    n : int
        Times that it is asked.
    """
    seconds = []
    for _ in range(n + 3):
        start = time.perf_counter()
        predict(image)
        seconds.append(time.perf_counter() - start)
    return float(np.median(seconds[3:]))


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Silence what the converters say of their folders, and of NumPy's old names."""
    logger = logging.getLogger("tensorflow")
    before = logger.level
    logger.setLevel(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            yield
    finally:
        logger.setLevel(before)


def _options(quantize: str | None, calibration: ArrayLike | None) -> dict[str, Any]:
    """Return what LiteRT's converter is told."""
    import tensorflow as tf

    if quantize is None:
        return {}
    options: dict[str, Any] = {"optimizations": [tf.lite.Optimize.DEFAULT]}
    if quantize == "float16":
        return options | {"target_spec": {"supported_types": [tf.float16]}}
    if quantize == "int8":
        pictures = np.asarray(calibration, dtype="float32")

        def some() -> Iterator[list[np.ndarray]]:
            for picture in pictures:
                yield [picture[None]]

        whole = {"supported_ops": [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]}
        return options | {"representative_dataset": some, "target_spec": whole}
    return options


def _call_once(model: keras.Model) -> None:
    model(np.zeros((1, *model.input_shape[1:]), "float32"), training=False)  # or it is not exported


def _checked(file: str | os.PathLike, ending: str) -> Path:
    path = Path(file)
    if path.suffix != ending:
        raise ValueError(
            f"expected a file that ends in {ending}, got {str(path)!r}. "
            f"Write {path.with_suffix(ending).name if path.name else 'model' + ending}, say."
        )
    return path
