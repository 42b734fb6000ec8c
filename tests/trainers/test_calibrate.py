"""Fifty photos whose observers looked to one side: the seven numbers bring the maps there."""

import pathlib
import subprocess
import sys

import cv2
import keras
import numpy as np
import pytest

from data import prepare
from data.fixation_table import fixation_table_dataset_builder
from salnet_tf.models import salnet
from salnet_tf.pipeline import batches, canvases
from salnet_tf.training import initialisation, loop

ROOT = pathlib.Path(__file__).parents[2]


@pytest.fixture
def shifted(tmp_path):
    """`fixation_table/shifted`: noise, looked at right of and above the centre."""
    source, rng = tmp_path / "source", np.random.default_rng(0)
    (source / "images").mkdir(parents=True)
    fixations, splits = ["image,observer,order,x,y,duration_ms"], ["image,split"]
    for i in range(66):
        cv2.imwrite(
            str(source / f"images/{i:02d}.png"), rng.integers(0, 255, (48, 64, 3), np.uint8)
        )
        splits.append(f"{i:02d}.png,{'train' if i < 50 else 'validation'}")
        for observer in range(12):
            x, y = rng.normal((48, 14), (6, 5)).clip(0, (63, 47))
            fixations.append(f"{i:02d}.png,s{observer},0,{x:.2f},{y:.2f},200")
    (source / "fixations.csv").write_text("\n".join(fixations) + "\n")
    (source / "splits.csv").write_text("\n".join(splits) + "\n")
    config = fixation_table_dataset_builder.TableConfig(name="shifted", source=source)
    prepare.prepare("fixation_table", str(tmp_path / "data"), config)
    return "fixation_table/shifted"


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_seven_numbers_follow_a_shifted_centre(shifted, tiny_config, tmp_path):
    keras.utils.set_random_seed(0)
    salnet.build_salnet(tiny_config, (48, 64)).save(tmp_path / "start.keras")
    data_dir, workdir = str(tmp_path / "data"), str(tmp_path / "run")
    command = [sys.executable, "-m", "trainers.calibrate", "--image_size=48x64"]
    command += [f"--init_from={tmp_path / 'start.keras'}", f"--dataset={shifted}"]
    done = subprocess.run(
        [*command, f"--data_dir={data_dir}", f"--workdir={workdir}"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "bias_mean: (" in done.stdout and (tmp_path / "run/flags.txt").exists()
    validation = {
        "v": batches.evaluation(canvases.load(shifted, "validation", data_dir, (48, 64)), 8)
    }
    before, after = (
        loop.validate(lambda images, m=model: m(images, training=False), validation)["mean"]
        for model in map(initialisation.load_model, (str(tmp_path / "start.keras"), workdir))
    )
    assert after["cc"] > before["cc"] + 0.5
    assert after["kld"] < 0.4 * before["kld"] and after["nss"] > before["nss"] + 1.5
    fitted = initialisation.load_model(workdir).get_layer("calibration").numbers()
    assert fitted["bias_weight"] > 1
    # Where they look: (48, 14) of 64x48.
    np.testing.assert_allclose(fitted["bias_mean"], (0.5, -0.42), atol=0.1)
