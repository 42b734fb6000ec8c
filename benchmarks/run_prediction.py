"""Does a folder run at the network's rate? `python -m trainers.bench_prediction --photos=DIR`."""

from absl import flags

from salnet_tf import command_line

_PHOTOS = flags.DEFINE_string("photos", None, "A folder or glob of photos.")
_MODEL = flags.DEFINE_string("model", "salnet_distilled", "As in trainers.predict.")
_THREADS = flags.DEFINE_integer("threads", 1, "CPU threads of one run of the network.", 1)
_TURNS = flags.DEFINE_integer("turns", 3, "Of each measurement.", 1)
_OUTPUT_DIR = flags.DEFINE_string(
    "output_dir", None, "Where results are written and removed; by default a temporary folder."
)
_START_UP = flags.DEFINE_bool("start_up", True, "Time fresh processes on one CPU, too.")

flags.mark_flag_as_required("photos")


def main(_):
    from benchmarks import prediction
    from salnet_tf.images import listing

    config = prediction.SpeedConfig(
        photos=_PHOTOS.value,
        model=_MODEL.value,
        threads=_THREADS.value,
        turns=_TURNS.value,
        output_dir=_OUTPUT_DIR.value,
    )
    print(prediction.markdown(prediction.measure(config)))
    if _START_UP.value:
        photo = listing.list_photos(config.photos).photos[0]
        for name, taken in prediction.start_up(photo, config.model).items():
            print(f"{name}: {taken:.0f} ms")


if __name__ == "__main__":
    command_line.run(main, needs_tensorflow=False)
