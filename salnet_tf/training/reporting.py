"""What a run tells while it goes: the terminal's bar, TensorBoard's numbers and panels."""

import sys

import keras
import numpy as np
import tensorflow as tf
import tqdm

from salnet_tf.images import render
from salnet_tf.objectives import maps


class Progress:
    """Shows the steps of a run with rate and time left; off a terminal, one line an epoch.

    Args:
        total: steps of the whole run.
        done: steps done before.
        shown: False shows nothing (workers other than the chief).
    """

    def __init__(self, total, done, shown=True):
        self.shown = shown
        self.bar = tqdm.tqdm(
            total=total,
            initial=done,
            unit="step",
            dynamic_ncols=True,
            disable=not shown or not sys.stderr.isatty(),
        )

    def advance(self, steps, loss):
        """Count `steps` done and show the latest loss."""
        self.bar.set_postfix(loss=f"{loss:.3f}", refresh=False)
        self.bar.update(steps)

    def say(self, line):
        """Print a line without breaking the bar."""
        if self.shown:
            self.bar.write(line, file=sys.stdout)
            sys.stdout.flush()

    def close(self):
        """Take the bar away."""
        self.bar.close()


class TensorBoard:
    """The event files of a run.

    Args:
        folder: the `RunFolder`.
        shown: False writes nothing (workers other than the chief).
    """

    def __init__(self, folder, shown):
        path = folder.join("tensorboard")
        self.writer = tf.summary.create_file_writer(path) if shown else None

    def scalars(self, step, train_loss, optimizer, scores):
        """Log an epoch's numbers."""
        if self.writer is None:
            return
        with self.writer.as_default(step=step):
            tf.summary.scalar("loss", train_loss)
            rate = float(keras.ops.convert_to_numpy(optimizer.learning_rate))
            tf.summary.scalar("learning_rate", rate)
            for name, values in scores.items():
                for metric, value in values.items():
                    tf.summary.scalar(f"{name}/{metric}", value)
        self.writer.flush()

    def panels(self, step, predict, validation):
        """Log photo, truth and prediction of four images of each validation set."""
        if self.writer is None:
            return
        with self.writer.as_default(step=step):
            for name, dataset in validation.items():
                batch = next(iter(dataset))
                log_density = maps.log_density(predict(batch["image"]), batch["mask"])
                tf.summary.image(name, panels(batch, log_density), max_outputs=4)


def panels(batch, log_density, count=4):
    """Photo, and truth and prediction over it, side by side.

    Args:
        batch: a batch of the pipeline.
        log_density: `[b, h, w, 1]` predicted log-density.
        count: at most so many images of the batch.

    Returns:
        `[n, h, 3 w, 3]` uint8.
    """
    photos = np.rint(np.clip(batch["image"][:count], 0, 255)).astype(np.uint8)
    truths = np.asarray(batch["density"])[..., 0]
    predictions = np.exp(log_density)[..., 0]
    found = zip(photos, truths[:count], predictions[:count], strict=True)
    return np.stack([_panel(photo, *densities) for photo, *densities in found])


def row(step, epoch, train_loss, scores):
    """An epoch as a row of scores.csv, a dict of texts."""
    made = {"step": step, "epoch": epoch, "loss": f"{train_loss:.6f}"}
    for name, values in scores.items():
        made |= {f"{name}:{metric}": f"{value:.6f}" for metric, value in values.items()}
    return made


def line(epoch, epochs, train_loss, scores, rate):
    """An epoch as a line for the terminal; `rate` in images per second."""
    means = "  ".join(f"{name} {value:.3f}" for name, value in scores["mean"].items())
    return f"epoch {epoch}/{epochs}  loss {train_loss:.3f}  {means}  ({rate:.1f} images/s)"


def _panel(photo, *densities):
    return np.concatenate([photo, *(render.overlay(photo, d) for d in densities)], axis=1)
