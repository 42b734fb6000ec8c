"""A split of a prepared set in memory: canvases, and fixations in canvas coordinates."""

import dataclasses
import hashlib

import cv2
import numpy as np
import tensorflow as tf

from salnet_tf.images import decode, geometry
from salnet_tf.pipeline import canvas, free_memory, prepared

# Cells of a density that is kept beside an image: a teacher's logits have 48x64, a sigma spans 2.4
# of these columns.
GRID = (60, 80)
_LEAST = 1e-5  # of its peak that a map has everywhere: a logarithm needs more than 0
_ALIGNMENT = 64  # bytes; TensorFlow's kernels abort on tensors that lie elsewhere


@dataclasses.dataclass(frozen=True)
class ImageSet:
    """A split, laid on canvases of one size; every array's first axis is the image.

    Args:
        dataset: full name of the set, e.g. `fixation_table/osie`.
        image_ids: list of n.
        images: `[n, height, width, 3]` uint8 canvases; or, where they would not fit in memory,
            `[n]` the stored files' bytes, decoded each time.
        boxes: `[n, 4]` int32: top, left, height, width of the image on its canvas.
        points: `[n, most, 2]` float32 fixations (x, y) in canvas coordinates, padded.
        weights: `[n, most]` float32, 1 for a fixation inside the image, 0 for padding.
        sigmas: `[n]` float32 ground-truth sigma in canvas pixels.
        soft: `[n, *GRID]` float16 log-densities over each image (not its canvas), of a teacher or
            the saliency map that is its truth; or None.
        shares: `[n]` float32, weight of `soft` against the fixations in the density, or None.
        chances: `[n]` float32, how often each image comes in an epoch, 1 on average; None for once.
        canvas_size: (height, width), needed where the images are files' bytes.
        sets: `[n]` int32, the number of each image's set where several are together; None for one.
        digests: `[n]` uint32, `photo.digest` of the stored file of each image, or None.
    """

    dataset: str
    image_ids: list
    images: np.ndarray
    boxes: np.ndarray
    points: np.ndarray
    weights: np.ndarray
    sigmas: np.ndarray
    soft: np.ndarray | None = None
    shares: np.ndarray | None = None
    chances: np.ndarray | None = None
    canvas_size: tuple | None = None
    digests: np.ndarray | None = None
    sets: np.ndarray | None = None

    def __post_init__(self):
        if self.canvas_size is None:
            object.__setattr__(self, "canvas_size", self.images.shape[1:3])

    @property
    def encoded(self):
        """Whether the images are files' bytes."""
        return self.images.ndim == 1

    def __len__(self):
        return len(self.image_ids)


def load(dataset, split, data_dir, canvas_size, sigma="", memory=None, shard=(0, 1)):
    """Read a split into an `ImageSet`.

    Args:
        dataset: full name of a prepared set.
        split: one of its splits.
        data_dir: where it is prepared.
        canvas_size: (height, width).
        sigma: ground-truth sigma in place of the set's own, `24px` or `1deg`.
        memory: canvases that need more bytes are kept as the stored files; a quarter of the
            machine's free memory by default.
        shard: (index, count): reads only the index-th count-th of the split. All shards are of one
            size, the up to count - 1 images that are over are left out.

    Raises:
        ValueError: unknown set or split, or an empty one; a sigma in degrees of a set that does not
            state its pixels per degree.
    """
    own_sigma = prepared.sigma_rule(sigma, dataset, data_dir)
    examples = list(prepared.examples(dataset, split, data_dir, shard))
    if not examples:
        raise ValueError(f"Data set {dataset} has no image in its split {split!r}.")
    count, most = len(examples), max(1, max(len(e.fixations["x"]) for e in examples))
    memory = free_memory.free() / 4 if memory is None else memory
    encoded = count * np.prod(canvas_size) * 3 > memory
    images = np.empty(count, object) if encoded else np.zeros((count, *canvas_size, 3), np.uint8)
    boxes = np.zeros((count, 4), np.int32)
    points = np.zeros((count, most, 2), np.float32)
    weights = np.zeros((count, most), np.float32)
    sigmas = np.zeros(count, np.float32)
    has_maps = examples[0].saliency_map is not None
    soft = np.zeros((count, *GRID), np.float16) if has_maps else None
    for i, example in enumerate(examples):
        if has_maps:
            soft[i] = log_grid(example.saliency_map)
        image = canvas.decode(example.image)
        placement = geometry.place(image.shape[:2], canvas_size)
        images[i] = example.image if encoded else np.rint(canvas.to_canvas(image, placement))
        boxes[i] = placement.top, placement.left, placement.height, placement.width
        xy = example.xy
        inside = np.all((xy >= 0) & (xy < (placement.image_width, placement.image_height)), axis=1)
        points[i, : len(xy)] = placement.to_canvas(xy)
        weights[i, : len(xy)] = inside
        sigmas[i] = own_sigma(example.sigma) * (placement.scale_x + placement.scale_y) / 2
    return ImageSet(
        dataset,
        [example.image_id for example in examples],
        images,
        boxes,
        points,
        weights,
        sigmas,
        soft,
        np.ones(count, np.float32) if has_maps else None,
        canvas_size=tuple(canvas_size),
        digests=np.array([decode.digest(example.image) for example in examples], np.uint32),
    )


