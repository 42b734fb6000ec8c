"""Do all exports give one answer? `python -m trainers.agreement --photos=FOLDER`."""

from absl import flags

from salnet_tf import command_line

_MODEL = flags.DEFINE_string(
    "model",
    "salnet_distilled",
    "A preset with shipped weights, a .keras file or a training workdir.",
)
_PHOTOS = flags.DEFINE_string("photos", None, "A folder or glob of photos, JPEG or PNG.")
_CALIBRATION = flags.DEFINE_string(
    "calibration", "", "Photos that set the ranges of int8; --photos by default."
)
_LIMIT = flags.DEFINE_integer("limit", 20, "Photos taken, evenly spread; 0 for all.", 0)

flags.mark_flag_as_required("photos")


def main(_):
    from benchmarks import agreement

    config = agreement.AgreementConfig(
        model=_MODEL.value,
        photos=_PHOTOS.value,
        calibration=_CALIBRATION.value,
        limit=_LIMIT.value,
    )
    print(agreement.markdown(agreement.measure(config)))


if __name__ == "__main__":
    command_line.run(main)
