"""Conversion to LiteRT: `[1, h, w, 3]` float RGB 0..255 -> logits `[1, h, w, 1]`, float32.

int8 is full integer inside, with one scale per output channel and float input and output. The head
(1x1 reduction, smoothing, centre prior, calibration, upsampling) stays in float32: it holds 33 of
the weights, and in int8 its logits would come in 255 steps.
"""

import re
import warnings

import flatbuffers
import keras
import tensorflow as tf
from tensorflow.lite.python import schema_py_generated as schema

from salnet_tf import quiet

TYPES = ("fp32", "fp16", "int8")
_HEAD = re.compile(r"(^|/)(reduction|smoothing|centre_prior|calibration|upsample)(_\d+)?/")


def write_source(model, folder):
    """Write the SavedModel that the converter reads: one signature, batch 1, static shapes.

    (The converter's other entry, `from_concrete_functions`, gives NaN on live Keras 3 models.)
    """
    archive = keras.export.ExportArchive()
    archive.track(model)
    spec = tf.TensorSpec((1, *model.input_shape[1:]), tf.float32, name="image")
    archive.add_endpoint(
        "serving_default",
        lambda image: {"logits": model(image, training=False)},
        input_signature=[spec],
    )
    archive.write_out(folder, verbose=False)


def convert(folder, litert_type, canvases=()):
    """Convert what `write_source` wrote.

    Args:
        folder: of the SavedModel.
        litert_type: of `TYPES`.
        canvases: photos on their canvases, `[height, width, 3]` float32 each, whose activations
            set the ranges of int8.

    Returns:
        The bytes of the `.tflite` file.

    Raises:
        ValueError: int8 without canvases.
    """
    if litert_type == "int8" and not len(canvases):
        raise ValueError("int8 needs photos to calibrate on. Received: none")
    converter = tf.lite.TFLiteConverter.from_saved_model(folder, signature_keys=["serving_default"])
    if litert_type == "fp16":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.target_spec.supported_types = [tf.float16]
    if litert_type != "int8":
        return compact(converter.convert())
    head = _head_tensors(converter.convert())
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([canvas[None]] for canvas in canvases)
    return compact(_quantize(converter, head))


def compact(data):
    """The same model in fewer bytes: equal vectors stored once, tensors named after their layers.

    Per-channel zero points are vectors of zeros, 8 bytes a channel; shared, they cost nothing.
    """
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(data))
    for graph in model.subgraphs:
        for tensor in graph.tensors:
            tensor.name = _short(tensor.name)
        for ends, name in ((graph.inputs, b"image"), (graph.outputs, b"logits")):
            graph.tensors[ends[0]].name = name
    builder = _SharingBuilder(len(data))
    builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
    return bytes(builder.Output())


class _SharingBuilder(flatbuffers.Builder):
    """Writes each distinct vector once, aligned as LiteRT wants its weights (16 bytes)."""

    def __init__(self, size):
        super().__init__(size)
        self._seen = {}

    def CreateNumpyVector(self, x):
        key = (x.dtype.str, x.tobytes())
        if key not in self._seen:
            self.Prep(16, x.nbytes)
            self._seen[key] = super().CreateNumpyVector(x)
        return self._seen[key]


def _short(name):
    """`salnet_1/module2_expand_conv_1/convolution;...` -> `module2_expand_conv/convolution`."""
    first = name.decode().split(";")[0]
    return re.sub(r"_1(?=/|$)", "", first.split("/", 1)[-1]).encode()


def _head_tensors(data):
    """Names of the tensors that the head's operations write, in a float model."""
    graph = schema.ModelT.InitFromObj(schema.Model.GetRootAs(data)).subgraphs[0]
    names = [graph.tensors[i].name.decode() for op in graph.operators for i in op.outputs]
    outputs = [graph.tensors[i].name.decode() for i in graph.outputs]
    return [name for name in names if _HEAD.search(name) or name in outputs]


def _quantize(converter, float_tensors):
    """Full-integer conversion but for the operations that write `float_tensors`."""
    options = tf.lite.experimental.QuantizationDebugOptions(denylisted_nodes=float_tensors)
    with warnings.catch_warnings():
        # TensorFlow's debugger, the one public way to keep operations in float, runs its own
        # deprecated interpreter.
        warnings.filterwarnings("ignore", ".*tf.lite.Interpreter is deprecated", UserWarning)
        with quiet.silent_stderr():  # the converter prints its settings
            debugger = tf.lite.experimental.QuantizationDebugger(
                converter=converter, debug_dataset=list, debug_options=options
            )
            return debugger.get_nondebug_quantized_model()
