"""Trains the teacher: readouts on the cached features of a frozen backbone, one per fold and seed.

A readout has 46,000 weights and sees features that never change, so this is Keras' own `fit` on
arrays; the loop of `training.loop` is for networks that see photos. Run anew, a workdir goes on
with the readouts it lacks.
"""

import os

import keras
import numpy as np
import tensorflow as tf

from salnet_tf.models import efficientnet_lite, teacher
from salnet_tf.objectives import losses
from salnet_tf.training import features, loop, optimiser, run_folder, runtime, storage
from salnet_tf.training import readouts as readouts_lib


def train(config, on_start=None):
    """Train a teacher; the workdir gets `best.keras`, `readouts.npz`, `scores.csv`, features.

    Args:
        config: a `teacher_config.TeacherConfig`; its workdir a local folder.
        on_start: called with the `RunFolder` once it is known to be this run's.

    Returns:
        {readout: {`validation SET` or `held out SET`: {metric: value}}}, scored on the grid of
        stride 8; the readouts are `1`, `2`, ..., and `all`, the mean of their logits.

    Raises:
        ValueError: a set, split or workdir that does not fit the configuration, readouts there
            that learned from other data, or the package of the backbone's weights is not installed.
    """
    runtime.prepare(config)
    folder = run_folder.RunFolder(config.workdir, config.identity())
    backbone = efficientnet_lite.pretrained(config.backbone, config.image_size)
    training, validation = (
        [
            features.load(name, split, config.data_dir, backbone, folder.join("features"))
            for name in config.datasets
        ]
        for split in ("train", "validation")
    )
    folder.begin(
        step=sum(os.path.exists(_path(folder, n)) for n in range(1, config.readouts + 1)),
        learns_from="-".join(some.fingerprint for some in training),
        images=sum(map(len, training)),
        datasets=list(config.datasets),
    )
    if on_start:
        on_start(folder)
    folder.cut_back(0)
    statistics = features.statistics(training)
    readouts, scores = [], {}
    for number, held_out in enumerate(config.held_out, 1):
        readout = _readout(config, backbone, len(training), config.seed + number - 1)
        path = _path(folder, number)
        if os.path.exists(path):
            readout.load_weights(path)
        else:
            teacher.set_statistics(readout, statistics)
            _fit(readout, config, training, held_out, config.seed + number - 1)
            storage.save_weights(readout, path)
        readouts.append(readout)
        scores[str(number)] = _scores([readout], config, training, validation, held_out)
        folder.append_scores(_row(number, scores[str(number)]))
    scores["all"] = _scores(readouts, config, training, validation, None)
    folder.append_scores(_row(len(readouts) + 1, scores["all"]))
    model = teacher.build_teacher(
        backbone, readouts, config.datasets, config.folds, config.held_out
    )
    storage.save_model(model, folder.join("best.keras"))
    readouts_lib.save(model, folder.join("readouts.npz"))
    return scores


def _path(folder, number):
    return folder.join("readouts", f"{number}.weights.h5")


def _readout(config, backbone, domains, seed):
    keras.utils.set_random_seed(seed)
    return teacher.build_readout(backbone, domains, config.width, config.thin, config.dropout)


def _fit(readout, config, training, held_out, seed):
    """Train a readout on the photos outside its fold."""
    rows = [np.flatnonzero(_folds(some, config) != held_out) for some in training]
    data = features.Batches(training, rows, config.batch_size, seed)
    loss = losses.parse(config.loss)

    def of_stacked(targets, logits):
        density, fixations, mask = tf.split(targets, 3, axis=-1)
        return loss.call({"density": density, "fixations": fixations, "mask": mask}, logits)

    optimizer = optimiser.make_optimizer(config, len(data))
    optimizer.global_clipnorm = config.clip_norm or None
    readout.compile(optimizer, loss=of_stacked, jit_compile=False)
    readout.fit(data, epochs=config.epochs, verbose=2)


def _folds(examples, config):
    names = [teacher.fold_of(examples.dataset, i, config.folds) for i in examples.image_ids]
    return np.array(names)


def _scores(readouts, config, training, validation, held_out):
    """Scores of the mean of readouts on the validation splits, and on the fold it did not see."""

    def predict(inputs):
        photos, mirrors, domain = inputs
        logits = [
            readout([*photos, domain]) + tf.reverse(readout([*mirrors, domain]), [2])
            for readout in readouts
        ]
        return tf.add_n(logits) / (2 * len(logits))

    domains = np.eye(len(training), dtype=np.float32)
    parts = {
        f"validation {some.dataset}": features.evaluation(some, domain, np.arange(len(some)))
        for some, domain in zip(validation, domains, strict=True)
    }
    for some, domain in zip(training, domains, strict=True):
        rows = np.flatnonzero(_folds(some, config) == held_out)
        if len(rows):
            parts[f"held out {some.dataset}"] = features.evaluation(some, domain, rows)
    scores = loop.validate(predict, parts)
    del scores["mean"]
    return scores


def _row(step, scores):
    row = {"step": step}
    for part, values in scores.items():
        row |= {f"{part}:{metric}": f"{value:.6f}" for metric, value in values.items()}
    return row
