"""Several evaluations in one table: `python -m trainers.scoreboard --scores=DIR,DIR`."""

import json
import pathlib

from absl import flags

from salnet_tf import command_line

_SCORES = flags.DEFINE_list("scores", None, "Output folders of trainers.evaluate.")
_METRICS = flags.DEFINE_list(
    "metrics", ["auc", "sauc", "nss", "cc", "sim", "kld", "ig"], "Scores that get a column."
)
_INTERVALS = flags.DEFINE_bool("intervals", False, "Print the 95 % intervals over images.")
_UPDATE = flags.DEFINE_string(
    "update", "", "Text file to put the tables into, between its two markers, not just print them."
)

_MEANS = flags.DEFINE_string(
    "means", "", "Json file to write the models' means on --split to, for trainers.profile."
)
_SPLIT = flags.DEFINE_string(
    "split", "fixation_table/osie, validation", "Set and split of --means."
)

flags.mark_flag_as_required("scores")


def main(_):
    from salnet_tf.evaluation import scoreboard

    scoreboard.check_metrics(_METRICS.value)
    boards = scoreboard.read([pathlib.Path(folder) for folder in _SCORES.value])
    text = scoreboard.markdown(boards, _METRICS.value, _INTERVALS.value)
    if _UPDATE.value:
        scoreboard.update(pathlib.Path(_UPDATE.value), text)
    if _MEANS.value:
        found = scoreboard.means(boards, _SPLIT.value, _METRICS.value)
        pathlib.Path(_MEANS.value).write_text(json.dumps(found, indent=1) + "\n")
    print(text)


if __name__ == "__main__":
    command_line.run(main)
