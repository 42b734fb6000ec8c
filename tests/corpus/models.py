"""Models from strangers: LiteRT and Keras files and SavedModels, damaged, odd, or none at all."""

import atexit
import functools
import io
import json
import pathlib
import shutil
import tempfile
import zipfile

import numpy as np

from tests.corpus import case, photos

SHIPPED = pathlib.Path(__file__).parents[2] / "salnet_tf" / "weights" / "salnet_small.tflite"
_FLIPS = 60


def cases():
    """All of the kind."""
    _cache()  # made here, not in the processes of the cases
    yield from _names()
    yield from _litert()
    yield from _keras()
    yield from _folders()


def _case(name, model, expected, prepare=lambda folder: None, **options):
    def with_photo(folder):
        case.write(folder / "photo.png", photos.encoded("png"))
        prepare(folder)

    command = (*photos.predict("photo.png"), f"--model={model}")
    check = photos.density("photo.npy") if expected == case.RIGHT else lambda folder: None
    return case.Case("models", name, command, expected, with_photo, check, **options)


def _names():
    no_models = [
        *("", " ", "nobody", "Salnet", "salnet/", "../salnet", "/", ".", "/dev/null", "/dev/zero"),
        *("nowhere.tflite", "nowhere.keras", "n" * 5000, "gs://nowhere/model", "photo.png"),
        "salnet_draft",
    ]
    for name in no_models:
        slow = name.startswith("gs")
        yield _case(f"named {name[:30]!r}", name, case.REFUSED, slow=slow)
    for name in ("salnet", "salnet_small"):
        yield _case(f"named {name!r}", name, case.RIGHT)


def _litert():
    def written(make):
        return lambda folder: case.write(folder / "model.tflite", make())

    yield _case("tflite whole", "model.tflite", case.RIGHT, written(SHIPPED.read_bytes))
    for share in (0.0, 0.001, 0.1, 0.5, 0.9, 0.999):
        yield _case(
            f"tflite cut to {share:.1%}",
            "model.tflite",
            case.EITHER if share > 0.9 else case.REFUSED,
            written(
                lambda share=share: SHIPPED.read_bytes()[: int(share * SHIPPED.stat().st_size)]
            ),
        )
    for seed in range(_FLIPS):
        yield _case(
            f"tflite with flipped bits {seed}",
            "model.tflite",
            case.EITHER,
            written(lambda seed=seed: _damaged(SHIPPED.read_bytes(), seed)),
        )
    for where in (0.0, 0.3, 0.7, 0.9):
        yield _case(
            f"tflite with zeros at {where:.0%}",
            "model.tflite",
            case.EITHER,
            written(lambda where=where: photos.zeroed(SHIPPED.read_bytes(), where)),
        )
    for name, data in (
        ("text", b"text" * 99),
        ("a photo", photos.encoded("png")),
        ("magic", bytes(4) + b"TFL3" + bytes(999)),
    ):
        yield _case(
            f"tflite that is {name}", "model.tflite", case.REFUSED, written(lambda data=data: data)
        )
    yield _case(
        "a folder called model.tflite",
        "model.tflite",
        case.REFUSED,
        lambda folder: (folder / "model.tflite").mkdir(),
    )


def _damaged(data, seed):
    """Bytes with some bits flipped, half of the time where the graph is, not the weights."""
    data, rng = bytearray(data), np.random.default_rng(seed)
    first, last = (0, len(data)) if seed % 2 else (len(data) - 30000, len(data))
    for place in rng.integers(first, last, 1 + seed % 40):
        data[place] ^= 1 << int(rng.integers(8))
    return bytes(data)


