"""HEIC photos (iPhones write them), through the extra `heif`: OpenCV does not read them."""

import contextlib
import importlib.util
import io

import numpy as np

EXTENSIONS = (".heic", ".heif", ".hif")
_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
MISSING = "HEIC photos need pillow-heif (pip install 'salnet-tf[heif]')"


def is_installed():
    """Whether `decode` can work."""
    return importlib.util.find_spec("pillow_heif") is not None


def is_heif(data):
    """Whether an image file's bytes are of this kind (AVIF is not: OpenCV reads it)."""
    return data[4:8] == b"ftyp" and data[8:12] in _BRANDS and b"avif" not in data[8:32]


def decode(data, check_size):
    """HEIC bytes -> pixels as a person sees them.

    Args:
        data: the file's bytes.
        check_size: called with (height, width) before anything is decoded; raises.

    Returns:
        `[H, W, 3]` or, with alpha, `[H, W, 4]` uint8.

    Raises:
        ValueError: the extra is not installed, or the file is damaged.
    """
    if not is_installed():
        raise ValueError(f"{MISSING}.")
    import pillow_heif

    with _damage_told():
        file = pillow_heif.open_heif(io.BytesIO(data))
    check_size(*file.size[::-1])
    with _damage_told():
        pixels = np.asarray(file)
    if pixels.ndim == 2:
        return np.repeat(pixels[..., None], 3, axis=2)
    return pixels


@contextlib.contextmanager
def _damage_told():
    try:
        yield
    except (ValueError, OSError, RuntimeError, EOFError, SyntaxError) as error:
        raise ValueError(f"The image cannot be decoded: {error}") from error
