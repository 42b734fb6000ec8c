import os

import pytest

from salnet_tf.images import listing


@pytest.fixture
def folder(tmp_path):
    """Photos, what looks like photos, hidden files, a pipe, links."""
    for name in ("b.JPG", "a.png", "c.heic", "._a.png", "notes.txt", "sub/d.avif", "sub/.e/f.png",
                 "__MACOSX/g.png"):  # fmt: skip
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "gone.png").symlink_to(tmp_path / "nowhere")
    (tmp_path / "sub" / "loop").symlink_to(tmp_path)
    return tmp_path


def _names(found, folder):
    return [os.path.relpath(path, folder) for path in found.photos]


def test_a_folders_photos_and_what_is_not_read_by_name(folder):
    found = listing.list_photos(folder)
    assert _names(found, folder) == ["a.png", "b.JPG", "gone.png"]
    unread = {os.path.basename(path): why for path, why in found.unread.items()}
    assert unread == {"c.heic": ".heic is not read", "pipe.jpg": "not a regular file"}


def test_sub_folders_on_demand_each_once(folder):
    found = listing.list_photos(folder, recursive=True)
    assert _names(found, folder) == ["a.png", "b.JPG", "gone.png", "sub/d.avif"]


def test_globs_and_single_files_of_any_name(folder):
    found = listing.list_photos(f"{folder}/**/*")
    assert "sub/d.avif" in _names(found, folder) and len(found.unread) == 2
    for name in ("notes.txt", "c.heic"):
        assert _names(listing.list_photos(folder / name), folder) == [name]


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("nowhere/*.png", "There is no such photo, folder or glob"),
        ("pipe.jpg", r"no photo \(pipe.jpg: not a regular file\)"),
        ("*.heic", r"\(c.heic: .heic is not read\)\. Received: "),
        ("__MACOSX/none", "There is no such photo"),
    ],
)
def test_inputs_without_a_photo(folder, pattern, message):
    with pytest.raises(ValueError, match=message):
        listing.list_photos(folder / pattern)


def test_a_spread_reaches_both_ends():
    assert listing.spread(list("abcdefg"), 3) == ["a", "d", "g"]
    assert listing.spread(["a"], 3) == ["a"]
