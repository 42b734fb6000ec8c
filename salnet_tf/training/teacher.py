"""Trains the teacher: readouts on the cached features of a frozen backbone, one per fold and seed.

A readout has 46,000 weights and sees features that never change, so this is Keras' own `fit` on
arrays; the loop of `training.loop` is for networks that see photos. Run anew, a workdir goes on
with the readouts it lacks.
"""

import dataclasses
import os

import keras
import numpy as np
import tensorflow as tf

from salnet_tf.models import efficientnet_lite, teacher
from salnet_tf.objectives import losses
from salnet_tf.training import config as config_lib
from salnet_tf.training import features, loop, optimiser, run_folder, runtime
from salnet_tf.training import readouts as readouts_lib


@dataclasses.dataclass(frozen=True)
class TeacherConfig:
    """A teacher to train; `trainers/train_teacher.py` makes it of flags, whose help explains."""

    workdir: str
    data_dir: str
    datasets: tuple[str, ...]
    backbone: str = "efficientnet_lite2"
    image_size: tuple[int, int] = (384, 512)
    folds: int = 5
    readouts: int = 5
    width: int = 64
    thin: int = 16
    dropout: float = 0.2
    loss: str = "kld:1,cc:1"
    batch_size: int = 16
    epochs: int = 8
    learning_rate: float = 2e-3
    schedule: str = "cosine"
    warmup_epochs: float = 0.4
    weight_decay: float = 1e-2
    clip_norm: float = 1.0
    ema_momentum: float = 0.0
    precision: str = "float32"
    deterministic: bool = True
    threads: int = 0
    seed: int = 0

    def __post_init__(self):
        losses.parse(self.loss)
        config_lib.check_values(self)
        if self.backbone not in efficientnet_lite.SCALES:
            raise ValueError(
                f"backbone must be one of {', '.join(sorted(efficientnet_lite.SCALES))}. "
                f"Received: {self.backbone!r}"
            )
        if any(side < 32 or side % 32 for side in self.image_size):
            raise ValueError(
                f"image_size must be a multiple of 32. Received: {tuple(self.image_size)}"
            )
        if not self.datasets:
            raise ValueError("datasets must name at least one prepared set. Received: none")
        if min(self.folds, self.readouts) < 1:
            raise ValueError(
                f"folds and readouts must be at least 1. Received: {self.folds}, {self.readouts}"
            )
        if "://" in self.workdir:
            raise ValueError(
                f"workdir of a teacher must be a local folder, for its memory-mapped features. "
                f"Received: {self.workdir}"
            )
        if self.warmup_epochs >= self.epochs:
            raise ValueError(
                f"epochs must be above {self.warmup_epochs}, the warm-up. Received: {self.epochs}"
            )

    @property
    def held_out(self):
        """For each readout the fold it does not see; None where there is one fold only."""
        return [i % self.folds if self.folds > 1 else None for i in range(self.readouts)]

    def identity(self):
        """What must agree for a workdir to be resumed."""
        passing = ("workdir", "data_dir", "threads", "readouts")
        return {k: v for k, v in dataclasses.asdict(self).items() if k not in passing}


def train(config, on_start=None):
    """Train a teacher; the workdir gets `best.keras`, `readouts.npz`, `scores.csv`, features.

    Args:
        config: a `TeacherConfig`; its workdir a local folder.
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
            run_folder.save_weights(readout, path)
        readouts.append(readout)
        scores[str(number)] = _scores([readout], config, training, validation, held_out)
        folder.append_scores(_row(number, scores[str(number)]))
    scores["all"] = _scores(readouts, config, training, validation, None)
    folder.append_scores(_row(len(readouts) + 1, scores["all"]))
    model = teacher.build_teacher(
        backbone, readouts, config.datasets, config.folds, config.held_out
    )
    run_folder.save_model(model, folder.join("best.keras"))
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
