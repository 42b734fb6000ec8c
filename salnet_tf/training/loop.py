"""The one training loop: every strategy, read top to bottom."""

import math
import time

import keras
import numpy as np
import tensorflow as tf

from salnet_tf.objectives import losses, maps, metrics
from salnet_tf.pipeline import batches, canvases, order
from salnet_tf.training import (
    checkpoints,
    final_scores,
    following,
    hints,
    initialisation,
    inputs,
    optimiser,
    pictures,
    progress,
    run_folder,
    runtime,
    soft_targets,
    strategies,
)
from salnet_tf.training import step as step_lib


def train(config, on_start=None):
    """Train a network; go on where the workdir's last checkpoint stands.

    Args:
        config: a `TrainConfig`.
        on_start: called with the `RunFolder`, in the process that writes, once data and network
            are there and fit.

    Returns:
        A dict: `step`, `best` (the best validation score of `select_by`), `scores` (the last
        epoch's), `images_per_second`.

    Raises:
        ValueError: a set, split or workdir that does not fit the configuration.
        OSError: the disk is full, or another worker is gone; the last good checkpoint stays.
        FloatingPointError: the loss is infinite or not a number.
    """
    runtime.prepare(config)
    strategy = strategies.make_strategy(config.strategy)
    with strategies.sentence_for_lost_worker(strategy):
        return _train(config, strategy, on_start)


