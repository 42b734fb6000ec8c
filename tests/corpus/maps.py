"""Maps of other programs, scored by `trainers.evaluate --predictions_dir`."""

import csv
import io

import cv2
import numpy as np

from tests.corpus import case, photos, tables

SHAPE = (60, 90)


def smooth():
    """A map that looks at the middle."""
    y, x = np.indices(SHAPE)
    return np.exp(-((x - 40) ** 2 + (y - 30) ** 2) / 300) + 1e-3


def cases():
    """All of the kind."""
    for name, make, expected in _arrays():
        yield _case(name, "npy", lambda make=make: npy(make()), expected)
    for scale in (1e-300, 1e-30, 1e30, 1e300):
        yield _case(
            f"scaled by {scale:g}",
            "npy",
            lambda scale=scale: npy(scale * smooth()),
            case.RIGHT,
            _same_scores,
        )
    for name, make, expected in _files():
        yield _case(name, name.split()[0], make, expected)
    yield case.Case("maps", "none", _command(), case.REFUSED, _prepare("txt", lambda: b"x"))
    yield case.Case(
        "maps",
        "of strangers",
        _command(),
        case.REFUSED,
        lambda folder: (
            _prepare("npy", lambda: b"")(folder),
            [p.rename(p.with_name(f"z{p.name}")) for p in (folder / "maps").iterdir()],
        ),
    )


def npy(array):
    """The bytes of a .npy file."""
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def _command():
    flags = ("--predictions_dir=maps", "--baselines=uniform", "--metrics=nss,cc,kld,sim,auc,ig")
    return (
        tuple(f for f in tables.evaluate() if not f.startswith(("--baselines", "--metrics")))
        + flags
    )


def _prepare(ending, make):
    def prepare(folder):
        tables.folder_of(folder, tables.WHOLE)
        for k in range(3):
            case.write(folder / "maps" / f"{k}.{ending}", make())

    return prepare


def _case(name, ending, make, expected, check=lambda folder: None):
    return case.Case("maps", name, _command(), expected, _prepare(ending, make), check)


def _same_scores(folder):
    """A map's scale changes no score: those of the map itself, worked out here."""
    from salnet_tf.evaluation import scoring, stimuli

    images = stimuli.from_folder(folder / "set", "validation").images
    with (folder / "out" / "scores.csv").open() as file:
        rows = {row["image"]: row for row in csv.DictReader(file)}
    for image in images:
        truth = scoring.Truth(image, np.zeros((0, 2)), np.full(SHAPE, 1 / np.prod(SHAPE)))
        expected = scoring.score(truth, smooth(), ["nss", "cc", "kld", "sim", "auc"])
        for name, value in expected.items():
            found = float(rows[image.image_id][f"maps:{name}"])
            assert abs(found - value) < 1e-9, (name, found, value)


def _arrays():
    right, refused = case.RIGHT, case.REFUSED
    for dtype in ("float64", "float32", "float16", "uint8", "uint16", "int64", "bool", ">f8"):
        yield f"of {dtype}", lambda d=dtype: (200 * smooth()).astype(d), right
    for dtype in ("complex64", "U3", "datetime64[s]", "S4"):
        yield f"of {dtype}", lambda d=dtype: np.ones(SHAPE).astype(d), refused
    for shape in ((60, 90, 1), (30, 45), (600, 900), (61, 90)):
        yield f"of shape {shape}", lambda s=shape: np.random.default_rng(0).random(s), right
    for shape in (
        (90, 60),
        (60,),
        (60, 90, 3),
        (1, 60, 90),
        (0, 90),
        (),
        (1, 1),
        (1, 2),
        (9, 1000),
    ):
        yield f"of shape {shape}", lambda s=shape: np.ones(s) * 0.5, refused
    for name, value in (("nan", np.nan), ("inf", np.inf), ("-1", -1.0)):
        yield f"with {name}", lambda v=value: np.where(smooth() > 0.9, v, smooth()), refused
    yield "of zeros", lambda: np.zeros(SHAPE), refused
    yield "of one value", lambda: np.ones(SHAPE), right
    yield "of one pixel", lambda: np.eye(1, 5400, 2000).reshape(SHAPE), right
    yield "of the smallest number", lambda: np.full(SHAPE, 5e-324), right
    yield "of the largest number", lambda: np.full(SHAPE, np.finfo(float).max), right
    yield "in columns", lambda: np.asfortranarray(smooth()), right


