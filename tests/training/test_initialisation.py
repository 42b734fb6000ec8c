import keras
import numpy as np
import pytest

from salnet_tf.models import salnet
from salnet_tf.training import config as config_lib
from salnet_tf.training import initialisation


@pytest.fixture
def make(tiny_preset):
    def make_config(**changes):
        settings = {"workdir": "w", "data_dir": "d", "model": tiny_preset, "image_size": (32, 32)}
        return config_lib.TrainConfig(**{**settings, **changes})

    return make_config


def test_weights_come_from_the_file_and_prefixes_freeze(make, tiny_config, tmp_path):
    source = salnet.build_salnet(tiny_config, (48, 64))
    source.save(tmp_path / "best.keras")
    model = initialisation.make_model(make(init_from=str(tmp_path), freeze=("stem", "module1_")))
    for mine, theirs in zip(model.weights, source.weights, strict=True):
        np.testing.assert_array_equal(mine, theirs)
    assert not any(v.path.startswith(("stem", "module1_")) for v in model.trainable_variables)
    assert any(v.path.startswith("module2") for v in model.trainable_variables)


def test_batch_norm_freezes_with_its_statistics(make, tiny_config, tmp_path):
    source = salnet.build_salnet(tiny_config, (48, 64))
    source.save(tmp_path / "best.keras")
    model = initialisation.make_model(make(init_from=str(tmp_path), freeze=("batch_norm",)))
    paths = [v.path for v in model.trainable_variables]
    assert len(paths) < len(source.trainable_variables) and not any("_bn/" in p for p in paths)
    assert any("conv" in p for p in paths)
    photo = np.random.default_rng(0).uniform(0, 255, (1, 32, 32, 3)).astype("float32")
    np.testing.assert_array_equal(model(photo, training=True), model(photo, training=False))


def test_calibration_starts_as_the_identity_with_seven_numbers(make, tiny_config, tmp_path):
    source = salnet.build_salnet(tiny_config, (32, 32))
    source.save(tmp_path / "tiny.keras")
    model = initialisation.make_model(make(init_from=str(tmp_path / "tiny.keras"), calibrate=True))
    assert sum(int(np.prod(v.shape)) for v in model.trainable_variables) == 7
    photo = np.random.default_rng(0).uniform(0, 255, (1, 32, 32, 3)).astype("float32")
    before, after = source(photo).numpy(), model(photo).numpy()
    np.testing.assert_allclose(after, before, atol=0.03 * np.ptp(before))


def test_a_workdir_that_is_called_like_a_preset_is_not_passed_over(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "salnet_small").mkdir()
    assert isinstance(initialisation.load_model("salnet_small"), salnet.SalNet)
    (tmp_path / "salnet_small/best.keras").touch()
    with pytest.raises(ValueError, match="a preset and a workdir here"):
        initialisation.load_model("salnet_small")


def test_another_network_is_refused(make, tiny_config, tmp_path):
    path = str(tmp_path / "tiny.keras")
    salnet.build_salnet(tiny_config, (48, 64)).save(path)
    with pytest.raises(ValueError, match="its configuration is another"):
        initialisation.make_model(make(model="salnet", init_from=path))


@pytest.mark.parametrize("changes", [{}, {"calibrate": True, "datasets": ("a/b",)}])
def test_a_model_that_is_no_salnet_is_refused(make, tmp_path, changes):
    image = keras.Input((32, 32, 3))
    path = str(tmp_path / "other.keras")
    keras.Model(image, image).save(path)
    with pytest.raises(ValueError, match=r"must hold a SalNet\. Received: .*, a Functional"):
        initialisation.make_model(make(init_from=path, **changes))


def test_nothing_there_and_no_such_layer(make, tiny_config, tmp_path):
    with pytest.raises(ValueError, match="No model file there"):
        initialisation.make_model(make(init_from=str(tmp_path)))
    salnet.build_salnet(tiny_config, (48, 64)).save(tmp_path / "best.keras")
    with pytest.raises(ValueError, match=r"no layer with weights\. Received: 'head'"):
        initialisation.make_model(make(init_from=str(tmp_path), freeze=("head",)))
