"""What survives a kill: model, optimiser with its averages and schedule, the run's counters."""

import time

import keras
import tensorflow as tf
from absl import logging

from salnet_tf.training import storage

# What TensorFlow raises of a checkpoint that is cut, garbled or another network's.
_UNREADABLE = (AssertionError, ValueError, LookupError, RuntimeError, tf.errors.OpError)
_WORSE = {"cc": -float("inf"), "nss": -float("inf"), "sim": -float("inf"), "kld": float("inf")}


class Keeper:
    """Saves and restores a run, and remembers its best epoch.

    A checkpoint is published by one atomic rename of the file `checkpoint` that names it
    (`tf.train.CheckpointManager`), the models `best.keras` and `last.keras` by one of their own, so
    that a kill at any moment leaves the former ones whole. One process writes; the others hold the
    same values, and write nothing.

    Args:
        folder: the `RunFolder`.
        model: the network; at `epoch_ended` it must hold the weights to keep.
        optimizer: its optimiser, built.
        config: the `TrainConfig`.
        trained: the network with whatever is trained beside it.
    """

    def __init__(self, folder, model, optimizer, config, trained):
        self.folder, self.model, self.optimizer, self.config = folder, model, optimizer, config
        self.step = tf.Variable(0, dtype=tf.int64, trainable=False)
        self.best = tf.Variable(_WORSE[config.select_by], trainable=False)
        self.stale_epochs = tf.Variable(0, dtype=tf.int64, trainable=False)
        # Of the steps of this epoch: their losses' sum, and how many.
        self.losses = tf.Variable([0.0, 0.0], dtype=tf.float64, trainable=False)
        self.checkpoint = tf.train.Checkpoint(
            model=trained,
            optimizer=optimizer,
            step=self.step,
            best=self.best,
            stale_epochs=self.stale_epochs,
            losses=self.losses,
        )
        self.manager = self._manager(folder.join("checkpoints"))
        self.saved_at = time.monotonic()

    def restore(self):
        """Load the last checkpoint that is whole, if there is one; the step it stands at.

        Raises:
            ValueError: there are some, and none can be read.
        """
        candidates, failures = self._candidates(), []
        for path in candidates:
            try:
                self.checkpoint.restore(path).assert_existing_objects_matched()
            except _UNREADABLE as error:
                failures.append(f"{path}: {str(error).strip().splitlines()[0]}")
                continue
            for failure in failures:
                logging.warning("A checkpoint is damaged, the one before it is taken. %s", failure)
            return int(self.step)
        if failures:
            raise ValueError(f"No checkpoint of this network can be read. Received: {failures[0]}")
        return 0

    def _manager(self, path):
        """A manager of the checkpoints in a folder, whose file `checkpoint` may be damaged."""
        try:
            return tf.train.CheckpointManager(self.checkpoint, path, max_to_keep=2)
        except (ValueError, tf.errors.OpError) as error:
            named = tf.io.gfile.join(path, "checkpoint")
            if not self.folder.writes or tf.io.gfile.isdir(named):
                sentence = f"This file of a run is damaged; remove it. Received: {named}"
                raise ValueError(sentence) from error
            tf.io.gfile.remove(named)
            return tf.train.CheckpointManager(self.checkpoint, path, max_to_keep=2)

    def _candidates(self):
        """Paths of checkpoints, the last first: the published ones, or else those that lie there.

        The file `checkpoint`, which publishes them, may be damaged.
        """
        published = self.manager.checkpoints[::-1]
        if published:
            return published
        indices = tf.io.gfile.glob(tf.io.gfile.join(self.manager.directory, "ckpt-*.index"))
        found = [path.removesuffix(".index") for path in indices]
        return sorted(found, key=lambda path: int(path.rpartition("-")[2]), reverse=True)

    def clear(self):
        """Remove what kills have left: checkpoints half written, or half deleted."""
        if not self.folder.writes or not tf.io.gfile.isdir(self.manager.directory):
            return
        kept = {path.rpartition("/")[2] for path in self.manager.checkpoints}
        for name in tf.io.gfile.listdir(self.manager.directory):
            name = name.rstrip("/")
            path = tf.io.gfile.join(self.manager.directory, name)
            if not name.startswith("ckpt-") or name.partition(".")[0] in kept:
                continue
            tf.io.gfile.rmtree(path) if tf.io.gfile.isdir(path) else tf.io.gfile.remove(path)

    def save_if_due(self, step):
        """Save where `checkpoint_minutes` have gone by since the last time."""
        if time.monotonic() - self.saved_at > 60 * self.config.checkpoint_minutes:
            self.save(step)

    def save(self, step):
        """Publish a checkpoint of the state at `step`, in the process that writes.

        Raises:
            OSError: it cannot be written; the one before stays.
        """
        self.step.assign(step)
        if not self.folder.writes:
            return
        try:
            self.manager.save(checkpoint_number=step)
        except tf.errors.OpError as error:
            raise OSError(
                f"The checkpoint of step {step} cannot be written to "
                f"{self.folder.join('checkpoints')}; the last good one stays: {error.message}"
            ) from error
        self.saved_at = time.monotonic()

    def add_loss(self, loss, steps):
        """Note the mean loss of so many steps."""
        self.losses.assign_add([loss * steps, steps])

    def take_loss(self):
        """The mean loss of the steps since the last time."""
        total, steps = self.losses.numpy()
        self.losses.assign([0.0, 0.0])
        return float(total / steps)

    def epoch_ended(self, score):
        """Note an epoch's score: keep the model if it is the best, else count towards patience."""
        lower_is_better = _WORSE[self.config.select_by] > 0
        better = score < self.best if lower_is_better else score > self.best
        self._publish("last.keras")
        if better:
            self._publish("best.keras")
            self.best.assign(score)
        self.stale_epochs.assign(0 if better else self.stale_epochs + 1)
        patience = self.config.plateau_patience
        if (
            self.config.schedule == "plateau"
            and self.stale_epochs
            and not (int(self.stale_epochs) % patience)
        ):
            rate = float(keras.ops.convert_to_numpy(self.optimizer.learning_rate))
            self.optimizer.learning_rate = rate * self.config.plateau_factor

    @property
    def stopped(self):
        """True where early stopping has run out of patience."""
        patience = self.config.early_stopping
        return bool(patience) and int(self.stale_epochs) >= patience

    def _publish(self, name):
        if not self.folder.writes:
            return
        storage.save_model(self.model, self.folder.join(name))