def log_grid(saliency):
    """A saliency map `[h, w]` as its log-density on `GRID`, float16, up to a constant."""
    density = geometry.resize_image(np.asarray(saliency, np.float32), GRID)
    return np.log(np.maximum(density / density.max(), _LEAST)).astype(np.float16)


def concatenate(image_sets, mixing=()):
    """One image set of several, in order.

    Args:
        image_sets: list of `ImageSet`s of one canvas size.
        mixing: weight of each image set in an epoch, as long as all of them together; empty takes
            every image once.

    Raises:
        ValueError: there are not as many weights as image sets, or one is not above 0.
    """
    if mixing and (len(mixing) != len(image_sets) or min(mixing) <= 0):
        raise ValueError(
            f"mixing must have a weight above 0 for each of {len(image_sets)} sets. "
            f"Received: {tuple(mixing)}"
        )
    canvases = sum(image_set.images.nbytes for image_set in image_sets if not image_set.encoded)
    # The whole is a copy, made while its parts are there, and TensorFlow makes one more.
    if any(image_set.encoded for image_set in image_sets) or canvases > free_memory.free() / 2:
        image_sets = [
            image_set if image_set.encoded else _as_files(image_set) for image_set in image_sets
        ]
    if any(each.soft is not None for each in image_sets):
        image_sets = [_with_soft(each) for each in image_sets]
    most = max(image_set.points.shape[1] for image_set in image_sets)
    return ImageSet(
        "+".join(image_set.dataset for image_set in image_sets),
        [image_id for image_set in image_sets for image_id in image_set.image_ids],
        _laid_together([image_set.images for image_set in image_sets]),
        np.concatenate([image_set.boxes for image_set in image_sets]),
        np.concatenate([_widened(image_set.points, most) for image_set in image_sets]),
        np.concatenate([_widened(image_set.weights, most) for image_set in image_sets]),
        np.concatenate([image_set.sigmas for image_set in image_sets]),
        *(_together(image_sets, name) for name in ("soft", "shares")),
        _chances([len(image_set) for image_set in image_sets], mixing) if mixing else None,
        image_sets[0].canvas_size,
        _together(image_sets, "digests"),
        np.repeat(np.arange(len(image_sets), dtype=np.int32), [len(each) for each in image_sets]),
    )


def _with_soft(image_set):
    """The image set with `soft` and `shares`, which leave its densities as they are."""
    if image_set.soft is not None:
        return image_set
    count = len(image_set)
    soft, shares = np.zeros((count, *GRID), np.float16), np.zeros(count, np.float32)
    return dataclasses.replace(image_set, soft=soft, shares=shares)


def _together(image_sets, name):
    """An array of all image sets, None where the first has none."""
    if getattr(image_sets[0], name) is None:
        return None
    return np.concatenate([getattr(image_set, name) for image_set in image_sets])


