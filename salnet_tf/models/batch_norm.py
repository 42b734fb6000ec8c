"""Batch normalisation through TensorFlow's fused kernel: the same numbers, about twice as fast."""

import keras


@keras.saving.register_keras_serializable("salnet")
class FusedBatchNormalization(keras.layers.BatchNormalization):
    """`keras.layers.BatchNormalization` over the last axis of `[batch, height, width, channels]`.

    Keras 3 composes batch normalisation of mean, variance and arithmetic; on the TensorFlow backend
    this layer calls the fused kernel instead. On other backends it is Keras' own layer. The moving
    statistics are averaged over the replicas of a distribution strategy.
    """

    def add_weight(self, *args, trainable=True, **kwargs):
        if not trainable:
            kwargs["aggregation"] = "mean"
        return super().add_weight(*args, trainable=trainable, **kwargs)

    def call(self, inputs, training=None, mask=None):
        if keras.backend.backend() != "tensorflow" or mask is not None:
            return super().call(inputs, training=training, mask=mask)
        import tensorflow as tf

        training = bool(training) and self.trainable
        statistics_dtype = tf.float32
        outputs, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
            x=inputs,
            scale=tf.cast(self.gamma, statistics_dtype),
            offset=tf.cast(self.beta, statistics_dtype),
            mean=[] if training else tf.cast(self.moving_mean, statistics_dtype),
            variance=[] if training else tf.cast(self.moving_variance, statistics_dtype),
            epsilon=self.epsilon,
            is_training=training,
        )
        if training:
            # The kernel returns the sample variance; Keras keeps the population variance.
            shape = tf.shape(inputs)
            count = tf.cast(shape[0] * shape[1] * shape[2], statistics_dtype)
            variance = variance * (count - 1) / count
            self._move(self.moving_mean, mean)
            self._move(self.moving_variance, variance)
        return outputs

    def _move(self, variable, value):
        momentum = keras.ops.cast(self.momentum, variable.dtype)
        variable.assign(
            variable * momentum + keras.ops.cast(value, variable.dtype) * (1 - momentum)
        )
