"""What all tests share: a quiet TensorFlow on two threads, tiny networks, a tiny prepared set."""

import os
import pathlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import cv2
import numpy as np
import pytest


@pytest.fixture(scope="session")
def shared_datasets():
    """The folder of real photographs with fixations; skips where it is absent."""
    beside = pathlib.Path(__file__).parents[2] / "shared" / "datasets"
    folder = pathlib.Path(os.environ.get("SALNET_SHARED", beside))
    if not folder.is_dir():
        pytest.skip(f"no real photographs: neither $SALNET_SHARED nor {beside.name} is a folder")
    return folder


@pytest.fixture(scope="session")
def tiny_config():
    """A network of the real shape, every feature used, small enough for a test."""
    from salnet_tf.models import presets

    module = presets.ModuleConfig(8, 16)
    return presets.SalNetConfig(
        stem_filters=(4, 8),
        stem_strides=(2, 2),
        modules=(
            module,
            presets.ModuleConfig(8, 16, stride=2),
            *[module] * 4,
            presets.ModuleConfig(12, 24, stride=2, kernel_size=5),
            presets.ModuleConfig(12, 24, dilation=2, context=True),
            *[presets.ModuleConfig(12, 24)] * 2,
            presets.ModuleConfig(8, 16, upsample=True, skip=6),
            *[module] * 2,
        ),
        prior_gaussians=2,
        smoothing=3,
    )


@pytest.fixture
def tiny_preset(tiny_config, monkeypatch):
    """The name `tiny` as a preset, for what takes a preset's name."""
    import types

    from salnet_tf.models import presets

    named = types.MappingProxyType({**presets.PRESETS, "tiny": presets.Preset("tiny", tiny_config)})
    monkeypatch.setattr(presets, "PRESETS", named)
    return "tiny"


@pytest.fixture
def tiny_backbone(monkeypatch):
    """The name `tiny` as a backbone of the real shape, its weights drawn instead of published."""
    import keras
    import numpy as np

    from salnet_tf.models import efficientnet_lite

    def drawn(name, image_size):
        model = efficientnet_lite.build_efficientnet_lite(name, image_size)
        generator = np.random.default_rng(0)
        for layer in model.layers:
            if layer.weights:
                kernel, bias = layer.get_weights()
                depthwise = isinstance(layer, keras.layers.DepthwiseConv2D)
                inputs = np.prod(kernel.shape[: 2 if depthwise else 3])
                kernel = generator.normal(0, (2 / inputs) ** 0.5, kernel.shape)
                layer.set_weights([kernel, bias])
        return model

    monkeypatch.setitem(efficientnet_lite.SCALES, "tiny", (0.25, 0.3))
    monkeypatch.setattr(efficientnet_lite, "pretrained", drawn)
    return "tiny"


@pytest.fixture(scope="session")
def table_folder(tmp_path_factory):
    """A folder `images/ + fixations.csv + splits.csv` of 20 drawn photos, a bright disc in each.

    Sixteen train, four validate; landscape, portrait and square, with 3 observers of 4 fixations.
    """
    import cv2
    import numpy as np

    folder = tmp_path_factory.mktemp("table")
    (folder / "images").mkdir()
    rng = np.random.default_rng(5)
    fixations, splits = ["image,observer,order,x,y,duration_ms"], ["image,split"]
    for i in range(20):
        height, width = [(60, 80), (90, 60), (64, 64)][i % 3]
        photo = rng.integers(60, 120, (height, width, 3), np.uint8)
        x, y = int(rng.uniform(15, width - 15)), int(rng.uniform(15, height - 15))
        cv2.circle(photo, (x, y), 9, (40, 220, 250), -1)
        name = f"{i:02d}.png"
        cv2.imwrite(str(folder / "images" / name), photo)
        splits.append(f"{name},{'validation' if i >= 16 else 'train'}")
        for observer in range(3):
            for order in range(4):
                dx, dy = rng.normal(0, 4, 2)
                fixations.append(f"{name},s{observer},{order},{x + dx:.2f},{y + dy:.2f},200")
    (folder / "fixations.csv").write_text("\n".join(fixations) + "\n")
    (folder / "splits.csv").write_text("\n".join(splits) + "\n")
    return folder


