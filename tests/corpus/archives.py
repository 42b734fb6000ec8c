"""Archives that data sets are published in: cut, bombs, links, names that leave the folder."""

import io
import tarfile
import zipfile

from tests.corpus import case, photos

MEMBER = "set/images/a.png"


def cases():
    """All of the kind."""
    for kind in ("zip", "tar", "tgz"):
        whole = _packed(kind, {MEMBER: photos.encoded("png"), "set/b.txt": b"text"})
        yield _case(f"{kind} whole", whole, kind, case.RIGHT)
        for share in (0.02, 0.5, 0.97):
            yield _case(f"{kind} cut to {share:.0%}", whole[: int(len(whole) * share)], kind)
        for seed in range(4):
            flipped = photos.flipped(whole, seed, 20)
            yield _case(f"{kind} with flipped bits {seed}", flipped, kind, case.EITHER)
        yield _case(f"{kind} without the member", _packed(kind, {"b.txt": b"text"}), kind)
        for name in ("../a.png", "/tmp/a.png", "set/../../a.png", "..\\a.png"):
            packed = _packed(kind, {name: b"x", MEMBER: b"y"})
            yield _case(
                f"{kind} with the member {name}",
                packed,
                kind,
                case.EITHER if "\\" in name else case.REFUSED,
            )
        yield _case(f"{kind} twice one member", _twice(kind), kind, case.EITHER)
    for name, data in (
        ("nothing", b""),
        ("text", b"no archive" * 9),
        ("zeros", bytes(9999)),
        ("html", b"<html>404</html>"),
    ):
        for kind in ("zip", "tar"):
            yield _case(f"{name} called {kind}", data, kind)
    yield _case("a zip bomb", _bomb(), "zip", case.EITHER)
    yield _case("tar with a link", _linked(), "tar", case.EITHER)
    yield case.Case("archives", "no file", lambda folder: _read(folder, "set.zip"))
    yield case.Case(
        "archives",
        "a folder",
        lambda folder: _read(folder, "set.zip"),
        prepare=lambda folder: (folder / "set.zip").mkdir(),
    )


def _case(name, data, kind, expected=case.REFUSED):
    file = f"set.{kind}"
    return case.Case(
        "archives",
        name,
        lambda folder: _read(folder, file),
        expected,
        lambda folder: case.write(folder / file, data),
        said=file if expected == case.REFUSED else "",
    )


def _read(folder, name):
    from data import archives

    path = archives.obtain(archives.Source(name, "the page"), folder, download=None)
    archive = archives.Archive(path)
    for member in archive.names("*"):
        archive.read(member)
    archive.read(MEMBER)


def _packed(kind, members):
    file = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in members.items():
                archive.writestr(name, data)
    else:
        with tarfile.open(fileobj=file, mode="w:gz" if kind == "tgz" else "w") as archive:
            for name, data in members.items():
                entry = tarfile.TarInfo(name)
                entry.size = len(data)
                archive.addfile(entry, io.BytesIO(data))
    return file.getvalue()


def _twice(kind):
    import warnings

    file = io.BytesIO()
    if kind == "zip":
        with warnings.catch_warnings(), zipfile.ZipFile(file, "w") as archive:
            warnings.simplefilter("ignore")
            for data in (b"one", b"two"):
                archive.writestr(MEMBER, data)
    else:
        with tarfile.open(fileobj=file, mode="w") as archive:
            for data in (b"one", b"two"):
                entry = tarfile.TarInfo(MEMBER)
                entry.size = len(data)
                archive.addfile(entry, io.BytesIO(data))
    return file.getvalue()


def _bomb():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(MEMBER, bytes(10**9))
    return file.getvalue()


def _linked():
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        entry = tarfile.TarInfo(MEMBER)
        entry.type, entry.linkname = tarfile.SYMTYPE, "/etc/hostname"
        archive.addfile(entry)
    return file.getvalue()
