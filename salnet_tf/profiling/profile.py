"""What models cost, in one run that gives ratios: counts, memory, files, latency."""

import dataclasses
import os
import tempfile

from ai_edge_litert import interpreter as litert_lib

from salnet_tf import threads as threads_lib
from salnet_tf.models import backbones, folding, salnet
from salnet_tf.profiling import counting, latency, liveness, model_files, pictures, report
from salnet_tf.serving import litert

_MB = 1e6
_EMPTY = "empty interpreter"
_DENSE = "dense convolution"
_TRAINING_BATCH = 8


@dataclasses.dataclass(frozen=True)
class ProfileConfig:
    """What to profile.

    Args:
        output_dir: gets `profile.md`, `.csv`, `.json` and the pictures.
        models: of `backbones.NAMES`.
        image_size: (height, width) of the canvas.
        types: LiteRT types, of fp32, fp16, int8.
        threads: numbers of threads to time.
        rounds: turns of each model; each takes about half a second.
        saved_model: whether to write SavedModels, for their size.
        scores: a json file, model -> {"cc": .., "nss": ..}, for the picture of cost and accuracy.
        reference: the model and type that ratios are against, where it is profiled.
    """

    output_dir: str
    models: tuple[str, ...] = ("salnet", "vgg16_decoder")
    image_size: tuple[int, int] = (240, 320)
    types: tuple[str, ...] = litert.TYPES
    threads: tuple[int, ...] = (1,)
    rounds: int = 10
    saved_model: bool = True
    scores: str = ""
    reference: str = "vgg16_decoder fp32"

    def __post_init__(self):
        unknown = [name for name in self.models if name not in backbones.NAMES]
        if unknown or not self.models:
            raise ValueError(
                f"models are {', '.join(backbones.NAMES)}. Received: {', '.join(unknown) or 'none'}"
            )
        if not set(self.types) <= set(litert.TYPES):
            raise ValueError(
                f"types are {', '.join(litert.TYPES)}. Received: {', '.join(self.types)}"
            )
        most = threads_lib.MOST
        if self.rounds < 1 or not all(1 <= threads <= most for threads in self.threads):
            raise ValueError(
                f"rounds must be at least 1 and threads 1..{most}. Received: {self.rounds}, "
                f"{self.threads}"
            )


def profile(config):
    """Profile models, write tables and pictures.

    Args:
        config: a `ProfileConfig`.

    Returns:
        A list of rows (dicts), one per model and LiteRT type; see `report.COLUMNS`.
    """
    os.makedirs(config.output_dir, exist_ok=True)
    rows, layers = [], {}
    with tempfile.TemporaryDirectory() as folder:
        paths = {}
        for name in config.models:
            model = _inference_form(backbones.build(name, config.image_size))
            layers[name] = counting.layer_costs(model), liveness.of_keras(model)
            paths[name] = model_files.write(model, name, folder, config.types, config.saved_model)
            rows += _counts(name, model, layers[name], paths[name], config)
        latencies = _latencies(paths, config, folder)
    for row in rows:
        row |= latencies[f"{row['model']} {row['type']}"]
        row["gmac_s"] = 1e3 * row["gmac"] / row[f"ms_min_{config.threads[0]}t"]
    _add_ratios(rows, config.reference)
    scores = report.read_scores(config.scores) if config.scores else {}
    report.write(rows, layers, config, scores)
    pictures.write(rows, layers, config.output_dir, scores)
    return rows


def _inference_form(model):
    return folding.fold(model) if isinstance(model, salnet.SalNet) else model


def _counts(name, model, layer_facts, paths, config):
    costs, keras_walk = layer_facts
    parameters, macs = counting.total(costs)
    for litert_type in config.types:
        interpreter = litert_lib.Interpreter(
            paths[litert_type],
            experimental_op_resolver_type=litert_lib.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
        )
        interpreter.allocate_tensors()
        walk = liveness.of_litert(interpreter)
        weights = model_files.size(paths[litert_type])
        yield {
            "model": name,
            "type": litert_type,
            "parameters": parameters,
            "gmac": macs / 1e9,
            "file_mb": weights / _MB,
            "saved_model_mb": _saved_model_size(paths),
            "live_sum_mb": walk.sum / _MB,
            "live_peak_mb": walk.peak / _MB,
            "live_peak_at": walk.peak_at,
            "keras_live_peak_mb": keras_walk.peak / _MB,
            "run_time_memory_mb": (liveness.weights_of_litert(interpreter) + walk.peak) / _MB,
            "training_memory_mb": _training_memory(model) / _MB,
        }


def _saved_model_size(paths):
    return model_files.size(paths["saved_model"]) / _MB if "saved_model" in paths else None


def _training_memory(model):
    """Weights, gradients, AdamW's two moments, the moving average, and what backward reads."""
    return 5 * 4 * model.count_params() + liveness.kept_for_training(model, _TRAINING_BATCH)


def _latencies(paths, config, folder):
    empty, dense = (os.path.join(folder, f"{name}.tflite") for name in ("empty", "dense"))
    model_files.write_empty(empty)
    dense_macs = model_files.write_dense(dense)
    timed = {_EMPTY: empty, _DENSE: dense} | {
        f"{name} {litert_type}": paths[name][litert_type]
        for name in config.models
        for litert_type in config.types
    }
    results = {name: {} for name in timed}
    for threads in config.threads:
        for name, taken in latency.of_litert(timed, threads, config.rounds).items():
            milliseconds = latency.percentiles(taken["seconds"])
            results[name] |= {f"ms_{q}_{threads}t": v for q, v in milliseconds.items()}
            results[name][f"images_per_second_{threads}t"] = 1e3 / milliseconds["p50"]
            results[name].setdefault("resident_growth_mb", taken["growth"] / _MB)
    growth = results.pop(_EMPTY)["resident_growth_mb"]
    first = f"ms_min_{config.threads[0]}t"
    shared = {
        "empty_growth_mb": growth,
        "dense_gmac_s": dense_macs / 1e6 / results.pop(_DENSE)[first],
    }
    return {name: {**result, **shared} for name, result in results.items()}


def _add_ratios(rows, reference):
    """How many times less than the reference's, in the same run."""
    base = next((row for row in rows if f"{row['model']} {row['type']}" == reference), None)
    if base is None:
        return
    for row in rows:
        for column in ("file_mb", "run_time_memory_mb", "live_peak_mb", "ms_p50_1t"):
            if column in base:
                row[f"times_less_{column}"] = base[column] / row[column]