@pytest.fixture(scope="session")
def map_folder(tmp_path_factory):
    """A folder `images/ + maps/ + splits.csv` of 10 drawn photos, their maps in every format.

    Eight train, two validate; a map's peak is at its photo's disc.
    """
    import cv2
    import numpy as np
    import scipy.io

    folder = tmp_path_factory.mktemp("maps")
    (folder / "images").mkdir()
    (folder / "maps").mkdir()
    rng, splits = np.random.default_rng(6), ["image,split"]
    for i in range(10):
        height, width = [(60, 80), (90, 60)][i % 2]
        photo = rng.integers(60, 120, (height, width, 3), np.uint8)
        x, y = int(rng.uniform(15, width - 15)), int(rng.uniform(15, height - 15))
        cv2.circle(photo, (x, y), 9, (40, 220, 250), -1)
        cv2.imwrite(str(folder / "images" / f"{i}.png"), photo)
        rows, columns = np.mgrid[:height, :width] + 0.5
        density = np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / (2 * 6**2))
        path = str(folder / "maps" / str(i))
        if i % 5 == 0:
            cv2.imwrite(f"{path}.png", np.uint8(255 * density))
        elif i % 5 == 1:
            cv2.imwrite(f"{path}.png", np.uint16(65535 * density))
        elif i % 5 == 2:
            cv2.imwrite(f"{path}.jpg", np.uint8(255 * density), [cv2.IMWRITE_JPEG_QUALITY, 98])
        elif i % 5 == 3:
            np.save(f"{path}.npy", 1e-3 * density)
        else:
            scipy.io.savemat(f"{path}.mat", {"saliency": density})
        splits.append(f"{i}.png,{'validation' if i >= 8 else 'train'}")
    (folder / "splits.csv").write_text("\n".join(splits) + "\n")
    return folder


@pytest.fixture(scope="session")
def map_data_dir(map_folder, tmp_path_factory):
    """Where `map_folder/drawn` is prepared from `map_folder`."""
    from data import prepare
    from data.map_folder import map_folder_dataset_builder

    where = tmp_path_factory.mktemp("prepared_maps")
    config = map_folder_dataset_builder.MapConfig(name="drawn", source=map_folder)
    prepare.prepare("map_folder", str(where), config)
    return str(where)


@pytest.fixture(scope="session")
def data_dir(table_folder, tmp_path_factory):
    """Where `fixation_table/drawn` is prepared from `table_folder`."""
    from data import prepare
    from data.fixation_table import fixation_table_dataset_builder

    where = tmp_path_factory.mktemp("prepared")
    config = fixation_table_dataset_builder.TableConfig(name="drawn", source=table_folder)
    prepare.prepare("fixation_table", str(where), config)
    return str(where)


@pytest.fixture
def settings(tmp_path, data_dir, tiny_config):
    """Settings of a run of two epochs of four steps."""
    return {
        "workdir": str(tmp_path / "run"),
        "data_dir": data_dir,
        "datasets": ("fixation_table/drawn",),
        "network": tiny_config,
        "image_size": (48, 64),
        "batch_size": 4,
        "epochs": 2,
        "warmup_epochs": 0.5,
        "steps_per_call": 2,
        "ema_momentum": 0.9,
        "final_scores": False,
    }


@pytest.fixture(scope="session")
def served_config():
    """A network that uses every kind of module, for a canvas of 64x96."""
    from salnet_tf.models import presets

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
def tiny_model(served_config):
    """A `SalNet` at 64x96 whose weights and moving statistics are drawn at random."""
    import keras

    from salnet_tf.models import salnet

    keras.utils.set_random_seed(0)
    model = salnet.build_salnet(served_config, (64, 96))
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
    from salnet_tf.serving import export

    folder = tmp_path_factory.mktemp("exported")
    export.export(export.ExportConfig(model=str(workdir), output_dir=str(folder)))
    return folder


@pytest.fixture(scope="session")
def quantised(workdir, photo_folder, tmp_path_factory):
    """The folder of an export of the tiny model to LiteRT fp16 and int8."""
    from salnet_tf.serving import export

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
