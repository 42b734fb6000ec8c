"""Conversion to ONNX: `[batch, h, w, 3]` float RGB 0..255 -> logits `[batch, h, w, 1]`, float32.

For ONNX Runtime, Triton and others; needs the extra `onnx`.
"""

import tensorflow as tf

from salnet_tf import quiet

_OPSET = 15


def check():
    """Raise ValueError where the converter is not installed."""
    try:
        import tf2onnx  # noqa: F401
    except ModuleNotFoundError as error:
        raise ValueError(
            f"ONNX needs {error.name} (pip install 'salnet-tf[onnx]'). Received: format onnx"
        ) from error


def convert(model):
    """The bytes of an `.onnx` file; `model` is folded and of its final size."""
    import tf2onnx

    @tf.function(
        input_signature=[tf.TensorSpec((None, *model.input_shape[1:]), tf.float32, name="image")],
        jit_compile=False,
    )
    def network(image):
        return tf.identity(model(image, training=False), name="logits")

    with quiet.silent_stderr():  # TensorFlow's optimiser
        made, _ = tf2onnx.convert.from_function(network, network.input_signature, opset=_OPSET)
    _name_ends(made.graph)
    return made.SerializeToString()


def _name_ends(graph):
    """Call the input `image`, the output `logits` and their first dimension `batch`."""
    renamed = {graph.input[0].name: "image", graph.output[0].name: "logits"}
    for node in graph.node:
        node.input[:] = [renamed.get(name, name) for name in node.input]
        node.output[:] = [renamed.get(name, name) for name in node.output]
    for value in (*graph.input, *graph.output):
        value.name = renamed[value.name]
        value.type.tensor_type.shape.dim[0].dim_param = "batch"
