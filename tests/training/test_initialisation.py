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
    config = make(init_from=str(tmp_path), freeze=("stem", "module1_"))
    model = initialisation.make_model(config, initialisation.load_source(config))
    for mine, theirs in zip(model.weights, source.weights, strict=True):
        np.testing.assert_array_equal(mine, theirs)
    assert not any(v.path.startswith(("stem", "module1_")) for v in model.trainable_variables)
    assert any(v.path.startswith("module2") for v in model.trainable_variables)


def test_batch_norm_freezes_with_its_statistics(make, tiny_config):
    source = salnet.build_salnet(tiny_config, (48, 64))
    model = initialisation.make_model(make(init_from="a", freeze=("batch_norm",)), source)
    paths = [v.path for v in model.trainable_variables]
    assert len(paths) < len(source.trainable_variables) and not any("_bn/" in p for p in paths)
    assert any("conv" in p for p in paths)
    photo = np.random.default_rng(0).uniform(0, 255, (1, 32, 32, 3)).astype("float32")
    np.testing.assert_array_equal(model(photo, training=True), model(photo, training=False))


def test_calibration_starts_as_the_identity_with_seven_numbers(make, tiny_config):
    source = salnet.build_salnet(tiny_config, (32, 32))
    model = initialisation.make_model(make(init_from="a", calibrate=True), source)
    assert sum(int(np.prod(v.shape)) for v in model.trainable_variables) == 7
    photo = np.random.default_rng(0).uniform(0, 255, (1, 32, 32, 3)).astype("float32")
    before, after = source(photo).numpy(), model(photo).numpy()
    np.testing.assert_allclose(after, before, atol=0.03 * np.ptp(before))


def test_a_run_from_a_network_takes_its_model_and_canvas(tiny_config, tmp_path):
    open_ = config_lib.TrainConfig("w", "d", init_from="salnet_small")
    small = initialisation.completed(open_, salnet.build_salnet("salnet_small"))
    assert (small.model, small.image_size) == ("salnet_small", (240, 320))
    assert small.network is None
    foreign = initialisation.completed(
        config_lib.TrainConfig("w", "d", init_from="a.keras"),
        salnet.build_salnet(tiny_config, (48, 64)),
    )
    assert (foreign.model, foreign.network, foreign.image_size) == ("", tiny_config, (48, 64))
    fresh = initialisation.completed(config_lib.TrainConfig("w", "d"), None)
    assert (fresh.model, fresh.image_size) == ("salnet", (304, 400))


def test_a_model_that_contradicts_the_start_is_refused(make, tiny_config):
    config = make(model="salnet", init_from="a.keras")
    with pytest.raises(ValueError, match=r"another network; leave --model out.*Received: model 's"):
        initialisation.completed(config, salnet.build_salnet(tiny_config, (48, 64)))


def test_a_model_that_is_no_salnet_is_refused(make, tmp_path):
    image = keras.Input((32, 32, 3))
    path = str(tmp_path / "other.keras")
    keras.Model(image, keras.layers.Conv2D(1, 1)(image)).save(path)
    with pytest.raises(ValueError, match=r"must hold a SalNet\. Received: .*, a Functional"):
        initialisation.load_source(make(init_from=path))


def test_no_such_layer(make, tiny_config):
    source = salnet.build_salnet(tiny_config, (48, 64))
    with pytest.raises(ValueError, match=r"no layer with weights\. Received: 'head'"):
        initialisation.make_model(make(init_from="a.keras", freeze=("head",)), source)
