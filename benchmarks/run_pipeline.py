"""Does reading starve the training? `python -m trainers.bench_pipeline --data_dir=DIR`."""

from absl import flags

from salnet_tf import command_line
from trainers import common_flags

_DATASET = flags.DEFINE_string("dataset", "synthetic", "Full name of a prepared set.")
_MODEL = flags.DEFINE_string("model", "salnet", "Preset whose training step is measured.")
_BATCH_SIZE = flags.DEFINE_integer("batch_size", 8, "Images in a batch.", 1)
_SECONDS = flags.DEFINE_float("seconds", 1.0, "Length of one measurement; there are 30.", 0.0)

flags.declare_key_flag("data_dir")
flags.declare_key_flag("image_size")
flags.mark_flag_as_required("data_dir")


def main(_):
    from benchmarks import pipeline

    config = pipeline.SpeedConfig(
        dataset=_DATASET.value,
        data_dir=common_flags.DATA_DIR.value,
        model=_MODEL.value,
        image_size=common_flags.image_size(common_flags.IMAGE_SIZE.value),
        batch_size=_BATCH_SIZE.value,
        seconds=_SECONDS.value,
    )
    print(pipeline.summary(pipeline.measure(config)))


if __name__ == "__main__":
    command_line.run(main, needs_tensorflow=False)
