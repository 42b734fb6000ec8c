"""What a checkpoint keeps of an epoch."""

import types

import keras
import pytest

from salnet_tf.training import checkpoints, run_folder


@pytest.fixture
def make(tmp_path):
    """A function that gives the keeper of a run as the process that starts it has it."""
    config = types.SimpleNamespace(select_by="cc", checkpoint_minutes=0.0)

    def make_keeper():
        folder = run_folder.RunFolder(str(tmp_path / "run"), {})
        model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        optimizer = keras.optimizers.AdamW()
        optimizer.build(model.trainable_variables)
        return checkpoints.Keeper(folder, model, optimizer, config, model)

    return make_keeper


def test_the_loss_is_the_mean_of_an_epochs_steps_across_a_kill(make):
    keeper = make()
    keeper.add_loss(0.8, 3)
    keeper.save(3)
    keeper.add_loss(9.0, 5)  # lost with the process
    resumed = make()
    assert resumed.restore() == 3
    resumed.add_loss(0.4, 1)
    assert resumed.take_loss() == pytest.approx((3 * 0.8 + 0.4) / 4)
    resumed.add_loss(0.3, 2)
    assert resumed.take_loss() == pytest.approx(0.3)
