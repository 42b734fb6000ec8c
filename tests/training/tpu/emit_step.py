"""The training step of the default run as XLA's input: `emit_step.py FILE`.

The step that `training.loop` gives to `strategy.run`, in bfloat16. FILE gets a serialised HLO
module, standard output the version of TensorFlow.
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[3]))

import keras
import tensorflow as tf

from salnet_tf.models import salnet
from salnet_tf.objectives import losses
from salnet_tf.training import config as config_lib
from salnet_tf.training import optimiser, step


def main(path):
    config = config_lib.TrainConfig("unused", "unused", precision="mixed_bfloat16", strategy="tpu")
    keras.mixed_precision.set_dtype_policy(config.precision)
    model = salnet.build_salnet(config.model, config.image_size)
    optimizer = optimiser.make_optimizer(config, steps_per_epoch=100)
    optimizer.build(model.trainable_variables)
    replica_step = step.make(model, optimizer, losses.parse(config.loss), config.clip_norm)
    maps = (config.batch_size, *config.image_size, 1)
    batch = {name: tf.zeros(maps) for name in ("density", "fixations", "mask")}
    batch |= {"image": tf.zeros((*maps[:3], 3)), "valid": tf.zeros(maps[:1])}
    compiled = tf.function(replica_step, jit_compile=True)
    hlo = compiled.experimental_get_compiler_ir([batch])(stage="hlo_serialized")
    pathlib.Path(path).write_bytes(hlo)
    print(tf.__version__)


if __name__ == "__main__":
    main(sys.argv[1])
