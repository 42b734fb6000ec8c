"""Archives are checked before they are read, and nothing in them leaves its folder."""

import functools
import io
import pathlib
import tarfile
import zipfile

import h5py
import numpy as np
import pytest
import scipy.io
import tensorflow_datasets as tfds

import data
from data import archives, mat_files, prepare

_DATA = pathlib.Path(data.__file__).parent
_PUBLIC = sorted(path.parent.name for path in _DATA.glob("*/dummy_data"))


def _zip(path, **files):
    with zipfile.ZipFile(path, "w") as file:
        for name, content in files.items():
            file.writestr(name, content)
    return path


def _tar(path, *members):
    with tarfile.open(path, "w:gz") as file:
        for info in members:
            file.addfile(info, io.BytesIO(b"x" * info.size))
    return path


def _no_download(url):
    raise tfds.download.DownloadError(f"{url} is gone")


@pytest.mark.parametrize("name", ["../out.txt", "/etc/out", "a/../../out", "C:\\out", "..\\out"])
def test_entries_that_would_leave_their_folder_are_refused(tmp_path, name):
    info = tarfile.TarInfo(name)
    info.size = 1
    for path in (_zip(tmp_path / "a.zip", **{name: "x"}), _tar(tmp_path / "a.tar.gz", info)):
        with pytest.raises(ValueError, match="must stay in its folder") as error:
            archives.Archive(path)
        assert name in str(error.value)


def test_links_are_refused(tmp_path):
    link = tarfile.TarInfo("data/link")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    with pytest.raises(ValueError, match="data/link -> /etc/passwd"):
        archives.Archive(_tar(tmp_path / "a.tar.gz", link))


def test_names_match_from_the_right_and_litter_is_left(tmp_path):
    names = ["top/train/a.mat", "train/b.mat", "train/sub/c.mat", "__MACOSX/train/._a.mat"]
    archive = archives.Archive(_zip(tmp_path / "a.zip", **dict.fromkeys(names, "x")))
    assert archive.names("train/*.mat") == ["top/train/a.mat", "train/b.mat"]
    assert archive.one("sub/*.mat") == "train/sub/c.mat"
    assert archive.read("train/b.mat") == b"x"
    with pytest.raises(ValueError, match=r"must hold one file val/\*\.mat\. Received: none"):
        archive.one("val/*.mat")


def test_a_truncated_archive_is_named(tmp_path):
    whole = _zip(tmp_path / "a.zip", **{"a.txt": "x" * 1000}).read_bytes()
    (tmp_path / "a.zip").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(
        ValueError, match=r"must be a whole zip or tar archive\. Received: .*a\.zip"
    ):
        archives.Archive(tmp_path / "a.zip")


def test_damaged_members_are_named(tmp_path):
    path = _zip(tmp_path / "a.zip", **{"a.txt": "unmistakable"})
    path.write_bytes(path.read_bytes().replace(b"unmistakable", b"Xnmistakable"))
    with pytest.raises(ValueError, match=r"a\.txt in a\.zip is damaged"):
        archives.Archive(path).read("a.txt")


def test_a_member_that_is_not_there_is_named(tmp_path):
    archive = archives.Archive(_zip(tmp_path / "a.zip", **{"a.txt": "x"}))
    with pytest.raises(ValueError, match=r"a\.zip must hold the file b\.txt"):
        archive.read("b.txt")
    with pytest.raises(ValueError, match=r"a\.txt: not a \.mat file"):
        mat_files.read(archive, "a.txt")


@pytest.mark.parametrize("md5", [(), ("0" * 32,)])
def test_a_bad_download_is_not_kept_for_the_next_time(tmp_path, md5):
    source = archives.Source("a.zip", page="the page", url="http://host/a.zip", md5=md5)
    path = tmp_path / "a.zip"
    path.write_bytes(b"half an archive")
    (tmp_path / "a.zip.INFO").write_text("{}")
    with pytest.raises(ValueError, match=r"a\.zip"):
        archives.obtain(source, None, lambda url: path)
    assert not list(tmp_path.iterdir())
    path.write_bytes(b"half an archive")
    with pytest.raises(ValueError, match=r"a\.zip"):
        archives.obtain(source, tmp_path, _no_download)
    assert path.exists()  # the user's own file


