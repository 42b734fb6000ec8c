"""Features of a frozen backbone, computed once: what a readout is trained on.

A backbone costs far more than a readout, and it never changes: its features of every photo and of
its mirror are kept as float16 files, mapped into memory.
"""

import dataclasses
import math
import os

import keras
import numpy as np
import tensorflow as tf

from salnet_tf.pipeline import batches, canvases

STRIDE = 8  # of the readouts' output, hence of the targets


@dataclasses.dataclass(frozen=True)
class Examples:
    """Photos as a readout sees them; every array's first axis is the photo.

    Args:
        dataset: full name of the set.
        image_ids: list of n.
        features: one array `[n, 2, rows, columns, channels]` float16 per stride; the second of two
            is the mirrored photo.
        targets: `[n, height / 8, width / 8, 3]` float32: density, fixations, mask.
        valid: `[n]` float32, 0 for a photo without fixations.
        fingerprint: of the image set that they were made of.
    """

    dataset: str
    image_ids: list
    features: list
    targets: np.ndarray
    valid: np.ndarray
    fingerprint: str

    def __len__(self):
        return len(self.image_ids)


def load(dataset, split, data_dir, backbone, folder):
    """The `Examples` of a split, the features read from `folder` or computed and left there.

    Args:
        dataset, split, data_dir: see `pipeline.canvases.load`.
        backbone: a `keras.Model` of several outputs at the size of its canvas.
        folder: local folder of the cache; one per backbone and size.
    """
    size = backbone.input_shape[1:3]
    image_set = canvases.load(dataset, split, data_dir, size, memory=math.inf)
    fingerprint = canvases.fingerprint(image_set)
    stem = os.path.join(folder, f"{dataset.replace('/', '-')}-{split}-{fingerprint}")
    paths = [f"{stem}_{i}.npy" for i in range(len(backbone.outputs))]
    if not all(map(os.path.exists, paths)):
        os.makedirs(folder, exist_ok=True)
        _extract(backbone, image_set.images, paths)
    features = [np.load(path, mmap_mode="r") for path in paths]
    return Examples(dataset, image_set.image_ids, features, *_targets(image_set), fingerprint)


def _extract(backbone, images, paths, batch_size=4):
    """Write the features of photos `[n, height, width, 3]` and their mirrors."""

    @tf.function(jit_compile=False)
    def forward(photos):
        photos = tf.cast(photos, tf.float32)
        return backbone(tf.concat([photos, tf.reverse(photos, [2])], 0), training=False)

    count = len(images)
    kept = [
        np.lib.format.open_memmap(
            f"{path}.partial", "w+", np.float16, (count, 2, *output.shape[1:])
        )
        for path, output in zip(paths, backbone.outputs, strict=True)
    ]
    for start in range(0, count, batch_size):
        some = images[start : start + batch_size]
        for array, feature in zip(kept, forward(some), strict=True):
            both = feature.numpy().reshape(2, len(some), *feature.shape[1:])
            array[start : start + len(some)] = both.swapaxes(0, 1)
    for path, array in zip(paths, kept, strict=True):
        array.flush()
        os.replace(f"{path}.partial", path)


def _targets(image_set):
    """Density, fixations and mask at the readouts' stride; and `valid`."""
    count, (height, width) = len(image_set), (side // STRIDE for side in image_set.canvas_size)
    edges = np.concatenate(
        [image_set.boxes[:, :2], image_set.boxes[:, :2] + image_set.boxes[:, 2:]], axis=1
    )
    # A cell belongs to the photo where its centre does.
    edges = np.ceil(edges / STRIDE - 0.5).astype(np.int32)
    small = dataclasses.replace(
        image_set,
        images=np.zeros((count, height, width, 1), np.uint8),
        canvas_size=(height, width),
        boxes=np.concatenate([edges[:, :2], edges[:, 2:] - edges[:, :2]], axis=1),
        points=image_set.points / np.float32(STRIDE),
        sigmas=image_set.sigmas / np.float32(STRIDE),
    )
    made = list(batches.evaluation(small, 1).as_numpy_iterator())
    targets = [
        np.concatenate([batch[name] for name in ("density", "fixations", "mask")], axis=-1)
        for batch in made
    ]
    return np.concatenate(targets), np.concatenate([batch["valid"] for batch in made])


def statistics(examples, every=8):
    """(mean, variance) of each feature, `[channels]` float32, over every eighth photo."""
    pairs = []
    for i in range(len(examples[0].features)):
        photos = [e.features[i][::every, 0].astype(np.float32) for e in examples]
        values = np.concatenate([p.reshape(-1, p.shape[-1]) for p in photos])
        pairs.append((values.mean(0), values.var(0)))
    return pairs


class Batches(keras.utils.PyDataset):
    """Training batches ((features..., domain weights), targets, valid) over photos and mirrors.

    Args:
        examples: list of `Examples`, one per domain.
        rows: for each of them the indices of the photos to train on.
        batch_size: photos in a batch.
        seed: of the order.
        unknown: share of the photos shown as of no known domain, so that the mean prior learns too.
    """

    def __init__(self, examples, rows, batch_size, seed, unknown=0.15):
        super().__init__()
        self.examples, self.batch_size, self.unknown = examples, batch_size, unknown
        self.rows = [
            (domain, row, mirrored)
            for domain, some in enumerate(rows)
            for row in some
            for mirrored in (0, 1)
        ]
        if len(self.rows) < batch_size:
            raise ValueError(
                f"There are {len(self.rows)} photos and mirrors to train on, less than one batch. "
                f"Received: batch_size {batch_size}"
            )
        self.random = np.random.default_rng(seed)
        self.on_epoch_end()

    def __len__(self):
        return len(self.rows) // self.batch_size

    def on_epoch_end(self):
        self.order = self.random.permutation(len(self.rows))
        self.shown_unknown = self.random.random(len(self.rows)) < self.unknown

    def __getitem__(self, index):
        chosen = self.order[index * self.batch_size : (index + 1) * self.batch_size]
        rows = [self.rows[i] for i in chosen]
        domain = np.eye(len(self.examples), dtype=np.float32)[[row[0] for row in rows]]
        domain[self.shown_unknown[chosen]] = 1 / len(self.examples)
        targets = [self.examples[d].targets[row][:, :: -1 if m else 1] for d, row, m in rows]
        valid = [self.examples[d].valid[row] for d, row, _ in rows]
        return (*_features(self.examples, rows), domain), np.stack(targets), np.array(valid)


def _features(examples, rows):
    return [
        np.stack([examples[d].features[i][row, m] for d, row, m in rows]).astype(np.float32)
        for i in range(len(examples[0].features))
    ]


def evaluation(examples, domain, rows, batch_size=16):
    """Batches for `loop.validate`: `image` is (features, of the mirrors, domain weights)."""
    for start in range(0, len(rows), batch_size):
        some = rows[start : start + batch_size]
        density, fixations, mask = np.split(examples.targets[some], 3, axis=-1)
        photos, mirrors = (
            _features([examples], [(0, row, mirrored) for row in some]) for mirrored in (0, 1)
        )
        yield {
            "image": (photos, mirrors, np.repeat(domain[None], len(some), 0)),
            "density": density,
            "fixations": fixations,
            "mask": mask,
            "valid": examples.valid[some],
        }
