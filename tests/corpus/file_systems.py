"""What is in the way of reading and writing: pipes, links, folders, full disks, closed streams."""

import os
import socket

from tests.corpus import case, photos


def cases():
    """All of the kind."""
    yield from _inputs()
    yield from _outputs()
    yield from _streams()
    yield from _left_over()


def _case(name, command, expected, prepare, check=lambda folder: None, **options):
    return case.Case("file_systems", name, command, expected, prepare, check, **options)


def _photo(folder, name="photo.png"):
    case.write(folder / name, photos.encoded("png"))


def _inputs():
    command = photos.predict("photo.png")
    for name, make in (
        ("a pipe", lambda path: os.mkfifo(path)),
        ("a socket", lambda path: socket.socket(socket.AF_UNIX).bind(str(path))),
        ("a link to nothing", lambda path: path.symlink_to("nowhere.png")),
        ("a link to itself", lambda path: path.symlink_to(path.name)),
        ("a link to endless zeros", lambda path: path.symlink_to("/dev/zero")),
        ("a link to the null device", lambda path: path.symlink_to("/dev/null")),
        ("an empty folder", lambda path: path.mkdir()),
        ("a link to its own folder", lambda path: path.symlink_to(".")),
    ):
        yield _case(
            f"{name} for a photo",
            command,
            case.EITHER if name == "a link to its own folder" else case.REFUSED,
            lambda folder, make=make: make(folder / "photo.png"),
            said="" if "folder" in name else "photo.png",
        )
        yield _case(
            f"{name} among photos",
            photos.predict("photos"),
            case.EITHER,
            lambda folder, make=make: (
                _photo(folder / "photos", "a.png"),
                make(folder / "photos" / "photo.png"),
            ),
            photos.density("a.npy"),
        )
    yield _case(
        "a link to a photo",
        photos.predict("link.png"),
        case.RIGHT,
        _link,
        photos.density("link.npy"),
    )
    for name in (
        "nowhere.png",
        "nowhere/*.png",
        "nowhere/",
        "",
        " ",
        "/dev/zero",
        "/dev/null",
        "/dev/stdin",
        "/proc/self/mem",
    ):
        yield _case(f"the input {name!r}", photos.predict(name), case.REFUSED, lambda folder: None)
    yield _case("no input", ("salnet-predict",), case.REFUSED, lambda folder: None)
    yield _case(
        "a folder without photos",
        photos.predict("photos"),
        case.REFUSED,
        case.writes(**{"photos/a.txt": b"x"}),
    )
    yield _case("folders 300 deep", (*photos.predict("photos"), "--recursive"), case.RIGHT, _deep)


def _link(folder):
    _photo(folder)
    (folder / "link.png").symlink_to("photo.png")


def _deep(folder):
    path = folder / "photos"
    for _ in range(300):
        path = path / "d"
    os.makedirs(path)
    _photo(path, "a.png")


def _outputs():
    for out, make, expected in (
        ("", _photo, case.REFUSED),
        ("photo.png", _photo, case.REFUSED),
        ("photo.png/sub", _photo, case.REFUSED),
        ("/dev/null", _photo, case.REFUSED),
        ("/dev/null/sub", _photo, case.REFUSED),
        ("/proc/nowhere", _photo, case.REFUSED),
        ("gs://nowhere/out", _photo, case.REFUSED),
        ("n" * 300, _photo, case.REFUSED),
        ("a\nb", _photo, case.RIGHT),
        ("new/folders/of/results", _photo, case.RIGHT),
        (".", _photo, case.RIGHT),
        (
            "dangling",
            lambda folder: (_photo(folder), (folder / "dangling").symlink_to("nowhere")),
            case.EITHER,
        ),
    ):
        yield _case(
            f"the output folder {out[:40]!r}",
            ("salnet-predict", "photo.png", f"--output_dir={out}"),
            expected,
            make,
        )
    for name in ("photo.npy", "photo_overlay.jpg", "photo_map.png"):
        yield _case(
            f"a folder in the way of {name}",
            ("salnet-predict", "photo.png", "--output_dir=out"),
            case.REFUSED,
            lambda folder, name=name: (
                _photo(folder),
                (folder / "out" / name / "full").mkdir(parents=True),
            ),
            said="photo",
        )
    for limit in (500, 2000, 20000):
        yield _case(
            f"a disk that is full after {limit} bytes",
            ("salnet-predict", "photo.png", "--output_dir=out"),
            case.REFUSED,
            _photo,
            _nothing_written,
            file_limit=limit,
        )
    yield _case(
        "results of another run",
        (*photos.predict("photo.png"), "--resume"),
        case.RIGHT,
        lambda folder: (_photo(folder), case.write(folder / "out" / "photo.npy", b"old")),
    )


def _nothing_written(folder):
    left = sorted(path.name for path in (folder / "out").rglob("*") if path.is_file())
    assert not left, left


def _streams():
    for closed in ((0,), (1,), (2,), (1, 2), (0, 1, 2)):
        yield _case(
            f"streams {closed} closed",
            photos.predict("photo.png"),
            case.RIGHT,
            _photo,
            photos.density("photo.npy"),
            closed=closed,
        )
        yield _case(
            f"streams {closed} closed, no photo",
            photos.predict("nowhere.png"),
            case.REFUSED,
            lambda folder: None,
            closed=closed,
        )


def _left_over():
    import socket as socket_lib

    def prepare(folder):
        _photo(folder)
        name = f".partial_{socket_lib.gethostname()}_999999999_0a1b2c3d"
        case.write(folder / "out" / f"{name}.npy", b"half")
        case.write(folder / "out" / f"{name}.jpg", b"half")

    yield _case(
        "what a killed run left",
        photos.predict("photo.png"),
        case.RIGHT,
        prepare,
        photos.density("photo.npy"),
    )
