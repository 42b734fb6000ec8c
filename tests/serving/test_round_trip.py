"""Train, save, reload at another size, export both: the same numbers all the way."""

import keras
import numpy as np
import pytest

import salnet_tf
from salnet_tf.models import salnet
from salnet_tf.serving import export
from salnet_tf.training import config as config_lib
from salnet_tf.training import loop


@pytest.mark.slow
def test_trained_at_one_size_served_at_two(data_dir, tiny_preset, tmp_path):
    loop.train(
        config_lib.TrainConfig(
            workdir=str(tmp_path / "run"),
            data_dir=data_dir,
            datasets=("fixation_table/drawn",),
            model=tiny_preset,
            image_size=(48, 64),
            batch_size=16,
            epochs=1,
            schedule="constant",
            final_scores=False,
        )
    )
    trained = keras.saving.load_model(tmp_path / "run/best.keras")
    assert isinstance(trained, salnet.SalNet)
    trained.save_weights(tmp_path / "trained.weights.h5")
    larger = salnet.build_salnet(trained.config, (80, 96))
    larger.load_weights(tmp_path / "trained.weights.h5")
    larger.save(tmp_path / "larger.keras")

    photo = np.random.default_rng(0).integers(0, 256, (70, 90, 3), np.uint8)
    for model in (tmp_path / "run/best.keras", tmp_path / "larger.keras"):
        out = tmp_path / model.stem
        export.export(
            export.ExportConfig(model=str(model), output_dir=str(out), formats=("litert",))
        )
        (exported,) = (out / "litert").glob("*.tflite")
        expected = salnet_tf.load(model).predict(photo)
        served = salnet_tf.load(exported).predict(photo)
        np.testing.assert_allclose(served, expected, atol=1e-4 * expected.max())
