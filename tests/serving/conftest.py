"""A tiny network that uses every kind of module, with batch statistics that are not the initial."""

import cv2
import keras
import numpy as np
import pytest

from salnet_tf.models import presets, salnet
from salnet_tf.serving import export

SIZE = (64, 96)


@pytest.fixture(scope="session")
def tiny_config():
    module = presets.ModuleConfig
    return presets.SalNetConfig(
        stem_filters=(4, 8),
        stem_strides=(2, 1),
        modules=(
            module(8, 16),
            module(8, 16, stride=2),
            module(8, 16, pool=True),
            module(8, 16, stride=2),
            module(8, 16, kernel_size=5, context=True),
            module(8, 16, kernel_size=5, dilation=2),
            module(8, 16, upsample=True, skip=3),
            *[module(8, 16)] * 6,
        ),
    )


@pytest.fixture(scope="session")
def tiny_model(tiny_config):
    """A `SalNet` at 64x96 whose weights and moving statistics are drawn at random."""
    keras.utils.set_random_seed(0)
    model = salnet.build_salnet(tiny_config, SIZE)
    generator = np.random.default_rng(0)
    for weight in model.weights:
        low, high = (0.5, 1.5) if weight.name in ("gamma", "moving_variance") else (-0.3, 0.3)
        if weight.name in ("gamma", "beta", "moving_mean", "moving_variance", "bias"):
            weight.assign(generator.uniform(low, high, weight.shape))
    return model


@pytest.fixture(scope="session")
def workdir(tiny_model, tmp_path_factory):
    """A training workdir as far as serving reads one."""
    folder = tmp_path_factory.mktemp("run")
    tiny_model.save(folder / "best.keras")
    return folder


@pytest.fixture(scope="session")
def photo_folder(photos, tmp_path_factory):
    """A folder of the photos, as PNG."""
    folder = tmp_path_factory.mktemp("photos")
    for i, photo in enumerate(photos):
        cv2.imwrite(str(folder / f"{i}.png"), photo[..., ::-1])
    return folder


@pytest.fixture(scope="session")
def exported(workdir, tmp_path_factory):
    """The folder of an export of the tiny model: SavedModel and LiteRT fp32."""
    folder = tmp_path_factory.mktemp("exported")
    export.export(export.ExportConfig(model=str(workdir), output_dir=str(folder)))
    return folder


@pytest.fixture(scope="session")
def quantised(workdir, photo_folder, tmp_path_factory):
    """The folder of an export of the tiny model to LiteRT fp16 and int8."""
    folder = tmp_path_factory.mktemp("quantised")
    config = export.ExportConfig(
        model=str(workdir),
        output_dir=str(folder),
        formats=("litert",),
        litert_types=("fp16", "int8"),
        calibration=str(photo_folder),
    )
    export.export(config)
    return folder


@pytest.fixture(scope="session")
def photos():
    """Photos of several shapes, `[H, W, 3]` uint8: smooth colours with detail on top."""
    generator = np.random.default_rng(1)

    def photo(height, width):
        y, x = np.mgrid[:height, :width] / max(height, width)
        waves = np.stack([np.sin(9 * x + 4 * y), np.cos(7 * y), np.sin(5 * (x - y))], -1)
        noise = generator.normal(0, 0.2, waves.shape)
        return np.uint8(np.clip((waves + noise) * 60 + 128, 0, 255))

    return [photo(*size) for size in [(120, 160), (64, 96), (200, 90), (30, 45), (77, 131)]]
