"""Bulk prediction on Ray Data: what is killed is done again, every photo has one row."""

import os
import pathlib
import signal
import subprocess
import sys
import time

import cv2
import numpy as np
import pytest

_ROOT = pathlib.Path(__file__).parents[2]


def _command(*arguments):
    return [sys.executable, "-m", "trainers.predict_bulk", *arguments]


def test_without_ray_it_says_what_to_install(monkeypatch):
    from trainers import predict_bulk

    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ValueError, match=r"needs ray \(pip install 'salnet-tf\[bulk\]'\)"):
        predict_bulk._import_ray()


def _parts(out):
    return list((out / "rows").glob("*.parquet"))


def _kill_a_worker(out):
    """Kill -9 of one of the run's actors, known by the folder that they write to."""
    for process in pathlib.Path("/proc").iterdir():
        try:
            title = (process / "cmdline").read_bytes()
            mine = str(out).encode() in (process / "environ").read_bytes()
        except OSError:
            continue
        if mine and title.startswith(b"ray::MapWorker(MapBatches(Worker))"):
            os.kill(int(process.name), signal.SIGKILL)
            return True
    return False


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.skipif(not pathlib.Path("/proc").is_dir(), reason="workers are found in /proc")
def test_a_worker_and_the_driver_are_killed_and_every_photo_has_one_row(tmp_path):
    pytest.importorskip("ray", reason="needs the extra bulk")
    from pyarrow import dataset

    (tmp_path / "in").mkdir()
    generator = np.random.default_rng(0)
    for i in range(200):
        photo = generator.integers(0, 256, (600, 800, 3), np.uint8)
        cv2.imwrite(str(tmp_path / "in" / f"{i}.jpg"), photo)
    (tmp_path / "in" / "bad.jpg").write_text("no image")
    out = tmp_path / "out"
    run = _command(f"--input={tmp_path / 'in'}", f"--output={out}", "--block=5", "--processes=1")
    environment = {**os.environ, "SALNET_TEST_RUN": str(out)}
    with subprocess.Popen(run, cwd=_ROOT, env=environment) as driver:
        killed = False
        while len(_parts(out)) < (8 if killed else 2):
            assert driver.poll() is None
            time.sleep(0.05)
            if not killed and len(_parts(out)) >= 2:
                killed = _kill_a_worker(out)
                assert killed
        driver.kill()
    assert len(_parts(out)) < 41
    again = subprocess.run(run, cwd=_ROOT, capture_output=True, text=True, check=False)
    assert again.returncode == 1 and "1 of them failed" in again.stdout + again.stderr
    rows = dataset.dataset(out / "rows").to_table(columns=["path", "error"]).to_pylist()
    assert len(rows) == len({row["path"] for row in rows}) == 201
    assert [row["path"] for row in rows if row["error"]] == [str(tmp_path / "in" / "bad.jpg")]
