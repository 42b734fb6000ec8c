"""From a name or a path to a model's file: the one place that knows presets, workdirs and formats.

No Keras and no TensorFlow here; `models.loading` reads what is found.
"""

import collections
import hashlib
import os
import re

from salnet_tf.models import presets

_KINDS = {".tflite": "litert", ".keras": "keras"}

Found = collections.namedtuple("Found", "kind path")
Found.__doc__ = "Where a model is: `kind` litert, keras or saved_model; `path` of file or folder."


def find(name_or_path, preset_kind="litert"):
    """The file behind a name or path.

    Args:
        name_or_path: a preset with shipped weights, a `.tflite` or `.keras` file, a SavedModel
            folder (or the folder of its versions: the latest is taken), or a training workdir (its
            best model).
        preset_kind: which of a preset's files, litert or keras.

    Returns:
        A `Found`.

    Raises:
        ValueError: there is no such model, a preset and a folder of this name, or a shipped file
            that is not what was shipped.
    """
    in_folder = _in_folder(name_or_path) if os.path.isdir(name_or_path) else None
    if name_or_path in presets.PRESETS:
        if in_folder:
            raise ValueError(
                "This names a preset and a folder with a model here; write ./NAME for the folder, "
                f"or leave its parent for the preset. Received: {name_or_path!r}"
            )
        return Found(preset_kind, _shipped(presets.preset(name_or_path), preset_kind))
    if in_folder:
        return in_folder
    extension = os.path.splitext(name_or_path)[1]
    if os.path.isfile(name_or_path) and extension in _KINDS:
        return Found(_KINDS[extension], name_or_path)
    raise ValueError(
        "A model is a preset, a .tflite or .keras file, a SavedModel folder or a training workdir "
        f"with a best.keras. Received: {name_or_path!r}"
    )


def find_keras(name_or_path):
    """The path of the `.keras` file behind a preset's name, a `.keras` file or a workdir.

    Raises:
        ValueError: there is none.
    """
    kind, path = find(name_or_path, "keras")
    if kind != "keras":
        raise ValueError(
            "A preset, a .keras file or a training workdir is needed here, which hold Keras "
            f"models. Received: {name_or_path!r}"
        )
    return path


def _shipped(preset, kind):
    """The path of a preset's file, which must be the one that was shipped."""
    kind = "keras" if kind == "keras" else preset.float_type
    path = os.path.join(presets.WEIGHTS_DIR, preset.file(kind))
    if kind not in preset.sha256 or not os.path.isfile(path):
        raise ValueError(
            f"Preset {preset.name!r} has no weights in this installation; give the path of a "
            f"trained model instead. Looked for: {path}"
        )
    with open(path, "rb") as file:
        if hashlib.sha256(file.read()).hexdigest() != preset.sha256[kind]:
            raise ValueError(
                f"A file of this installation is damaged; install salnet-tf again. Received: {path}"
            )
    return path


def _in_folder(folder):
    """The model in a training workdir or a SavedModel folder; None without one."""
    best = os.path.join(folder, "best.keras")
    if os.path.isfile(best):
        return Found("keras", best)
    saved_model = _latest_version(folder)
    return Found("saved_model", saved_model) if saved_model else None


def _latest_version(folder):
    """The SavedModel in `folder`, itself one or the parent of numbered versions; or None."""
    versions = [name for name in os.listdir(folder) if re.fullmatch(r"\d+", name)]
    for name in ["", *sorted(versions, key=int, reverse=True)]:
        candidate = os.path.join(folder, name)
        if os.path.isfile(os.path.join(candidate, "saved_model.pb")):
            return candidate
    return None
