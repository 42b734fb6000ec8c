"""Films: whole, cut, overwritten, of odd sizes and rates, and what is called a film and is none."""

import cv2
import numpy as np

from tests.corpus import case, photos

CONTAINERS = {"avi": "MJPG", "mp4": "mp4v", "mkv": "MJPG"}


def film(path, frames=4, size=(64, 48), rate=10.0):
    """Write a film of a disc that moves."""
    path.parent.mkdir(parents=True, exist_ok=True)
    code = cv2.VideoWriter_fourcc(*CONTAINERS[path.suffix[1:]])
    writer = cv2.VideoWriter(str(path), code, rate, size)
    for k in range(frames):
        frame = np.full((size[1], size[0], 3), 90, np.uint8)
        cv2.circle(frame, (8 + 6 * k, size[1] // 2), 6, (240, 240, 240), -1)
        writer.write(frame)
    writer.release()


def predict(*inputs, formats="npy", flags=()):
    """The command on films."""
    return ("salnet-predict", *inputs, "--output_dir=out", f"--formats={formats}", *flags)


def frames(stem, count):
    """A `check`: so many densities of a film are there."""

    def check(folder):
        (path,) = (folder / "out").glob(f"{stem}*.npz")
        with np.load(path) as arrays:
            lengths = {len(array) for array in arrays.values() if array.ndim}
        assert count in lengths, lengths

    return check


def cases():
    """All of the kind."""
    for ending in CONTAINERS:
        name = f"film.{ending}"
        for formats in ("npy", "overlay", "json,csv"):
            check = frames("film", 4) if formats == "npy" else lambda folder: None
            yield case.Case(
                "films",
                f"{ending} whole as {formats}",
                predict(name, formats=formats),
                case.RIGHT,
                lambda folder, name=name: film(folder / name),
                check,
            )
        for share in (0.02, 0.3, 0.6, 0.95):
            yield _damaged(
                f"{ending} cut to {share:.0%}",
                name,
                lambda data, share=share: data[: int(len(data) * share)],
                case.REFUSED if share == 0.02 else case.EITHER,
            )
        for seed in range(3):
            yield _damaged(
                f"{ending} with flipped bits {seed}",
                name,
                lambda data, seed=seed: photos.flipped(data, seed, 8),
            )
        yield _damaged(f"{ending} with zeros", name, lambda data: photos.zeroed(data, 0.4, 0.3))
        yield _damaged(f"{ending} of zeros", name, lambda data: bytes(len(data)), case.REFUSED)
    yield from _odd()
    yield from _no_films()


def _damaged(name, file, damage, expected=case.EITHER):
    def prepare(folder):
        film(folder / file)
        (folder / file).write_bytes(damage((folder / file).read_bytes()))

    said = file if expected == case.REFUSED else ""
    return case.Case("films", name, predict(file), expected, prepare, said=said)


def _odd():
    for count, size, rate in (
        (1, (64, 48), 10.0),
        (3, (65, 47), 10.0),
        (3, (2, 2), 10.0),
        (3, (640, 2), 10.0),
        (3, (64, 48), 0.5),
        (3, (64, 48), 240.0),
    ):
        yield case.Case(
            "films",
            f"{count} frames of {size[0]}x{size[1]} at {rate:g} Hz",
            predict("film.avi"),
            case.EITHER if min(size) == 2 else case.RIGHT,
            lambda folder, c=count, s=size, r=rate: film(folder / "film.avi", c, s, r),
        )
    for flag, expected in (
        ("--every=0.2", case.RIGHT),
        ("--every=1e6", case.EITHER),
        ("--every=-1", case.REFUSED),
        ("--every=nan", case.REFUSED),
        ("--max_frames=1", case.RIGHT),
        ("--max_frames=-1", case.REFUSED),
        ("--smoothing=0", case.RIGHT),
        ("--smoothing=1", case.REFUSED),
        ("--smoothing=nan", case.REFUSED),
        ("--formats=csv", case.RIGHT),
        ("--formats=log_npy", case.REFUSED),
    ):
        yield case.Case(
            "films",
            f"with {flag}",
            predict("film.avi", flags=(flag,)),
            expected,
            lambda folder: film(folder / "film.avi"),
        )
    yield case.Case(
        "films",
        "a folder in the way of the result",
        predict("film.avi", formats="overlay"),
        case.REFUSED,
        _in_the_way,
        said="film",
    )
    yield case.Case(
        "films",
        "a disk that is full",
        predict("film.avi", formats="npy"),
        case.REFUSED,
        lambda folder: film(folder / "film.avi"),
        file_limit=300,
    )


def _in_the_way(folder):
    film(folder / "film.avi")
    for ending in ("mp4", "webm"):
        (folder / "out" / f"film_overlay.{ending}" / "full").mkdir(parents=True)


def _no_films():
    for name, data in (
        ("nothing", b""),
        ("text", b"no film\n" * 99),
        ("zeros", bytes(9999)),
        ("a photo", photos.encoded("png")),
        ("mp4 magic", b"\0\0\0\x18ftypmp42" + bytes(999)),
        ("avi magic", b"RIFF\xff\xff\xff\xffAVI LIST" + bytes(999)),
        ("a playlist", b"#EXTM3U\n#EXTINF:9,\nfile:///etc/hostname\n"),
        ("a concat list", b"ffconcat version 1.0\nfile /etc/hostname\n"),
    ):
        for ending in ("mp4", "avi"):
            yield case.Case(
                "films",
                f"{name} called {ending}",
                predict(f"film.{ending}"),
                case.EITHER if name == "a photo" else case.REFUSED,
                lambda folder, data=data, ending=ending: case.write(
                    folder / f"film.{ending}", data
                ),
                said="" if name == "a photo" else f"film.{ending}",
            )
    for name in (
        "camera:999",
        "camera:-1",
        "camera:",
        "camera:one",
        "rtsp://nowhere/x",
        "http://nowhere/x.mp4",
    ):
        yield case.Case("films", f"named {name}", predict(name), case.REFUSED)
