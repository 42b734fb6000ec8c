"""Saliency maps in files: arrays, MATLAB matrices, grey pictures of 8 or 16 bits."""

import math
import pathlib
import unicodedata

import cv2
import numpy as np

from salnet_tf.images import decode, geometry

SUFFIXES = (".npy", ".mat", ".png", ".jpg", ".jpeg")
_NUMBERS = (
    *("double", "single", "logical", "int8", "int16", "int32", "int64"),
    *("uint8", "uint16", "uint32", "uint64"),
)  # classes of MATLAB
_GREY_LEVELS = 8  # of 255: so far JPEG may move the channels of a grey picture apart


def by_stem(folder):
    """{file's name without its ending: path} of a folder's maps.

    Of several files of one stem the lossless one counts, in the order of `SUFFIXES`. Accents are as
    most systems write them, not as archives of macOS do.

    Raises:
        ValueError: the folder holds no map.
    """
    files = [path for path in pathlib.Path(folder).glob("*") if path.suffix.lower() in SUFFIXES]
    if not files:
        raise ValueError(f"No {', '.join(SUFFIXES)} file in the folder. Received: {folder}")
    files.sort(key=lambda path: SUFFIXES.index(path.suffix.lower()), reverse=True)
    return {stem(path.name): path for path in files}


def stem(name):
    """A file's name without its ending and folder, its accents in one way of writing."""
    return unicodedata.normalize("NFC", pathlib.PurePath(name).stem)


def checked(saliency, size):
    """A map fit for scoring, at the image's own size.

    Args:
        saliency: `[h, w]` of any size and the image's aspect ratio (to 2 % or one pixel).
        size: (height, width) of the image.

    Returns:
        `[height, width]` float64: area average when shrinking, bilinear when enlarging.

    Raises:
        ValueError: what is wrong, to be completed by the image's name.
    """
    saliency = np.asarray(saliency)
    if saliency.ndim == 3 and saliency.shape[-1] == 1:
        saliency = saliency[..., 0]
    if saliency.ndim != 2 or not saliency.size or saliency.dtype.kind not in "fiub":
        raise ValueError(f"its map is not [height, width] numbers but {_described(saliency)}")
    _check_shape(saliency.shape, size)
    saliency = saliency.astype(np.float64)
    if not np.isfinite(saliency).all():
        count = np.count_nonzero(~np.isfinite(saliency))
        raise ValueError(f"its map holds {count} NaN or infinite values")
    if saliency.min() < 0:
        raise ValueError(f"its map holds negative values (down to {saliency.min():.4g})")
    if not saliency.any():
        raise ValueError("its map is 0 everywhere")
    # A map's scale means nothing, and squares of 1e300 are no numbers; a power of 2 changes no bit.
    saliency = np.ldexp(saliency, -np.frexp(saliency.max())[1])
    return saliency if saliency.shape == tuple(size) else _resized(saliency, size)


def _check_shape(shape, size):
    """Raise ValueError for a map too small to say where, or of another aspect ratio."""
    if min(shape) < 2 <= min(size):
        raise ValueError(f"its map has {shape[1]}x{shape[0]} pixels, too few to say where")
    height = shape[1] * size[0] / size[1]
    if abs(shape[0] - height) > max(1, 0.02 * height):
        raise ValueError(
            f"its map's {shape[1]}x{shape[0]} has another aspect ratio than the image's "
            f"{size[1]}x{size[0]}"
        )


def read_map(path):
    """The map in one file: an array, the only matrix of a MATLAB file, or a grey picture.

    Raises:
        ValueError: the file cannot be read as that.
    """
    read = {".npy": _read_npy, ".mat": _read_mat}.get(path.suffix.lower(), _read_picture)
    try:
        return read(path)
    except Exception as error:  # readers of damaged files raise nearly everything
        raise ValueError(f"its map {path.name} cannot be read ({_first_line(error)})") from error


def to_stored(saliency):
    """A map `[h, w]`, at least 0, as the bytes of a 16-bit grey PNG, 65535 at its peak."""
    saliency = np.asarray(saliency, np.float64).reshape(np.shape(saliency)[:2])
    scaled = np.rint(saliency / saliency.max() * 65535).astype(np.uint16)
    return cv2.imencode(".png", scaled)[1].tobytes()


def read_stored(data):
    """The map `[h, w]` float32 of what `to_stored` returned, 1 at its peak."""
    stored = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    return stored.astype(np.float32) / 65535


def _read_npy(path):
    stored = np.lib.format.open_memmap(path, mode="r")  # np.load would take others for a pickle
    decode.check_pixels(1, stored.size)
    return np.array(stored)


def _read_mat(path):
    import h5py  # of the training extra, like SciPy
    import scipy.io

    if h5py.is_hdf5(path):  # MATLAB 7.3, which stores the transpose
        with h5py.File(path) as file:
            matrices = [x for x in file.values() if isinstance(x, h5py.Dataset) and _is_matrix(x)]
            matrix = _only(matrices)
            decode.check_pixels(*matrix.shape)
            return matrix[()].T
    stored = scipy.io.whosmat(path)
    matrices = [x for x in stored if x[2] in _NUMBERS and len(x[1]) == 2 and math.prod(x[1]) > 1]
    name, shape, _ = _only(matrices)
    decode.check_pixels(*shape)
    return scipy.io.loadmat(path, variable_names=[name])[name]


def _is_matrix(dataset):
    return dataset.ndim == 2 and dataset.dtype.kind in "fiub" and dataset.size > 1


def _only(matrices):
    if len(matrices) != 1:
        raise ValueError(f"{len(matrices)} matrices where one is wanted")
    return matrices[0]


def _read_picture(path):
    data = path.read_bytes()  # cv2.imread gives what a cut JPEG begins with
    decode.read_header(data)
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if picture is None:
        raise ValueError("not a picture, or not all of one")
    if picture.ndim == 2:
        return picture
    channels = picture[..., :3]  # the fourth is opacity
    if np.ptp(channels, axis=-1).max() > _GREY_LEVELS / 255 * np.iinfo(picture.dtype).max:
        raise ValueError("a coloured picture, not a grey map")
    return channels.mean(axis=-1)


def _resized(saliency, size):
    # float32 cannot hold every float64 scale; the scale of a map never matters.
    return geometry.resize_image(saliency / saliency.max(), size).astype(np.float64)


def _described(array):
    return f"{array.dtype} of shape {list(array.shape)}"


def _first_line(error):
    return str(error).strip().split("\n")[0].rstrip(".") or type(error).__name__
