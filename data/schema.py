"""The feature schema of every prepared data set: raw truth, nothing resized, nothing blurred."""

import dataclasses

import numpy as np
import tensorflow_datasets as tfds

# The ground-truth sigma where a set states none: 24 px in an image of 800 px.
SIGMA_OF_LONGEST_SIDE = 0.03

UNKNOWN_DURATION = -1.0


def features(with_maps=False):
    """The features of one example.

    Args:
        with_maps: True for a set whose truth is a saliency map for each image.

    Returns:
        A `tfds.features.FeaturesDict`. Coordinates are continuous pixels of the stored image, x
        right, y down, pixel `i` spanning `[i, i + 1)`; sigma is in the same pixels; duration is in
        milliseconds, -1 where unknown; `observer` counts from 0 over the whole set, `order` from 0
        per observer. A saliency map has any size and its own scale, and covers the image.
    """
    fixation = {
        "x": np.float32,
        "y": np.float32,
        "observer": np.int32,
        "order": np.int32,
        "duration": np.float32,
    }
    features = {
        "image": tfds.features.Image(shape=(None, None, 3)),
        "image_id": tfds.features.Text(),
        "fixations": tfds.features.Sequence(fixation),
        "sigma": np.float32,
    }
    if with_maps:
        features["saliency_map"] = tfds.features.Image(
            shape=(None, None, 1), dtype=np.uint16, encoding_format="png"
        )
    return tfds.features.FeaturesDict(features)


@dataclasses.dataclass(frozen=True)
class Fixations:
    """The fixations on one image, one entry each in five arrays `[n]`.

    x, y: pixels, 0-based, continuous. observer: from 0. order: from 0 within an observer. duration:
    milliseconds or `UNKNOWN_DURATION`.
    """

    x: np.ndarray
    y: np.ndarray
    observer: np.ndarray
    order: np.ndarray
    duration: np.ndarray

    @classmethod
    def of(cls, x, y, observer=0, order=None, duration=UNKNOWN_DURATION):
        """From anything array-like; `order` unknown counts each observer's points as they come."""
        x = np.asarray(x, np.float64).ravel()
        observer = np.broadcast_to(np.asarray(observer, np.int32).ravel(), x.shape)
        if order is None:
            order = np.array([np.sum(observer[:i] == who) for i, who in enumerate(observer)])
        duration = np.broadcast_to(np.asarray(duration, np.float64).ravel(), x.shape)
        duration = np.where(duration >= 0, duration, UNKNOWN_DURATION)
        y, order = np.asarray(y, np.float64).ravel(), np.asarray(order, np.int32).ravel()
        return cls(x, y, observer, order, duration)

    @classmethod
    def joined(cls, parts):
        """One `Fixations` from several."""
        parts = list(parts) or [cls.of([], [], [])]
        names = [field.name for field in dataclasses.fields(cls)]
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))

    def __len__(self):
        return len(self.x)

    def keep(self, mask):
        """The entries where `mask` (`[n]` bool) is true."""
        return Fixations(
            self.x[mask], self.y[mask], self.observer[mask], self.order[mask], self.duration[mask]
        )

    def at(self, xy):
        """The same fixations at other coordinates `[n, 2]`."""
        return dataclasses.replace(self, x=xy[:, 0], y=xy[:, 1])

    def as_example(self):
        """The value of the schema's `fixations`."""
        return {
            "x": self.x.astype(np.float32),
            "y": self.y.astype(np.float32),
            "observer": self.observer.astype(np.int32),
            "order": self.order.astype(np.int32),
            "duration": self.duration.astype(np.float32),
        }
