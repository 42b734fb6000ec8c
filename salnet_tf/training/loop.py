"""The one training loop: every strategy, read top to bottom."""

import math
import time

import numpy as np
import tensorflow as tf

from salnet_tf.objectives import losses, metrics
from salnet_tf.pipeline import batches, canvases, order
from salnet_tf.training import (
    checkpoints,
    data,
    final_scores,
    initialisation,
    optimiser,
    reporting,
    run_folder,
    runtime,
    strategies,
)
from salnet_tf.training import step as step_lib


def train(config, on_start=None, extra=None):
    """Train a network; go on where the workdir's last checkpoint stands.

    Args:
        config: a `TrainConfig`.
        on_start: called with the `RunFolder`, in the process that writes, once data and network
            are there and fit.
        extra: more outputs and their loss: an object whose `attach(model, loss)` returns the
            network that is trained, which has the layers of `model`, and the loss of its outputs;
            and whose `identity` is a dict of what it is, for config.json. What it adds is trained
            and kept in checkpoints, not in best.keras.

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
        return _train(config, strategy, on_start, extra)


def _train(config, strategy, on_start, extra):
    chief = strategies.is_chief(strategy)
    strategies.check_batch(config.batch_size, strategy)
    part = strategies.part_to_read(config.shard_reading, strategy)
    with strategy.scope():
        source = initialisation.load_source(config)
    config = initialisation.completed(config, source)
    identity = config.identity() | (extra.identity if extra else {})
    folder = run_folder.RunFolder(config.workdir, identity, writes=chief)
    data.check(config)
    with strategy.scope():
        model = initialisation.make_model(config, source)

    # Data: the training split of every set together, the validation split of each by itself.
    training = data.training(config, part)
    validation = data.validation(config, training)
    data.check_step(len(training) * part[1], config)  # photos without densities are left out
    steps_per_epoch = len(training) * part[1] // (config.batch_size * config.accumulation)
    total_steps = steps_per_epoch * config.epochs
    augmentation = batches.Augmentation(
        config.mirror, config.photometric, config.crop, config.clusters, config.cluster_radius
    )
    epochs = order.Epochs(config.epochs, config.batch_size, config.seed, config.accumulation)

    # Optimiser and loss; the state that a checkpoint holds, and the folder it is in.
    with strategy.scope():
        trained, loss = model, losses.parse(config.loss)
        if extra:
            trained, loss = extra.attach(model, loss)
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
    board = reporting.TensorBoard(folder, chief)
    bar = reporting.Progress(total_steps, step, shown=chief)
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
            board.panels(step, predict, validation)
        board.scalars(step, train_loss, optimizer, scores)
        epoch = step // steps_per_epoch
        folder.append_scores(reporting.row(step, epoch, train_loss, scores))
        keeper.save(step)
        rate = result["images_per_second"]
        bar.say(reporting.line(epoch, config.epochs, train_loss, scores, rate))
    bar.close()
    if chief and config.final_scores:
        final_scores.write(folder, config)
    return {**result, "step": step, "best": float(keeper.best)}


def validate(predict, validation):
    """Mean scores on the canvas.

    Args:
        predict: images `[b, h, w, 3]` -> logits `[b, h, w, 1]`.
        validation: dict of batches by data set.

    Returns:
        {data set: {metric: value}} and, under `mean`, the mean over the sets; without NSS for a set
        of maps, which has no fixations.
    """
    scores = {}
    for name, dataset in validation.items():
        found = [metric() for metric in metrics.METRICS.values()]
        fixations = 0.0
        for batch in dataset:
            fixations += float(np.sum(batch["fixations"]))
            logits = predict(batch["image"])
            for metric in found:
                metric.update_state(batch, logits, sample_weight=batch["valid"])
        scores[name] = {metric.name: float(metric.result()) for metric in found}
        if not fixations:
            del scores[name]["nss"]
    scored = {m: [s[m] for s in scores.values() if m in s] for m in metrics.METRICS}
    return {**scores, "mean": {m: float(np.mean(each)) for m, each in scored.items() if each}}
