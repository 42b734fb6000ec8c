"""The files a set is published in: found or fetched, checked, read in place, never extracted."""

import dataclasses
import fnmatch
import hashlib
import io
import pathlib
import re
import socket
import tarfile
import threading
import urllib.parse
import urllib.request
import zipfile
import zlib

import tensorflow_datasets as tfds

# RuntimeError: a member with a password, or packed in a way that Python does not know.
_DAMAGE = (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, OSError, RuntimeError)
_PATIENCE = 5  # seconds to wait for a host
_LARGEST = 2**28  # bytes of a member when it is unpacked
_LITTER = ("__MACOSX/", ".DS_Store", "/._", ".svn/", "Thumbs.db")


@dataclasses.dataclass(frozen=True)
class Source:
    """One file of a set.

    Attributes:
        name: what it is called in `--manual_dir`.
        page: where a person gets it, and anything to mind there.
        url: where a program gets it; None where the host allows no program or is gone.
        md5: accepted sums; empty where none is known, and then only the archive's own sums are.
    """

    name: str
    page: str
    url: str | None = None
    md5: tuple[str, ...] = ()


def obtain(source, manual_dir, download):
    """Path of a source: from `manual_dir` if it is there, else downloaded; its md5 checked.

    Args:
        source: a `Source`.
        manual_dir: folder of files fetched by hand, or None.
        download: function url -> path, as `dl_manager.download`.

    Raises:
        FileNotFoundError: it is neither there nor to be had; says which file to put where.
        ValueError: its md5 is another one (names both), or, where none is known, it is no whole
            archive; a download is deleted then.
    """
    path = pathlib.Path(manual_dir) / source.name if manual_dir else None
    if path is not None and path.is_file():
        _check(path, source)
        return path
    path = _downloaded(source, download)
    try:
        _check(path, source)
    except ValueError:  # TFDS would take it for the file's own the next time
        path.unlink()
        path.with_name(f"{path.name}.INFO").unlink(missing_ok=True)
        raise
    return path


def _check(path, source):
    """Raise ValueError unless the file is the published one, as far as that is known."""
    if not source.md5:
        if path.suffix != ".mat":
            Archive(path)
        return
    with open(path, "rb") as file:
        check_md5(file, source.md5, source.name)


def check_md5(file, md5, name):
    """Raise ValueError unless an open file has one of the md5 sums (a tuple)."""
    found = hashlib.file_digest(file, "md5").hexdigest()
    if found not in md5:
        raise ValueError(
            f"{name} must have the md5 {' or '.join(md5)}: it is truncated or another edition. "
            f"Received: {found} ({file.tell()} bytes)"
        )


class Archive:
    """A zip or tar file, read member by member.

    Raises:
        ValueError: it is no archive, is truncated, or holds an entry that would leave its folder.
    """

    def __init__(self, path):
        self._path = pathlib.Path(path)
        try:
            self._members, links = self._open()
        except (zipfile.BadZipFile, tarfile.TarError, EOFError, OSError) as error:
            raise ValueError(
                f"A source must be a whole zip or tar archive. Received: {path} "
                f"({self._path.stat().st_size} bytes)"
            ) from error
        bad = links + sorted(name for name in self._members if _leaves_its_folder(name))
        if bad:
            raise ValueError(
                f"An archive's entries must stay in its folder ({self._path.name}). "
                f"Received: {', '.join(bad)}"
            )

    def names(self, pattern):
        """Sorted names of the files that match a pattern from the right: `train/*.mat`.

        Each part between slashes is matched alone, so the archive may have any top folder.
        """
        wanted = pattern.split("/")
        found = []
        for name in self._members:
            parts = name.split("/")
            if any(litter in f"/{name}" for litter in _LITTER) or len(parts) < len(wanted):
                continue
            pairs = zip(parts[-len(wanted) :], wanted, strict=True)
            if all(fnmatch.fnmatchcase(part, glob) for part, glob in pairs):
                found.append(name)
        return sorted(found)

    def one(self, pattern):
        """The only name that matches; ValueError if there is none or another."""
        found = self.names(pattern)
        if len(found) != 1:
            raise ValueError(
                f"{self._path.name} must hold one file {pattern}. Received: {found or 'none'}"
            )
        return found[0]

    def read(self, name):
        """A member's bytes; ValueError where it is not there or damaged."""
        try:
            zipped = isinstance(self._file, zipfile.ZipFile)
            size = self._file.getinfo(name).file_size if zipped else self._file.getmember(name).size
            if size > _LARGEST:
                raise ValueError(
                    f"A file in an archive may have {_LARGEST} bytes. Received: {name} in "
                    f"{self._path.name}, {size}"
                )
            return self._file.read(name) if zipped else self._file.extractfile(name).read()
        except KeyError as error:
            raise ValueError(f"{self._path.name} must hold the file {name}.") from error
        except _DAMAGE as error:
            raise ValueError(f"{name} in {self._path.name} is damaged: {error}") from error

    def open(self, name):
        """A member as a file in memory."""
        return io.BytesIO(self.read(name))

    def _open(self):
        """Open the file; the names of its files, and its links, which are refused."""
        if zipfile.is_zipfile(self._path):
            self._file = zipfile.ZipFile(self._path)
            return [info.filename for info in self._file.infolist() if not info.is_dir()], []
        self._file = tarfile.open(self._path)  # noqa: SIM115 (open as long as the archive)
        members = self._file.getmembers()
        links = [f"{member.name} -> {member.linkname}" for member in members if member.linkname]
        return [member.name for member in members if member.isfile()], links


def _downloaded(source, download):
    where = f"Put {source.name} into the folder given as --manual_dir: {source.page}"
    if source.url is None:
        raise FileNotFoundError(f"{source.name} cannot be fetched by a program. {where}")
    try:
        return pathlib.Path(download(source.url))
    except (OSError, tfds.download.DownloadError) as error:
        raise FileNotFoundError(f"{source.url} did not answer ({error}). {where}") from error


def download(manager, url):
    """`tfds.download.DownloadManager.download`, which would try a silent host for minutes.

    Raises:
        OSError: the url's host, or the proxy before it, does not answer at once.
    """
    _check_reachable(url)
    return manager.download(url)


def _check_reachable(url):
    parts = urllib.parse.urlsplit(url)
    proxy = urllib.request.getproxies().get(parts.scheme)
    if proxy and not urllib.request.proxy_bypass(parts.hostname):
        parts = urllib.parse.urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    address = parts.hostname, parts.port or {"https": 443}.get(parts.scheme, 80)
    said = [TimeoutError(f"no answer within {_PATIENCE} s")]

    def connect():
        try:
            socket.create_connection(address, timeout=_PATIENCE).close()
            said[0] = None
        except OSError as error:
            said[0] = error

    # A thread: to look up a name may take longer than any timeout.
    thread = threading.Thread(target=connect, daemon=True)
    thread.start()
    thread.join(_PATIENCE)
    if said[0]:
        raise said[0]


def _leaves_its_folder(name):
    parts = re.split(r"[/\\]", name)
    return ".." in parts or parts[0] == "" or re.match(r"[A-Za-z]:", name) is not None
