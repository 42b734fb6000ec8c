"""The command as a person types it."""

import io
import os
import pathlib
import subprocess
import sys
import time

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms

_RUN = "from salnet_tf.serving import salnet_predict; salnet_predict.run()"
_ROOT = str(pathlib.Path(__file__).parents[2])
_MODEL = "--model=salnet_small"


def _predict(*arguments, shell="", **options):
    command = [sys.executable, "-c", _RUN, *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": _ROOT}  # whatever folder it runs in
    options = {"capture_output": True, "text": True, "check": False, "env": environment} | options
    if shell:  # as `sh` runs it, with redirections behind
        return subprocess.run(["sh", "-c", f'"$@" {shell}', "sh", *command], **options)
    return subprocess.run(command, **options)


@pytest.fixture
def folder(tmp_path):
    generator = np.random.default_rng(0)
    for name in ("a.jpg", "b.png"):
        cv2.imwrite(str(tmp_path / name), generator.integers(0, 256, (60, 90, 3), np.uint8))
    return tmp_path


def test_paths_globs_and_folders_into_a_folder_here(folder):
    (folder / "more").mkdir()
    (folder / "b.png").rename(folder / "more" / "b.png")
    (folder / "more" / "x.psd").touch()
    answer = _predict("a.jpg", "more/", _MODEL, cwd=folder)
    assert answer.stdout == "2 done, 0 failed -> saliency\n"
    assert answer.stderr == "left out: more/x.psd: .psd is not read\n"
    assert answer.returncode == 1
    assert len(list((folder / "saliency").iterdir())) == 6


def test_a_photo_on_standard_input_and_its_crops(folder):
    file = io.BytesIO()
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    pixels = np.random.default_rng(0).integers(0, 256, (60, 90, 3), np.uint8)
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(pixels).save(file, "JPEG", icc_profile=profile, exif=exif)
    out = folder / "out"
    answer = _predict(
        *("-", f"--output_dir={out}", "--crop=1:1,30x15", _MODEL),
        **{"input": file.getvalue(), "text": False},
    )
    assert answer.returncode == 0, answer.stderr
    assert sorted(path.name for path in out.iterdir()) == [
        "stdin_crop_1-1.jpg",
        "stdin_crop_30x15.jpg",
    ]
    with Image.open(out / "stdin_crop_1-1.jpg") as square:
        assert square.size == (60, 60) and square.info["icc_profile"] == profile


def test_bad_files_are_listed_at_the_end_and_fail_the_command(folder):
    (folder / "b.png").write_bytes(b"")
    answer = _predict(folder, f"--output_dir={folder / 'out'}", _MODEL)
    assert answer.returncode == 1
    assert answer.stdout.startswith("1 done, 1 failed")
    assert answer.stderr == f"failed: {folder}/b.png: The image file is empty (0 bytes).\n"
    assert (folder / "out" / "a_overlay.jpg").exists()


@pytest.mark.parametrize(
    "wrong",
    [
        *(["nothing"], ["camera:97"], [], ["https://a.example/b.jpg"]),
        *(["a.jpg", "--formats=side_by_side"], ["a.jpg", "--formats=gif"]),
        *(["a.jpg", "--aois=a.jpg"], ["a.jpg", "--crop=0:1"], ["a.jpg", "--output_dir="]),
        *(["a.jpg", "--threads=100000"], ["a.jpg", "--opacity=7"], ["a.jpg", "--inputs=b"]),
    ],
)
def test_wrong_input_is_one_sentence_and_no_traceback(folder, wrong):
    answer = _predict(_MODEL, *wrong, cwd=folder)
    if wrong == ["camera:97"]:  # an input that fails, not a wrong one
        assert answer.returncode == 1 and answer.stderr.startswith("failed: camera:97: ")
        return
    assert answer.returncode == 2
    assert answer.stderr.startswith("error: ") and answer.stderr.count("\n") == 1


@pytest.mark.parametrize("shell", ["2>&-", ">&-", "2>&- >&- <&-", "| true"])
def test_closed_streams_lose_no_result(folder, shell):
    answer = _predict("a.jpg", _MODEL, cwd=folder, shell=shell)
    assert (answer.returncode, answer.stderr) == (0, "")
    assert len(list((folder / "saliency").iterdir())) == 3


def test_help_lists_the_flags_and_may_be_cut():
    answer = _predict("--help")
    assert "--crop" in answer.stdout and "more/*.png" in answer.stdout
    cut = _predict("--help", shell="| head -1")
    assert cut.stderr == "" and cut.stdout.startswith("Where people look")


def test_a_command_that_is_told_to_end_leaves_nothing_half_written(tmp_path):
    film, out = str(tmp_path / "film.avi"), tmp_path / "out"
    writer = cv2.VideoWriter(film, cv2.VideoWriter.fourcc(*"MJPG"), 25, (64, 48))
    for _ in range(20_000):
        writer.write(np.zeros((48, 64, 3), np.uint8))
    writer.release()
    for ends, code in (("terminate", 143), ("kill", -9)):
        with subprocess.Popen(
            [sys.executable, "-c", _RUN, film, f"--output_dir={out}", _MODEL],
            stdout=subprocess.DEVNULL,
        ) as process:
            while process.poll() is None and not list(tmp_path.glob("out/.partial*")):
                time.sleep(0.01)
            getattr(process, ends)()
            assert process.wait(60) == code
        assert len(list(out.iterdir())) == (ends == "kill")
    _predict(film, f"--output_dir={out}", "--max_frames=1", _MODEL)  # clears what the first left
    assert [path.name.split(".")[0] for path in out.iterdir()] == ["film_overlay"]