def _keras():
    yield _case("keras whole", "model.keras", case.RIGHT, _saved(lambda model: None))
    for value in (np.nan, np.inf, 1e38):
        yield _case(
            f"keras with a weight of {value}",
            "model.keras",
            case.REFUSED if value != 1e38 else case.EITHER,
            _saved(lambda model, v=value: _poison(model, v)),
        )
    for share in (0.0, 0.1, 0.5, 0.99):
        yield _case(
            f"keras cut to {share:.0%}",
            "model.keras",
            case.REFUSED,
            _edited(lambda data, share=share: data[: int(share * len(data))]),
        )
    for seed in range(6):
        yield _case(
            f"keras with flipped bits {seed}",
            "model.keras",
            case.EITHER,
            _edited(lambda data, seed=seed: photos.flipped(data, seed, 30)),
        )
    for name, make in (
        ("without weights", lambda members: members.pop("model.weights.h5")),
        ("without a config", lambda members: members.pop("config.json")),
        (
            "with half a config",
            lambda members: members.update({"config.json": members["config.json"][:500]}),
        ),
        ("with an empty config", lambda members: members.update({"config.json": b"{}"})),
        ("with a list for a config", lambda members: members.update({"config.json": b"[]"})),
        (
            "with a config nested deeply",
            lambda members: members.update({"config.json": b'{"a":' * 5000 + b"1" + b"}" * 5000}),
        ),
        ("with a Lambda", lambda members: members.update({"config.json": _lambda()})),
        (
            "with a million channels",
            lambda members: members.update({"config.json": _huge("filters", 10**6, members)}),
        ),
        (
            "with weights of zeros",
            lambda members: members.update({"model.weights.h5": bytes(5000)}),
        ),
        (
            "with a bomb for weights",
            lambda members: members.update({"model.weights.h5": bytes(3 * 10**9 // 10)}),
        ),
        ("with a member that leaves", lambda members: members.update({"../../model.txt": b"x"})),
    ):
        expected = case.EITHER if "leaves" in name else case.REFUSED
        yield _case(
            f"keras {name}",
            "model.keras",
            expected,
            _edited(functools.partial(_repacked, edit=make)),
        )
    for name, data in (
        ("text", b"text" * 99),
        ("a photo", photos.encoded("png")),
        ("an empty zip", _zip({})),
    ):
        yield _case(
            f"keras that is {name}",
            "model.keras",
            case.REFUSED,
            lambda folder, data=data: case.write(folder / "model.keras", data),
        )
    yield _case(
        "a folder called model.keras",
        "model.keras",
        case.REFUSED,
        lambda folder: (folder / "model.keras").mkdir(),
    )
    yield _case("keras of another kind", "model.keras", case.REFUSED, _other)
    yield _case("keras unbuilt", "model.keras", case.REFUSED, _unbuilt)


@functools.cache
def _cache():
    """A folder of models that several cases begin with."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="corpus_models_"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def tiny():
    """Path of a small network's file, made once."""
    path = _cache() / "tiny.keras"
    if not path.is_file():
        from salnet_tf.models import presets, salnet

        module = presets.ModuleConfig(8, 16)
        strided = presets.ModuleConfig(8, 16, stride=2)
        modules = [module, strided, *[module] * 4, strided, *[module] * 6]
        modules[10] = presets.ModuleConfig(8, 16, upsample=True)
        config = presets.SalNetConfig((4, 8), (2, 2), tuple(modules))
        partial = path.with_name("partial.keras")
        salnet.build_salnet(config, (48, 64)).save(partial)
        partial.rename(path)
    return path


def _saved(change):
    def prepare(folder):
        import keras

        model = keras.models.load_model(tiny(), compile=False)
        change(model)
        model.save(folder / "model.keras")

    return prepare


def _poison(model, value):
    weights = model.get_weights()
    weights[0].flat[3] = value
    model.set_weights(weights)


def _edited(change):
    return lambda folder: case.write(folder / "model.keras", change(tiny().read_bytes()))


def _repacked(data, edit):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    edit(members)
    return _zip(members)


def _zip(members):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file.getvalue()


def _lambda():
    import keras

    image = keras.Input((48, 64, 3))
    model = keras.Model(image, keras.layers.Lambda(lambda x: x[..., :1])(image))
    path = _cache() / "lambda.keras"
    model.save(path)
    with zipfile.ZipFile(path) as archive:
        return archive.read("config.json")


def _huge(field, value, members):
    def change(part):
        if isinstance(part, dict):
            return {k: value if k == field else change(v) for k, v in part.items()}
        return [change(each) for each in part] if isinstance(part, list) else part

    return json.dumps(change(json.loads(members["config.json"]))).encode()


def _other(folder):
    import keras

    image = keras.Input((9,))
    keras.Model(image, keras.layers.Dense(2)(image)).save(folder / "model.keras")


def _unbuilt(folder):
    import keras

    keras.Sequential([keras.layers.Conv2D(1, 3)]).save(folder / "model.keras")


def _folders():
    for name, files in (
        ("empty", {}),
        ("with text", {"a.txt": b"text"}),
        ("saved_model.pb alone, of zeros", {"saved_model.pb": bytes(99)}),
        ("saved_model.pb alone, empty", {"saved_model.pb": b""}),
        ("config.json empty", {"config.json": b""}),
        ("config.json of half", {"config.json": b'{"model": "sal'}),
        ("config.json of a list", {"config.json": b"[]"}),
        ("config.json of bytes", {"config.json": bytes(range(256))}),
        ("best.keras empty", {"config.json": b"{}", "best.keras": b""}),
        ("best.keras a photo", {"best.keras": photos.encoded("png")}),
        ("a version without a model", {"1/a.txt": b"text"}),
    ):
        yield _case(
            f"folder {name}",
            "model",
            case.REFUSED,
            lambda folder, files=files: (
                (folder / "model").mkdir(),
                [case.write(folder / "model" / k, v) for k, v in files.items()],
            ),
        )
    yield _case(
        "folder with a folder best.keras",
        "model",
        case.REFUSED,
        lambda folder: (folder / "model" / "best.keras").mkdir(parents=True),
    )
    for part in (
        "saved_model.pb",
        "variables/variables.index",
        "variables/variables.data-00000-of-00001",
    ):
        for damage in ("cut", "gone", "zeros"):
            yield _case(
                f"SavedModel, {part} {damage}",
                "model",
                case.REFUSED,
                lambda folder, p=part, d=damage: _saved_model(folder, p, d),
            )


def _saved_model(folder, part, damage):
    whole = _cache() / "saved_model"
    if not whole.is_dir():
        import keras

        from salnet_tf.serving import export

        partial = _cache() / "partial_model"
        export.write_saved_model(keras.models.load_model(tiny(), compile=False), str(partial))
        partial.rename(whole)
    shutil.copytree(whole, folder / "model")
    path = folder / "model" / part
    data = path.read_bytes()
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(data[: len(data) // 2] if damage == "cut" else bytes(len(data)))
