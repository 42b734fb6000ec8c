"""What a finished run is worth: its best model, scored at the images' own size."""

import tempfile

import tensorflow as tf

from salnet_tf.evaluation import evaluate
from salnet_tf.pipeline import prepared

_DONE = "scores.json"  # is written last


def write(folder, config):
    """Score `best.keras` beside the centre bias on each validation set, once.

    Args:
        folder: the `RunFolder`; the tables go to `final_scores/SET/` in it.
        config: the `TrainConfig`.
    """
    for dataset in config.validation:
        where = folder.join("final_scores", dataset.replace("/", "-"))
        if tf.io.gfile.exists(tf.io.gfile.join(where, _DONE)):
            continue
        if "://" not in where:
            _evaluate(folder.path, dataset, where, config)
            continue
        # The evaluation works on local files: bring the model here, take the tables there.
        with tempfile.TemporaryDirectory() as local:
            _copy(folder.join("best.keras"), tf.io.gfile.join(local, "run", "best.keras"))
            _evaluate(
                tf.io.gfile.join(local, "run"), dataset, tf.io.gfile.join(local, "scores"), config
            )
            names = tf.io.gfile.listdir(tf.io.gfile.join(local, "scores"))
            for name in sorted(names, key=lambda name: name == _DONE):
                _copy(tf.io.gfile.join(local, "scores", name), tf.io.gfile.join(where, name))


def _copy(source, target):
    tf.io.gfile.makedirs(target.rpartition("/")[0])
    tf.io.gfile.copy(source, target, overwrite=True)


def _evaluate(model, dataset, output_dir, config):
    # Of an image whose own is 0: that of the run, or 0 where each keeps its own.
    sigma = prepared.sigma_rule(config.sigma_of(dataset), dataset, config.data_dir)
    evaluate.evaluate(
        evaluate.EvaluateConfig(
            output_dir=output_dir,
            model=model,
            dataset=dataset,
            data_dir=config.data_dir,
            baselines=("centre_bias",),
            metrics=("auc", "sauc", "nss", "ig", "cc", "sim", "kld"),
            sigma=sigma(0) or None,
        )
    )