def _files():
    right, refused, either = case.RIGHT, case.REFUSED, case.EITHER
    whole = npy(smooth())
    yield "npy whole", lambda: whole, right
    for share in (0, 0.01, 0.5, 0.99):
        yield (
            f"npy cut to {share:.0%}",
            lambda share=share: whole[: int(share * len(whole))],
            refused,
        )
    yield "npy with a pickle", lambda: _pickle(), refused
    yield "npy of 10^12 numbers", lambda: _header((10**6, 10**6)), refused
    yield "npy of 30000x30000 numbers", lambda: _header((30000, 30000)), refused
    yield "npy of negative size", lambda: _header((-60, 90)), refused
    for seed in range(4):
        yield f"npy with flipped bits {seed}", lambda s=seed: photos.flipped(whole, s, 20), either
    grey = np.rint(200 * smooth()).astype(np.uint8)
    yield "png whole", lambda: photos.encoded("png", grey), right
    yield "png of 16 bits", lambda: photos.encoded("png", grey.astype(np.uint16) * 200), right
    yield (
        "png in colours",
        lambda: photos.encoded("png", photos.drawn() // np.uint8([1, 2, 4])),
        refused,
    )
    yield "png with alpha", lambda: photos.encoded("png", cv2.merge([grey] * 4)), right
    for depth, colour in ((1, 0), (8, 0), (16, 0), (8, 2)):
        yield (
            f"png bomb of {depth} bits, colour {colour}",
            lambda d=depth, c=colour: photos.png_bomb(d, c),
            refused,
        )
    for share in (0, 0.1, 0.5, 0.9):
        data = photos.encoded("png", grey)
        yield (
            f"png cut to {share:.0%}",
            lambda s=share, data=data: data[: int(s * len(data))],
            refused,
        )
    yield "png of text", lambda: b"text" * 99, refused
    yield "jpg whole", lambda: photos.encoded("jpg", grey), right
    yield "jpg bomb", photos.jpeg_bomb, refused
    for share in (0, 0.1, 0.5, 0.9):
        data = photos.encoded("jpg", grey)
        yield (
            f"jpg cut to {share:.0%}",
            lambda s=share, data=data: data[: int(s * len(data))],
            refused,
        )
    yield "mat whole", lambda: _mat({"map": smooth()}), right
    yield "mat of two matrices", lambda: _mat({"a": smooth(), "b": smooth()}), refused
    yield "mat of none", lambda: _mat({}), refused
    yield "mat of text", lambda: _mat({"a": "text"}), refused
    yield "mat of a struct", lambda: _mat({"a": {"b": smooth()}}), refused
    for share in (0, 0.1, 0.5, 0.9):
        yield f"mat cut to {share:.0%}", lambda s=share: _cut(_mat({"map": smooth()}), s), refused
    for seed in range(4):
        yield (
            f"mat with flipped bits {seed}",
            lambda s=seed: photos.flipped(_mat({"map": smooth()}), s, 9),
            either,
        )
    yield "mat of version 7.3", lambda: _hdf5(SHAPE[::-1]), right
    yield "mat of version 7.3, a bomb", lambda: _hdf5((30000, 30000)), refused
    yield "mat of version 7.3, cut", lambda: _cut(_hdf5(SHAPE[::-1]), 0.5), refused


def _cut(data, share):
    return data[: int(share * len(data))]


def _pickle():
    import pickle

    file = io.BytesIO()
    array = np.empty(SHAPE, object)
    array[:] = 1
    np.save(file, array, allow_pickle=True)
    return file.getvalue() + pickle.dumps(1)


def _header(shape):
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        file, {"descr": "<f8", "fortran_order": False, "shape": shape}
    )
    return file.getvalue() + bytes(999)


def _mat(variables):
    import scipy.io

    file = io.BytesIO()
    scipy.io.savemat(file, variables)
    return file.getvalue()


def _hdf5(shape):
    import h5py

    file = io.BytesIO()
    with h5py.File(file, "w") as stored:
        if shape == (30000, 30000):
            stored.create_dataset(
                "map", shape, "f8", chunks=(1000, 1000), compression="gzip", fillvalue=1.0
            )
        else:
            stored["map"] = np.ascontiguousarray(smooth().T)
    return file.getvalue()
