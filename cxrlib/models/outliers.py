"""Whether a picture is of the kind that the network was trained on.

A network gives a probability for a photograph of a cat, too. So each picture is described by a
small copy of itself and by the means of the network's maps, and its distance from the training
pictures is measured. A film that is upside-down or mirrored lies near them, and so a small
classifier that was shown turned copies looks at which way up a picture is. How far is too far is
chosen on validation, at a rate of false refusals that is stated.
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
TURNS = (np.s_[:, ::-1], np.s_[:, ::-1, ::-1], np.s_[:, :, ::-1])  # upside-down, by 180°, mirrored
TURN_SHAPE = (THUMBNAIL**2 + 1, len(TURNS))
THRESHOLDS = ("threshold", "turn_threshold")


@dataclass(frozen=True, eq=False)
class OutlierDetector:
    """A distance from training pictures and a turn score, and from where a picture is refused.

    The distance is Mahalanobis's, with the covariance of probabilistic PCA (Tipping and Bishop
    1999): in the directions of the first components the variance that the training pictures have
    there, in all others their mean one. It is the square of the distance over the number of
    features, so that training pictures are at about 1.

    The turn score is the log odds that the picture is upside-down, turned by 180° or mirrored: a
    logistic regression on the small copy, which learned from the training pictures, turned so
    (orientation as the label that costs nothing: Gidaris, Singh and Komodakis 2018).

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
    turn_weights : ndarray, shape (145, 3)
        Of the small copy's pixels and of 1, for the log odds of each turn against none.
    threshold : float
        A picture is refused above this distance.
    turn_threshold : float
        And above this turn score.
    false_refusals : float
        Share of the validation pictures that may be refused; half of it for each of the two.
    n : int
        How many validation pictures there were.
    """

    layers: tuple[str, ...]
    mean: np.ndarray
    scale: np.ndarray
    components: np.ndarray
    variances: np.ndarray
    noise: float
    turn_weights: np.ndarray
    threshold: float
    turn_threshold: float
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
            Raw pixels in [0, 255], of different patients, all the right way up.
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
            _fit_turns(train),
            threshold=np.inf,
            turn_threshold=np.inf,
            false_refusals=false_refusals,
            n=len(np.asarray(val)),
        )
        limits = [
            float(np.quantile(scores, 1 - false_refusals / 2, method="higher"))
            for scores in (found.distance(model, val), found.turn_score(val))
        ]
        return cls(**vars(found) | dict(zip(THRESHOLDS, limits, strict=True)))

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

    def turn_score(self, images: ArrayLike) -> np.ndarray:
        """Return the log odds that each picture is turned or mirrored, shape (N,).

        Parameters
        ----------
        images : array, shape (N, H, W, C)
            Raw pixels in [0, 255].
        """
        against_none = small_copies(images) @ self.turn_weights[:-1] + self.turn_weights[-1]
        return np.asarray(np.logaddexp.reduce(against_none, axis=1))

    def refuses(self, model: keras.Model, images: ArrayLike) -> np.ndarray:
        """Say which pictures are too far away or turned, bool of shape (N,)."""
        far = self.distance(model, images) > self.threshold
        return np.asarray(far | (self.turn_score(images) > self.turn_threshold))

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
        turns = found["turn_weights"].shape
        if shapes != {"mean": (d,), "scale": (d,), "variances": (k,)} or turns != TURN_SHAPE:
            raise ValueError(
                f"expected a mean and scale for {d} features, {k} variances and turn weights of "
                f"the shape {TURN_SHAPE}, got {shapes} and {turns}. "
                "Save the model again, with what OutlierDetector.fit gives."
            )
        found["layers"] = tuple(map(str, found["layers"]))
        for name in ("noise", *THRESHOLDS, "false_refusals"):
            found[name] = float(found[name])
        return cls(**found | {"n": int(found["n"])})


def small_copies(images: ArrayLike) -> np.ndarray:
    """Return a copy of 12 × 12 pixels of each picture, with mean 0 and standard deviation 1.

    So exposure and contrast do not count.

    Parameters
    ----------
    images : array, shape (N, H, W, C)
        Raw pixels in [0, 255], each side a multiple of 12.

    Returns
    -------
    ndarray of float32, shape (N, 144)

    Raises
    ------
    ValueError
        If the sides do not fit.
    """
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
    return small


def describe(model: keras.Model, images: ArrayLike, layers: Sequence[str]) -> np.ndarray:
    """Describe pictures: a small copy of each, and the means of a network's maps.

    Parameters
    ----------
    model : keras.Model
        Flat and functional; it takes raw pixels in [0, 255].
    images : array, shape (N, H, W, C)
        As :func:`small_copies` takes them.
    layers : sequence of str
        With maps (N, h, w, C).

    Returns
    -------
    ndarray of float32, shape (N, D)
        144 pixels, then a mean for each map.
    """
    import keras

    images, small = np.asarray(images), small_copies(images)
    pool = keras.layers.GlobalAveragePooling2D()
    outputs = [pool(model.get_layer(name).output) for name in layers]
    means = keras.Model(model.inputs[0], keras.layers.Concatenate()(outputs))
    parts = [
        means(images[start : start + BATCH_SIZE].astype("float32"), training=False).numpy()
        for start in range(0, len(images), BATCH_SIZE)
    ]
    return np.hstack([small, np.concatenate(parts)])


def _fit_turns(images: ArrayLike) -> np.ndarray:
    from sklearn.linear_model import LogisticRegression

    images = np.asarray(images)
    copies = [small_copies(x) for x in (images, *(images[turn] for turn in TURNS))]
    ways = np.repeat(np.arange(len(copies)), len(images))
    found = LogisticRegression(C=0.01, max_iter=1000).fit(np.concatenate(copies), ways)
    weights = np.vstack([found.coef_.T, found.intercept_])
    return (weights[:, 1:] - weights[:, :1]).astype(np.float32)
