"""Whether a picture is of the kind that the network was trained on.

A network gives a probability for a photograph of a cat, too. So each picture is described by a
small copy of itself and by the means of the network's maps, and its distance from the training
pictures is measured. How far is too far is chosen on validation, at a rate of false refusals that
is stated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike

if TYPE_CHECKING:
    import keras

THUMBNAIL = 12  # pixels a side
BATCH_SIZE = 64


@dataclass(frozen=True, eq=False)
class OutlierDetector:
    """A distance from training pictures, and the one from which a picture is refused.

    The distance is Mahalanobis's, with the covariance of probabilistic PCA (Tipping and Bishop
    1999): in the directions of the first components the variance that the training pictures have
    there, in all others their mean one. It is the square of the distance over the number of
    features, so that training pictures are at about 1.

    Attributes
    ----------
    layers : tuple of str
        Whose maps' means describe a picture, besides its small copy.
    mean, scale : ndarray, shape (D,)
        Of each feature over the training pictures.
    components : ndarray, shape (K, D)
        Principal components of the features.
    variances : ndarray, shape (K,)
        Along these.
    noise : float
        Mean variance along all others.
    threshold : float
        A picture is refused above this distance.
    false_refusals : float
        Share of the validation pictures that is refused, so many were asked for.
    n : int
        How many validation pictures there were.
    """

    layers: tuple[str, ...]
    mean: np.ndarray
    scale: np.ndarray
    components: np.ndarray
    variances: np.ndarray
    noise: float
    threshold: float
    false_refusals: float
    n: int

    @classmethod
    def fit(
        cls,
        model: keras.Model,
        train: ArrayLike,
        val: ArrayLike,
        *,
        layers: Sequence[str],
        n_components: int = 64,
        false_refusals: float = 0.01,
    ) -> Self:
        """Learn what training pictures look like, and choose the threshold on others.

        Parameters
        ----------
        model : keras.Model
            Flat and functional; it takes raw pixels in [0, 255].
        train, val : array, shape (N, H, W, C)
            Raw pixels in [0, 255], of different patients.
        layers : sequence of str
            Of the model, with maps (N, h, w, C).
        n_components : int
            Of the principal component analysis, at most.
        false_refusals : float
            Share of ``val`` that may be refused, above 0 and below 1.

        Raises
        ------
        ValueError
            If it is no share.
        """
        from sklearn.decomposition import PCA

        if not 0 < false_refusals < 1:
            raise ValueError(
                f"expected `false_refusals` above 0 and below 1, got {false_refusals}. "
                "0.01 refuses one chest film in a hundred."
            )
        described = describe(model, train, layers)
        n_components = min(n_components, *(length - 1 for length in described.shape))
        mean, scale = described.mean(axis=0), np.maximum(described.std(axis=0), 1e-6)
        pca = PCA(n_components, svd_solver="full").fit((described - mean) / scale)
        found = cls(
            tuple(layers),
            mean,
            scale,
            pca.components_.astype(np.float32),
            pca.explained_variance_.astype(np.float32),
            float(pca.noise_variance_),
            threshold=np.inf,
            false_refusals=false_refusals,
            n=len(np.asarray(val)),
        )
        highest = np.quantile(found.distance(model, val), 1 - false_refusals, method="higher")
        return cls(**vars(found) | {"threshold": float(highest)})

    def distance(self, model: keras.Model, images: ArrayLike) -> np.ndarray:
        """Return each picture's distance from the training pictures, shape (N,), 0 or more.

        Parameters
        ----------
        model : keras.Model
            The one that it was fitted with.
        images : array, shape (N, H, W, C)
            Raw pixels in [0, 255].
        """
        x = (describe(model, images, self.layers) - self.mean) / self.scale
        along = x @ self.components.T
        rest = (x**2).sum(axis=1) - (along**2).sum(axis=1)
        squares = (along**2 / self.variances).sum(axis=1) + rest / self.noise
        return np.asarray(squares / x.shape[1])

    def refuses(self, distance: ArrayLike) -> np.ndarray:
        """Say which distances are too large."""
        return np.asarray(distance) > self.threshold

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Return every attribute as an array, as ``np.savez`` takes it."""
        return {name: np.asarray(value) for name, value in asdict(self).items()}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> Self:
        """Make it again of what :meth:`to_arrays` gave.

        Raises
        ------
        ValueError
            If an array is missing, or the shapes do not belong together.
        """
        found: dict[str, Any] = {name: arrays[name] for name in arrays}
        expected = list(cls.__dataclass_fields__)
        if sorted(found) != sorted(expected):
            raise ValueError(
                f"expected the arrays {', '.join(expected)}, got {', '.join(found) or 'none'}. "
                "Save the model again, with what OutlierDetector.fit gives."
            )
        k, d = found["components"].shape
        shapes = {name: found[name].shape for name in ("mean", "scale", "variances")}
        if shapes != {"mean": (d,), "scale": (d,), "variances": (k,)}:
            raise ValueError(
                f"expected a mean and scale for {d} features and {k} variances, got {shapes}. "
                "Save the model again, with what OutlierDetector.fit gives."
            )
        found["layers"] = tuple(map(str, found["layers"]))
        for name in ("noise", "threshold", "false_refusals"):
            found[name] = float(found[name])
        return cls(**found | {"n": int(found["n"])})


def describe(model: keras.Model, images: ArrayLike, layers: Sequence[str]) -> np.ndarray:
    """Describe pictures: a small copy of each, and the means of a network's maps.

    Exposure and contrast do not count: the copy has mean 0 and standard deviation 1.

    Parameters
    ----------
    model : keras.Model
        Flat and functional; it takes raw pixels in [0, 255].
    images : array, shape (N, H, W, C)
        Raw pixels in [0, 255], each side a multiple of 12.
    layers : sequence of str
        With maps (N, h, w, C).

    Returns
    -------
    ndarray of float32, shape (N, D)
        144 pixels, then a mean for each map.

    Raises
    ------
    ValueError
        If the sides do not fit.
    """
    import keras

    images = np.asarray(images)
    n, height, width, channels = images.shape
    if height % THUMBNAIL or width % THUMBNAIL:
        raise ValueError(
            f"expected pictures whose sides are multiples of {THUMBNAIL}, got {height} × {width}. "
            "Build the network for such a size, 96 for instance."
        )
    tiles = (n, THUMBNAIL, height // THUMBNAIL, THUMBNAIL, width // THUMBNAIL, channels)
    small = images.reshape(tiles).mean(axis=(2, 4, 5), dtype=np.float32).reshape(n, -1)
    small -= small.mean(axis=1, keepdims=True)
    small /= small.std(axis=1, keepdims=True) + 1e-3
    pool = keras.layers.GlobalAveragePooling2D()
    outputs = [pool(model.get_layer(name).output) for name in layers]
    means = keras.Model(model.inputs[0], keras.layers.Concatenate()(outputs))
    parts = [
        means(images[start : start + BATCH_SIZE].astype("float32"), training=False).numpy()
        for start in range(0, n, BATCH_SIZE)
    ]
    return np.hstack([small, np.concatenate(parts)])