def subset(image_set, indices):
    """The image set of these images, in this order."""
    changes = {
        field.name: getattr(image_set, field.name)[indices]
        for field in dataclasses.fields(image_set)
        if isinstance(getattr(image_set, field.name), np.ndarray)
    }
    ids = [image_set.image_ids[i] for i in indices]
    return dataclasses.replace(image_set, image_ids=ids, **changes)


def _chances(counts, mixing):
    """`[n]` float32: every image set's share in proportion to its weight, 1 on average."""
    shares = np.array(mixing) / np.sum(mixing) * np.sum(counts)
    return np.repeat(shares / counts, counts).astype(np.float32)


def _as_files(image_set):
    """The image set with each image, cut out of its canvas, as the bytes of a PNG file."""
    images = np.empty(len(image_set), object)
    for i, box in enumerate(image_set.boxes):
        images[i] = as_file(image_set.images[i], box)
    return dataclasses.replace(image_set, images=images)


def as_file(image, box):
    """A photo as the bytes of a PNG file.

    Args:
        image: its canvas, `[height, width, 3]` uint8.
        box: where on it the photo is: top, left, height, width.
    """
    top, left, height, width = box
    part = image[top : top + height, left : left + width]
    return cv2.imencode(".png", part[..., ::-1])[1].tobytes()


def _widened(array, most):
    padding = [(0, 0), (0, most - array.shape[1])] + [(0, 0)] * (array.ndim - 2)
    return np.pad(array, padding)


def fingerprint(image_set):
    """A hex digest of everything in the image set, as it lies in memory."""
    return _hex_digest(_arrays(image_set))


def source_fingerprint(image_set):
    """A hex digest of the data a run learns from, whether canvases or files lie in memory.

    Args:
        image_set: an `ImageSet` with `digests`.
    """
    return _hex_digest(_arrays(image_set) | {"images": image_set.digests})


def _hex_digest(arrays):
    digest = hashlib.sha256()
    for array in arrays.values():
        digest.update(b"".join(array) if array.dtype == object else np.ascontiguousarray(array))
    return digest.hexdigest()[:16]


def as_tensors(image_set):
    """The arrays as tensors on the host; canvases that `concatenate` laid together are shared.

    float16 arrays are given as their bits, uint16, for `from_half`: of a float16 tensor oneDNN logs
    an error on processors without AVX512.
    """
    with tf.device("CPU"):
        tensors = {name: _constant(a) for name, a in _arrays(image_set).items() if name != "images"}
        sets = np.zeros(len(image_set), np.int32) if image_set.sets is None else image_set.sets
        return {"images": _shared(image_set.images), "sets": tf.constant(sets), **tensors}


def from_half(bits):
    """The float32 numbers of float16 numbers' bits, a uint16 tensor."""
    return tf.cast(tf.bitcast(bits, tf.float16), tf.float32)


def _constant(array):
    return tf.constant(array.view(np.uint16) if array.dtype == np.float16 else array)


def _shared(array):
    """The array as a tensor, without the two copies of `tf.constant` where it lies aligned."""
    if array.dtype == object or array.ctypes.data % _ALIGNMENT or not array.flags.writeable:
        return tf.constant(array)
    return tf.experimental.dlpack.from_dlpack(array.__dlpack__())


def _laid_together(arrays):
    """`np.concatenate` along the first axis, of canvases into memory that TensorFlow can use."""
    if arrays[0].dtype == object:
        return np.concatenate(arrays)
    shape = sum(len(a) for a in arrays), *arrays[0].shape[1:]
    memory = np.empty(np.prod(shape) + _ALIGNMENT, np.uint8)
    start = -memory.ctypes.data % _ALIGNMENT
    whole = memory[start : start + np.prod(shape)].reshape(shape)
    return np.concatenate(arrays, out=whole)


def _arrays(image_set):
    names = ("images", "boxes", "points", "weights", "sigmas", "soft", "shares", "chances")
    arrays = {name: getattr(image_set, name) for name in names}
    return {name: array for name, array in arrays.items() if array is not None}
