"""What a checkpoint keeps of an epoch."""

import pathlib
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


def test_a_damaged_checkpoint_falls_back_to_the_one_before(make, monkeypatch):
    said = []
    monkeypatch.setattr(
        checkpoints.logging, "warning", lambda *args: said.append(args[0] % args[1])
    )
    keeper = make()
    keeper.save(3)
    keeper.save(5)
    (data,) = pathlib.Path(keeper.manager.directory).glob("ckpt-5.data*")
    data.write_bytes(data.read_bytes()[:20])
    assert make().restore() == 3
    assert "damaged" in said[0] and "ckpt-5" in said[0]
    for path in pathlib.Path(keeper.manager.directory).glob("ckpt-3.index"):
        path.write_bytes(b"no index")
    with pytest.raises(ValueError, match=r"No checkpoint .* can be read. Received: .*ckpt-5"):
        make().restore()


def test_checkpoints_are_found_where_the_file_that_names_them_is_damaged(make):
    keeper = make()
    keeper.save(3)
    (pathlib.Path(keeper.manager.directory) / "checkpoint").write_bytes(b"\xff garbled")
    assert make().restore() == 3
