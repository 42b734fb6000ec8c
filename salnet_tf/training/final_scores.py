"""What a finished run is worth: its best model, scored at the images' own size."""

import tensorflow as tf

from salnet_tf.evaluation import evaluate


def write(folder, config):
    """Score `best.keras` beside the centre bias on each validation set, once.

    Args:
        folder: the `RunFolder`; the tables go to `final_scores/SET/` in it.
        config: the `TrainConfig`.
    """
    for dataset in config.validation:
        output_dir = folder.join("final_scores", dataset.replace("/", "-"))
        if tf.io.gfile.exists(tf.io.gfile.join(output_dir, "scores.json")):
            continue
        evaluate.evaluate(
            evaluate.EvaluateConfig(
                output_dir=output_dir,
                model=folder.path,
                dataset=dataset,
                data_dir=config.data_dir,
                baselines=("centre_bias",),
                metrics=("auc", "sauc", "nss", "ig", "cc", "sim", "kld"),
            )
        )
