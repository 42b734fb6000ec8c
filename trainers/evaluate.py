"""Score a model and the baselines: `python -m trainers.evaluate --model=NAME ...`."""

from absl import flags

from salnet_tf import command_line

_MODEL = flags.DEFINE_string(
    "model", "", "Preset, .tflite, SavedModel, .keras or workdir to score; empty for none."
)
_COMPARE_TO = flags.DEFINE_string("compare_to", "", "A second model, compared image by image.")
_PREDICTIONS_DIR = flags.DEFINE_string(
    "predictions_dir", "", "Folder of another program's maps: <stem>.npy, .mat, .png or .jpg."
)
_DATASET = flags.DEFINE_string("dataset", "", "Prepared set, by full name (with --data_dir).")
_FIXATIONS_DIR = flags.DEFINE_string(
    "fixations_dir", "", "Instead of --dataset: a folder with images/ and fixations.csv."
)
_DATA_DIR = flags.DEFINE_string(
    "data_dir", None, "Folder of the prepared data sets (`python -m data.build` fills it)."
)
_SPLIT = flags.DEFINE_string("split", "validation", "Split to score on.")
_OUTPUT_DIR = flags.DEFINE_string("output_dir", None, "Where the tables and the report go.")
_KIND = flags.DEFINE_enum(
    "prediction_kind",
    "saliency_map",
    ["saliency_map", "fixation_density"],
    "saliency_map: one map for every score (a model trained on blurred maps); fixation_density: "
    "the best map for each score is derived (a model trained on fixation points).",
)
_CONVENTION = flags.DEFINE_enum(
    "convention", "tuebingen", ["tuebingen", "mit"], "Today's benchmark, or its old MATLAB code."
)
_METRICS = flags.DEFINE_list(
    "metrics",
    ["auc", "auc_judd", "auc_borji", "sauc", "sauc_cb", "nss", "ig", "cc", "sim", "kld"],
    "Scores to compute; emd too if named (about a second per map).",
)
_BASELINES = flags.DEFINE_list(
    "baselines",
    ["centre_bias", "gold_standard", "uniform", "spectral_residual"],
    "Rows beside the models.",
)
_SIGMA = flags.DEFINE_float(
    "sigma", None, "Ground-truth sigma in pixels; by default the set's own.", lower_bound=0.1
)
_LIMIT = flags.DEFINE_integer("limit", None, "Score at most so many images.", lower_bound=1)
_THREADS = flags.DEFINE_integer("threads", None, "CPU threads of the model.", lower_bound=1)
_SEED = flags.DEFINE_integer("seed", 0, "Of the bootstrap.")

flags.mark_flag_as_required("output_dir")


def main(_):
    from salnet_tf.evaluation import evaluate, results, tables

    config = evaluate.EvaluateConfig(
        output_dir=_OUTPUT_DIR.value,
        model=_MODEL.value,
        compare_to=_COMPARE_TO.value,
        predictions_dir=_PREDICTIONS_DIR.value,
        dataset=_DATASET.value,
        fixations_dir=_FIXATIONS_DIR.value,
        split=_SPLIT.value,
        data_dir=_DATA_DIR.value,
        prediction_kind=_KIND.value,
        convention=_CONVENTION.value,
        metrics=tuple(_METRICS.value),
        baselines=tuple(_BASELINES.value),
        sigma=_SIGMA.value,
        limit=_LIMIT.value,
        threads=_THREADS.value,
        seed=_SEED.value,
    )
    result = evaluate.evaluate(config)
    print(tables.terminal(*results.score_cells(result, interval=False)))


if __name__ == "__main__":
    command_line.run(main)
