import subprocess
import sys
import time

import cv2
import numpy as np
import pytest

_RUN = "from salnet_tf.serving import salnet_predict; salnet_predict.run()"


def _predict(*arguments):
    return subprocess.run(
        [sys.executable, "-c", _RUN, *arguments], capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="session")
def model(exported):
    return f"--model={next((exported / 'litert').glob('*_fp32.tflite'))}"


def test_bad_files_are_listed_at_the_end_and_fail_the_command(model, photo_folder, tmp_path):
    inputs = tmp_path / "in"
    inputs.mkdir()
    (inputs / "good.png").write_bytes((photo_folder / "0.png").read_bytes())
    (inputs / "bad.png").touch()
    (inputs / "film.mp4").touch()
    answer = _predict(f"--input={inputs}", f"--output_dir={tmp_path / 'out'}", model)
    assert answer.returncode == 1
    assert answer.stdout.startswith("1 done, 1 failed")
    assert answer.stderr.splitlines() == [
        "left out: film.mp4: a video is an input of its own",
        f"failed: {inputs}/bad.png: The image file is empty (0 bytes).",
    ]
    assert (tmp_path / "out" / "good_overlay.jpg").exists()


def test_wrong_input_is_one_sentence_and_no_traceback(model, photo_folder, tmp_path):
    for wrong in (
        ["--input=nothing"],
        [f"--input={photo_folder}", "--boxes=1:2:3"],
        ["--input=camera:97"],
        [f"--input={photo_folder}", "--formats=json", "--boxes=1:2:3:²"],
        [f"--input={photo_folder}", "--boxes=1:2:3:4"],
        [f"--input={photo_folder}", "--threads=100000"],
        ["--input=film.mp4", "--formats=json"],
        ["--input=film.mp4", "--boxes=1:2:3:4"],
        ["--input=film.mp4", "--resume"],
        ["--input=film.mp4", "--opacity=7"],
        ["--inputs=film.mp4"],
    ):
        answer = _predict(f"--output_dir={tmp_path}", model, *wrong)
        assert answer.returncode == 2
        assert answer.stderr.startswith("error: ") and answer.stderr.count("\n") == 1
        assert "Received" in answer.stderr or "(--helpshort lists the flags)" in answer.stderr


@pytest.mark.parametrize("command", [("-c", _RUN), ("-m", "trainers.predict")])
def test_a_command_that_is_told_to_end_leaves_nothing_half_written(model, tmp_path, command):
    film, out = str(tmp_path / "film.avi"), tmp_path / "out"
    writer = cv2.VideoWriter(film, cv2.VideoWriter.fourcc(*"MJPG"), 25, (64, 48))
    for _ in range(20_000):
        writer.write(np.zeros((48, 64, 3), np.uint8))
    writer.release()
    arguments = [f"--input={film}", f"--output_dir={out}", model]
    with subprocess.Popen(
        [sys.executable, *command, *arguments], stdout=subprocess.DEVNULL
    ) as process:
        while process.poll() is None and not list(tmp_path.glob("out/*partial*")):
            time.sleep(0.01)
        process.terminate()
        assert process.wait(60) == 143
    assert not list(out.iterdir())


def test_help_lists_the_flags():
    answer = _predict("--help")
    assert "--input" in answer.stdout and "--video_style" in answer.stdout
