"""Whole or not at all, whoever is killed while writing."""

import os
import socket
import subprocess
import sys

import numpy as np
import pytest

from salnet_tf import files


def test_a_file_is_there_when_its_block_ends_and_keeps_its_endings(tmp_path):
    path = tmp_path / "deep" / "best.2026.weights.h5"
    with files.new_file(path) as partial:
        assert partial.endswith(".weights.h5") and not path.exists()
        with open(partial, "w", encoding="utf-8") as file:
            file.write("whole")
    assert path.read_text() == "whole" and os.listdir(path.parent) == [path.name]


def test_an_error_leaves_what_was_there(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("before")
    with pytest.raises(KeyError), files.new_file(path) as partial:
        with open(partial, "w", encoding="utf-8") as file:
            file.write("half")
        raise KeyError
    with pytest.raises(KeyError), files.new_folder(str(tmp_path / "b")):
        raise KeyError
    assert os.listdir(tmp_path) == ["a.txt"] and path.read_text() == "before"


def test_names_of_255_bytes(tmp_path):
    path = tmp_path / ("n" * 251 + ".png")
    files.write_bytes(path, b"x")
    assert path.read_bytes() == b"x"


def test_files_written_together_are_all_there_or_none(tmp_path):
    (tmp_path / "c").mkdir()
    with pytest.raises(OSError, match="in the way"):
        files.write_together({str(tmp_path / "a"): b"1", str(tmp_path / "c"): b"2"})
    with pytest.raises(OSError, match="too long"):
        files.write_together({str(tmp_path / "a"): b"1", str(tmp_path / ("n" * 300) / "x"): b"2"})
    assert os.listdir(tmp_path) == ["c"]
    files.write_together({str(tmp_path / "a"): b"1", str(tmp_path / "b"): b"2"})
    assert sorted(os.listdir(tmp_path)) == ["a", "b", "c"]


def test_what_killed_processes_left_is_removed_and_nobody_elses(tmp_path):
    killed = subprocess.Popen([sys.executable, "-c", ""])
    killed.wait()
    names = {who: f".partial_{where}_{who}_ab.png" for who, where in
             {killed.pid: socket.gethostname(), os.getpid(): socket.gethostname(),
              killed.pid + 1: "elsewhere"}.items()}  # fmt: skip
    for name in names.values():
        (tmp_path / name).write_bytes(b"half")
    folder = tmp_path / f".partial_{socket.gethostname()}_{killed.pid}_cd"
    folder.mkdir()
    files.remove_abandoned(tmp_path)
    del names[killed.pid]
    assert sorted(os.listdir(tmp_path)) == sorted(names.values())
    files.remove_abandoned(tmp_path / "nowhere")


def test_arrays_come_back_and_damaged_ones_are_named(tmp_path):
    path = tmp_path / "a.npz"
    files.write_arrays(path, a=np.arange(3), b=np.float32([0.5]))
    assert files.read_arrays(path)["a"].tolist() == [0, 1, 2]
    for data in (b"", b"none", path.read_bytes()[:-40]):
        path.write_bytes(data)
        with pytest.raises(ValueError, match=r"\.npz file, or a damaged one\. Received: .*a\.npz"):
            files.read_arrays(path)
    with pytest.raises(FileNotFoundError):
        files.read_arrays(tmp_path / "none.npz")


def test_paths_with_a_scheme_go_through_tensorflow(tmp_path):
    path = f"file://{tmp_path}/deep/a.npz"
    files.write_arrays(path, a=np.arange(3))
    assert files.read_arrays(path)["a"].tolist() == [0, 1, 2]
    with files.new_file(f"file://{tmp_path}/b.keras") as partial, open(partial, "wb") as file:
        assert partial.endswith(".keras")
        file.write(b"model")
    assert sorted(os.listdir(tmp_path)) == ["b.keras", "deep"]
    with pytest.raises(OSError, match="nowhere"):
        files.read_bytes("nowhere://a")
