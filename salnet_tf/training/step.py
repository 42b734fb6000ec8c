"""One optimiser step, over all replicas of a strategy."""

import tensorflow as tf


def make(model, optimizer, loss, clip_norm):
    """The function that every replica runs, in a strategy's `run` or alone.

    Args:
        model: the network.
        optimizer: its optimiser, built.
        loss: a loss of `objectives.losses`.
        clip_norm: bound of the gradient's norm; 0 for none.

    Returns:
        A function of the step's micro-batches (a list of the pipeline's batches) that applies one
        step and gives this replica's share of the loss: the shares of all replicas sum to the mean
        over their valid images.
    """

    def replica_step(micro_batches):
        replica = tf.distribute.get_replica_context()
        valid = tf.add_n([tf.reduce_sum(batch["valid"]) for batch in micro_batches])
        valid = tf.maximum(replica.all_reduce("SUM", valid), 1.0)
        total, gradients = 0.0, None
        for batch in micro_batches:
            with tf.GradientTape() as tape:
                logits = model(batch["image"], training=True)
                share = tf.reduce_sum(loss.call(batch, logits) * batch["valid"]) / valid
            new = tape.gradient(share, model.trainable_variables)
            gradients = new if gradients is None else tf.nest.map_structure(tf.add, gradients, new)
            total += share
        # Clip the sum over replicas; the optimiser sums over replicas once more.
        gradients = replica.all_reduce("SUM", gradients)
        if clip_norm:
            gradients, _ = tf.clip_by_global_norm(gradients, clip_norm)
        gradients = [g / replica.num_replicas_in_sync for g in gradients]
        optimizer.apply(gradients, model.trainable_variables)
        return total

    return tf.autograph.experimental.do_not_convert(replica_step)
