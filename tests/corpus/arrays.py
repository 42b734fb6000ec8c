"""Arrays given to `Predictor.predict` and the helpers beside it."""

import io

import numpy as np

from tests.corpus import case, photos

_SHAPES = ((8, 9, 3), (8, 9, 4), (8, 9, 1), (8, 9), (2, 8, 9, 3), (1, 1, 3), (1, 300, 3))
_NO_SHAPES = (
    (),
    (9,),
    (0, 9, 3),
    (9, 0, 3),
    (8, 9, 2),
    (8, 9, 5),
    (8, 9, 0),
    (1, 2, 8, 9, 3),
    (0, 8, 9, 3),
)


def cases():
    """All of the kind."""
    for shape in _SHAPES:
        for dtype in ("uint8", "float32", "float64", "float16"):
            yield _array(f"{dtype} {shape}", lambda s=shape, d=dtype: np.ones(s, d), case.RIGHT)
        for dtype in ("int64", "bool", "complex64", "object", "U3", "datetime64[s]"):
            yield _array(f"{dtype} {shape}", lambda s=shape, d=dtype: np.ones(s).astype(d))
    for shape in _NO_SHAPES:
        for dtype in ("uint8", "float32"):
            yield _array(f"{dtype} {shape}", lambda s=shape, d=dtype: np.ones(s, d))
    for name, value in (
        ("nan", np.nan),
        ("inf", np.inf),
        ("-1", -1.0),
        ("255", 255.0),
        ("1e300", 1e300),
    ):
        yield _array(f"float64 with {name}", lambda v=value: _with(v))
    for name, make, expected in (
        ("not in one piece", lambda: np.ones((16, 18, 3), np.uint8)[::2, ::2], case.RIGHT),
        ("turned around", lambda: np.ones((8, 9, 3), np.uint8)[::-1, :, ::-1], case.RIGHT),
        ("in columns", lambda: np.asfortranarray(np.ones((8, 9, 3), np.uint8)), case.RIGHT),
        ("that must not be written", lambda: _read_only(), case.RIGHT),
        ("of the other byte order", lambda: np.ones((8, 9, 3), ">f4"), case.RIGHT),
        ("of 200 million pixels that are one", _broadcast, case.REFUSED),
        ("that is masked", lambda: np.ma.ones((8, 9, 3)), case.EITHER),
    ):
        yield _array(name, make, expected)
    for name, make in (
        ("None", lambda: None),
        ("a number", lambda: 3),
        ("a set", lambda: {1}),
        ("a dict", lambda: {"image": 1}),
        ("a list of numbers", lambda: [1, 2]),
        ("a list that holds itself", lambda: _endless()),
        ("an empty path", lambda: ""),
        ("a path with a null byte", lambda: "a\0b"),
        ("a folder", lambda: "."),
        ("a file of text", lambda: io.StringIO("text")),
        ("an empty file", lambda: io.BytesIO()),
        ("a file that is closed", lambda: _closed()),
        ("no bytes", lambda: b""),
    ):
        yield _array(name, make)
    for name, make in (
        ("bytes", lambda: photos.encoded("png")),
        ("a memoryview", lambda: memoryview(photos.encoded("png"))),
        ("an open file", lambda: io.BytesIO(photos.encoded("png"))),
        ("an empty list", lambda: []),
    ):
        yield _array(name, make, case.RIGHT)
    for size in ((0, 9), (9, -1), (9,), "9x9", (1.5, 2), (10**6, 10**6), None, (3, 4), True):
        good = size in (None, (3, 4))
        yield case.Case(
            "arrays",
            f"size {size!r}",
            lambda _, size=size: _predict(np.ones((8, 9, 3), np.uint8), size=size),
            case.RIGHT if good else case.REFUSED,
        )


def _array(name, make, expected=case.REFUSED):
    return case.Case("arrays", name, lambda _: _predict(make()), expected)


def _predict(image, **options):
    """Predict, and see to it that every density sums to 1."""
    import salnet_tf

    found = salnet_tf.load().predict(image, **options)
    many = isinstance(found, list) or found.ndim == 3
    for density in found if many else [found]:
        assert np.isfinite(density).all() and abs(density.sum() - 1) < 1e-3


def _with(value):
    image = np.full((8, 9, 3), 0.5)
    image[3, 3, 1] = value
    return image


def _read_only():
    image = np.ones((8, 9, 3), np.uint8)
    image.flags.writeable = False
    return image


def _broadcast():
    return np.broadcast_to(np.ones((1, 1, 3), np.uint8), (20000, 20000, 3))


def _endless():
    items = []
    items.append(items)
    return items


def _closed():
    file = io.BytesIO(b"1")
    file.close()
    return file
