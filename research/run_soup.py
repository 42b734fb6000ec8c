"""The mean of runs from one start: `python -m trainers.soup --model=RUN,RUN --output=FILE`."""

from absl import flags

from salnet_tf import command_line

_MODELS = flags.DEFINE_list(
    "model",
    None,
    "Two or more (one, with --sharpness or --centring): workdirs, .keras files or presets; of one "
    "configuration.",
)
_OUTPUT = flags.DEFINE_string("output", None, "The .keras file to write.")
_SHARPNESS = flags.DEFINE_float(
    "sharpness", 1.0, "What the logits are multiplied by; chosen on validation splits.", 0.0
)
_CENTRING = flags.DEFINE_float(
    "centring", 1.0, "What the centre prior's part of them is multiplied by besides.", 0.0
)

flags.mark_flags_as_required(["model", "output"])


def main(_):
    from research import soup

    model = soup.cook(_MODELS.value, _OUTPUT.value, _SHARPNESS.value, _CENTRING.value)
    print(f"{_OUTPUT.value}: mean of {len(_MODELS.value)}, {model.count_params()} parameters")


if __name__ == "__main__":
    command_line.run(main)