def test_a_file_comes_from_manual_dir_or_from_its_host(tmp_path):
    source = archives.Source("a.zip", page="the page", url="http://host/a.zip")
    _zip(tmp_path / "a.zip", **{"a.txt": "mine"})
    assert archives.obtain(source, tmp_path, _no_download) == tmp_path / "a.zip"
    fetched = archives.obtain(source, None, lambda url: str(tmp_path / "a.zip"))
    assert fetched == tmp_path / "a.zip"


@pytest.mark.parametrize("url", [None, "http://host/a.zip"])
def test_a_file_that_cannot_be_had_says_what_to_put_where(tmp_path, url):
    source = archives.Source("a.zip", page="ask its authors", url=url)
    message = r"Put a\.zip into the folder given as --manual_dir: ask its authors"
    with pytest.raises(FileNotFoundError, match=message):
        archives.obtain(source, tmp_path, _no_download)


@pytest.mark.parametrize("name", _PUBLIC)
def test_every_public_set_refuses_other_files_than_the_published_ones(tmp_path, name):
    """The dummy archives are no real ones: a set with known sums names them and leaves nothing."""
    builder = prepare.builder_class(name)(data_dir=tmp_path / "unused")
    known = [source for source in builder.sources() if source.md5]
    if not known and not hasattr(builder, "FIXATIONS_MD5"):
        pytest.skip("no md5 of this set has been published")
    with pytest.raises(
        ValueError, match=r"must have the md5 [0-9a-f]{32}.* Received: [0-9a-f]{32}"
    ):
        prepare.prepare(name, tmp_path / "tfds", manual_dir=_DATA / name / "dummy_data")
    assert not (tmp_path / "tfds").exists()


@pytest.mark.parametrize("name", _PUBLIC)
def test_every_public_set_is_documented_and_cited(name):
    readme = (_DATA / name / "README.md").read_text()
    assert "verified" in readme  # says on what grounds its layout stands
    assert (_DATA / name / "CITATIONS.bib").read_text().lstrip().startswith("@")


def test_a_host_that_does_not_answer_is_told_at_once(tmp_path, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    source = archives.Source("a.zip", page="its page", url="http://127.0.0.1:9/a.zip")
    download = functools.partial(archives.download, None)  # no TFDS, which would try for minutes
    with pytest.raises(FileNotFoundError, match=r"did not answer \(.*refused.*Put a\.zip into"):
        archives.obtain(source, None, download)


def test_numbers_of_a_mat_file_are_float64_whatever_type_matlab_wrote():
    numbers = {"small": np.uint8([[250, 3]]), "deep": {"one": np.int16(7), "text": "a"}}
    file = io.BytesIO()
    scipy.io.savemat(file, {"a": numbers})
    found = mat_files.load(file.getvalue(), "a")
    assert found["small"].dtype == np.float64 and (found["small"] * 1000).tolist() == [250e3, 3e3]
    assert found["deep"] == {"one": 7.0, "text": "a"} and type(found["deep"]["one"]) is float


def test_an_array_that_no_set_has_is_refused_before_it_is_read():
    file = io.BytesIO()
    with h5py.File(file, "w") as hdf5:
        bomb = hdf5.create_dataset("bomb", (30_000, 30_000), "u1", chunks=True, compression=9)
        hdf5.create_dataset("a", data=np.array([bomb.ref], h5py.ref_dtype))
    with pytest.raises(
        ValueError, match=r"120000000 numbers\. Received: /bomb of \(30000, 30000\)"
    ):
        mat_files.load_hdf5_cells(file.getvalue(), "a")
