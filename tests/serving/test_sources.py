"""What a person names, and the names of its results."""

import os

import cv2
import numpy as np
import pytest
from PIL import Image

from salnet_tf.images import heif
from salnet_tf.serving import sources


def _names(found):
    return {os.path.basename(one.path): one.name for one in (*found.photos, *found.films)}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("a.jpg", "b.AVIF", ".hidden.jpg", "._a.jpg", "film.mp4", "notes.txt", "x.psd"):
        (tmp_path / name).touch()
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.jpg").touch()
    (tmp_path / "saliency").mkdir()
    (tmp_path / "saliency" / "a_overlay.jpg").touch()
    return tmp_path


def test_a_folder(folder):
    found = sources.find(["."], "saliency")
    assert _names(found) == {"a.jpg": "a", "b.AVIF": "b", "film.mp4": "film"}
    assert found.left_out == {"./x.psd": ".psd is not read"}


def test_a_tree_without_its_results(folder):
    found = sources.find(["."], "saliency", recursive=True)
    assert sorted(one.name for one in found.photos) == ["a", "b", "sub/a"]
    found = sources.find(["**/*.jpg"], "saliency")
    assert sorted(one.name for one in found.photos) == ["a", "sub/a"]
    found = sources.find([str(folder / "*" / "a.jpg")], "saliency")
    assert [one.name for one in found.photos] == ["sub/a"]


def test_names_that_are_equal_come_out_different(folder):
    for name in ("a.png", "A.webp"):
        (folder / name).touch()
    found = sources.find(["a.jpg", "a.png", "A.webp", "sub/a.jpg", "a.jpg"], "saliency")
    assert [one.name for one in found.photos] == ["a_jpg", "a_png", "A_webp", "a_jpg_2"]


def test_what_is_named_is_taken_whatever_it_is_called(folder):
    assert _names(sources.find([".hidden.jpg"], "out")) == {".hidden.jpg": ".hidden"}
    assert _names(sources.find(["notes.txt", "-", "camera:0"], "out")) == {
        "notes.txt": "notes",
        "-": "stdin",
        "camera:0": "camera0",
    }


def test_what_is_not_there_is_told(folder):
    os.mkfifo("pipe.jpg")
    found = sources.find(["a.jpg", "gone.jpg", "pipe.jpg"], "out")
    assert found.left_out == {
        "gone.jpg": "there is no such file, folder or glob",
        "pipe.jpg": "not a regular file",
    }
    with pytest.raises(ValueError, match=r"no photo and no film. Received: gone.jpg: there is no"):
        sources.find(["gone.jpg"], "out")
    with pytest.raises(ValueError, match=r"Addresses are not opened.* Received: 'https://a/b.jpg'"):
        sources.find(["https://a/b.jpg"], "out")


def test_heic_is_named_where_it_cannot_be_read(folder, monkeypatch):
    (folder / "i.heic").touch()
    monkeypatch.setattr(heif, "is_installed", lambda: False)
    assert "salnet-tf[heif]" in sources.find(["."], "out").left_out["./i.heic"]
    monkeypatch.setattr(heif, "is_installed", lambda: True)
    assert "i.heic" in _names(sources.find(["."], "out"))


def test_long_names_leave_room_for_endings(folder):
    names = [f"{'ä' * 125}{i}.jpg" for i in range(2)]
    for name in names:
        (folder / name).touch()
    found = [one.name for one in sources.find(names, "out").photos]
    assert len(set(found)) == 2 and all(len(os.fsencode(name)) <= 200 for name in found)


def test_animations_are_films(folder):
    pictures = [Image.fromarray(np.full((9, 9, 3), i * 80, np.uint8)) for i in range(3)]
    for name in ("moving.gif", "moving.webp"):
        pictures[0].save(folder / name, save_all=True, append_images=pictures[1:], duration=100)
    for name in ("still.gif", "still.webp"):
        pictures[0].save(folder / name)
    (folder / "cut.gif").write_bytes((folder / "moving.gif").read_bytes()[:20])
    found = sources.find(["*.gif", "*.webp"], "out")
    assert sorted(one.path for one in found.films) == ["moving.gif", "moving.webp"]
    assert sorted(one.path for one in found.photos) == ["cut.gif", "still.gif", "still.webp"]
    assert cv2.imcount("moving.gif") == 3
