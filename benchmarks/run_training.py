"""What a step of training costs, beside deep backbones: `python -m trainers.bench_training`."""

from absl import flags

from salnet_tf import command_line
from trainers import common_flags

_MODEL = flags.DEFINE_string("model", "salnet", "Preset to measure.")
_BACKBONES = flags.DEFINE_list("backbones", ["vgg16", "resnet50"], "Deep models beside it.")
_BATCH_SIZE = flags.DEFINE_integer("batch_size", 8, "Images in a batch.", 1)
_THREADS = flags.DEFINE_integer("threads", 2, "CPU threads.", 1)
_ROUNDS = flags.DEFINE_integer("rounds", 10, "Turns of each normalisation, a second each.", 1)
_TRACE_DIR = flags.DEFINE_string(
    "trace_dir", "", "Only trace the model's step: a folder for TensorBoard's profile tab."
)

flags.declare_key_flag("image_size")


def main(_):
    from benchmarks import training
    from salnet_tf.models import catalogue

    models = (_MODEL.value, *_BACKBONES.value)
    unknown = [name for name in models if name not in catalogue.NAMES]
    if unknown:
        raise ValueError(f"models are {', '.join(catalogue.NAMES)}. Received: {unknown[0]!r}")
    size = common_flags.image_size(common_flags.IMAGE_SIZE.value)
    if _TRACE_DIR.value:
        _trace(size)
        return
    config = training.TrainingCostConfig(
        model=_MODEL.value,
        backbones=tuple(_BACKBONES.value),
        image_size=size,
        batch_size=_BATCH_SIZE.value,
        threads=_THREADS.value,
        rounds=_ROUNDS.value,
    )
    print(training.markdown(training.measure(config)))


def _trace(image_size):
    from salnet_tf import threads
    from salnet_tf.profiling import trace

    threads.set_tensorflow_threads(_THREADS.value)
    spent = trace.take(_MODEL.value, image_size, _BATCH_SIZE.value, _TRACE_DIR.value)
    for kind, milliseconds in spent.items():
        print(f"{kind:24s}{milliseconds:8.1f} ms  {milliseconds / sum(spent.values()):4.0%}")


if __name__ == "__main__":
    command_line.run(main)