def _train(config, strategy, on_start):
    chief = strategies.is_chief(strategy)
    strategies.check_batch(config.batch_size, strategy)
    part = strategies.part_to_read(config.shard_reading, strategy)
    folder = run_folder.RunFolder(config.workdir, config.identity(), writes=chief)
    inputs.check(config)
    with strategy.scope():
        model = initialisation.make_model(config)
        wide = following.load(config.follow, model) if config.follow else None

    # Data: the training split of every set together, the validation split of each by itself.
    training = _training_table(config, part)
    if config.calibrate:  # sees no photo but those it is fitted to
        validation = {"calibration": batches.evaluation(training, config.batch_size)}
    else:
        validation = {
            name: batches.evaluation(_validation_table(config, name), config.batch_size)
            for name in config.validation
        }
    inputs.check_step(len(training) * part[1], config)  # photos without densities are left out
    steps_per_epoch = len(training) * part[1] // (config.batch_size * config.accumulation)
    total_steps = steps_per_epoch * config.epochs
    augmentation = batches.Augmentation(
        config.mirror,
        config.photometric,
        config.crop,
        config.clusters,
        config.cluster_radius,
        hints.stride(model) if config.hint_weight else 0,
    )
    epochs = order.Epochs(config.epochs, config.batch_size, config.seed, config.accumulation)

    # Optimiser and loss; the state that a checkpoint holds, and the folder it is in.
    with strategy.scope():
        loss, trained = losses.parse(config.loss), model
        if config.hint_weight:
            trained = hints.with_head(model, training.hints.shape[-1])
            loss = hints.Hinted(loss, config.hint_weight)
        if wide:
            trained = following.streams(model)
            loss = following.Following(loss, wide, config.follow_weight)
        optimizer = optimiser.make_optimizer(config, steps_per_epoch)
        optimizer.build(trained.trainable_variables)
    keeper = checkpoints.Keeper(folder, model, optimizer, config, trained)
    step = keeper.restore()
    strategies.check_same_step(step, strategy, config.workdir)
    folder.begin(
        step,
        # A worker's part of a set is another when there are more workers.
        learns_from=None if part[1] > 1 else canvases.source_fingerprint(training),
        datasets=list(config.datasets),
        images=len(training),
        strategy=type(strategy).__name__,
        replicas=strategy.num_replicas_in_sync,
    )
    if on_start and chief:
        on_start(folder)
    folder.cut_back(step)
    keeper.clear()

    # One step on every replica, K of them in a call, and the stream each worker takes.
    replica_step = step_lib.make(trained, optimizer, loss, config.clip_norm)
    if strategies.jit_compile(config.jit_compile, strategy):
        replica_step = tf.function(replica_step, jit_compile=True)

    @tf.function(jit_compile=False)
    def train_steps(iterator, count):
        """`count` optimiser steps; the mean loss."""
        total = 0.0
        for _ in tf.range(count):
            micro_batches = [next(iterator) for _ in range(config.accumulation)]
            shares = strategy.run(replica_step, args=(micro_batches,))
            total += strategy.reduce("SUM", shares, axis=None)
        return total / tf.cast(count, tf.float32)

    @tf.function(jit_compile=False, autograph=False)
    def predict(images):
        return model(images, training=False)

    def input_of_worker(context):
        share = order.Share(
            context.input_pipeline_id,
            context.num_input_pipelines,
            replicas=strategy.num_replicas_in_sync // context.num_input_pipelines,
            sharded=part[1] > 1,
        )
        start = step * config.accumulation
        return batches.training(training, epochs, augmentation, start, share)

    # The loop over calls of K steps, epochs and checkpoints.
    iterator = iter(strategy.distribute_datasets_from_function(input_of_worker))
    writer = _summary_writer(folder, chief)
    bar = progress.Progress(total_steps, step, shown=chief)
    result = {"step": step, "best": float(keeper.best), "scores": {}, "images_per_second": 0.0}
    images, seconds = 0, 0.0
    while step < total_steps and not keeper.stopped:
        left = min(config.steps_per_call, steps_per_epoch - step % steps_per_epoch)
        started = time.monotonic()
        train_loss = float(train_steps(iterator, tf.constant(left)))
        if not math.isfinite(train_loss):
            raise FloatingPointError(
                f"The loss is {train_loss} by step {step + left}: lower learning_rate. "
                f"Received: {config.learning_rate}"
            )
        step += left
        keeper.add_loss(train_loss, left)
        seconds += time.monotonic() - started
        images += left * config.batch_size * config.accumulation
        result["images_per_second"] = images / seconds
        bar.advance(left, train_loss)
        if step % steps_per_epoch:
            keeper.save_if_due(step)
            continue

        # An epoch's end: score the averaged weights, keep the best, log, checkpoint.
        train_loss = keeper.take_loss()
        with optimiser.averaged_weights(trained, optimizer):
            result["scores"] = scores = validate(predict, validation)
            keeper.epoch_ended(scores["mean"][config.select_by])
            _log_pictures(writer, predict, validation, step)
        _log_scalars(writer, train_loss, optimizer, scores, step)
        folder.append_scores(_row(step, step // steps_per_epoch, train_loss, scores))
        keeper.save(step)
        bar.say(_line(step // steps_per_epoch, config.epochs, train_loss, scores, result))
    bar.close()
    if chief and config.final_scores:
        final_scores.write(folder, config)
    return {**result, "step": step, "best": float(keeper.best)}


def _training_table(config, part):
    tables = soft_targets.training_tables(config, part)
    if config.hint_weight:
        tables = [hints.attach(some, config.soft_targets) for some in tables]
    whole = canvases.concatenate(tables, config.mixing)
    if whole.soft is None:
        _check_seen(whole, "train")
    if not config.images:
        return whole
    chosen = np.random.default_rng(config.seed).permutation(len(whole))[: config.images]
    return canvases.subset(whole, chosen)


def _validation_table(config, name):
    sigma = config.sigma_of(name)
    split = canvases.load(name, "validation", config.data_dir, config.image_size, sigma=sigma)
    _check_seen(split, "validation")
    return split


def _check_seen(split, name):
    if not np.any(split.weights):
        raise ValueError(f"No photo has a fixation. Received: {split.dataset}, split {name}")


def validate(predict, validation):
    """Mean scores on the canvas.

    Args:
        predict: images `[b, h, w, 3]` -> logits `[b, h, w, 1]`.
        validation: dict of batches by data set.

    Returns:
        {data set: {metric: value}} and, under `mean`, the mean over the sets.
    """
    scores = {}
    for name, dataset in validation.items():
        kept = [metric() for metric in metrics.METRICS.values()]
        for batch in dataset:
            logits = predict(batch["image"])
            for metric in kept:
                metric.update_state(batch, logits, sample_weight=batch["valid"])
        scores[name] = {metric.name: float(metric.result()) for metric in kept}
    mean = {m: float(np.mean([s[m] for s in scores.values()])) for m in metrics.METRICS}
    return {**scores, "mean": mean}


def _row(step, epoch, train_loss, scores):
    row = {"step": step, "epoch": epoch, "loss": f"{train_loss:.6f}"}
    for name, values in scores.items():
        row |= {f"{name}:{metric}": f"{value:.6f}" for metric, value in values.items()}
    return row


def _line(epoch, epochs, train_loss, scores, result):
    means = "  ".join(f"{name} {value:.3f}" for name, value in scores["mean"].items())
    rate = result["images_per_second"]
    return f"epoch {epoch}/{epochs}  loss {train_loss:.3f}  {means}  ({rate:.1f} images/s)"


def _summary_writer(folder, chief):
    return tf.summary.create_file_writer(folder.join("tensorboard")) if chief else None


def _log_scalars(writer, train_loss, optimizer, scores, step):
    if writer is None:
        return
    with writer.as_default(step=step):
        tf.summary.scalar("loss", train_loss)
        tf.summary.scalar(
            "learning_rate", float(keras.ops.convert_to_numpy(optimizer.learning_rate))
        )
        for name, values in scores.items():
            for metric, value in values.items():
                tf.summary.scalar(f"{name}/{metric}", value)
    writer.flush()


def _log_pictures(writer, predict, validation, step):
    if writer is None:
        return
    with writer.as_default(step=step):
        for name, dataset in validation.items():
            batch = next(iter(dataset))
            log_density = maps.log_density(predict(batch["image"]), batch["mask"])
            tf.summary.image(name, pictures.panels(batch, log_density), max_outputs=4)
