"""The options of reading, through a real run."""

import json
import pathlib

from salnet_tf.training import config as config_lib
from salnet_tf.training import loop, strategies


def test_two_sets_mixed_cropped_with_a_sigma(tmp_path, data_dir, tiny_preset, head_alone):
    config = config_lib.TrainConfig(
        workdir=str(tmp_path / "run"),
        data_dir=data_dir,
        datasets=("fixation_table/drawn", "fixation_table/drawn"),
        validation_datasets=("fixation_table/drawn",),
        mixing=(3.0, 1.0),
        crop=0.1,
        sigma=("3px",),
        model=tiny_preset,
        image_size=(48, 64),
        batch_size=8,
        epochs=1,
        warmup_epochs=0.5,
        final_scores=False,
        **head_alone,
    )
    assert loop.train(config)["step"] == 4
    kept = json.loads(pathlib.Path(tmp_path / "run" / "config.json").read_text())
    assert kept["mixing"] == [3.0, 1.0] and kept["crop"] == 0.1


def test_one_process_reads_all():
    assert strategies.worker(strategies.make_strategy("one_device")) == (0, 1)
