"""The few protocol buffers that TF-Serving speaks here, without TensorFlow.

Their package, tensorflow-serving-api, imports TensorFlow and installs the full `tensorflow` over
`tensorflow-cpu`; a client needs four messages of it. The field numbers are those of TF-Serving's
`predict.proto`, `model.proto`, `prediction_log.proto` and TensorFlow's `tensor.proto`. A map field
is, on the wire, a repeated message of key and value. Tests hold all of it to the real protos.
"""

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

DT_STRING = 7

_STRING, _BYTES, _INT32, _INT64, _MESSAGE = 9, 12, 5, 3, 11  # FieldDescriptorProto.Type
_OPTIONAL, _REPEATED = 1, 3
_MESSAGES = {
    "Dim": [("size", 1, _INT64, _OPTIONAL)],
    "TensorShapeProto": [("dim", 2, "Dim", _REPEATED)],
    "TensorProto": [
        ("dtype", 1, _INT32, _OPTIONAL),
        ("tensor_shape", 2, "TensorShapeProto", _OPTIONAL),
        ("string_val", 8, _BYTES, _REPEATED),
    ],
    "ModelSpec": [("name", 1, _STRING, _OPTIONAL), ("signature_name", 3, _STRING, _OPTIONAL)],
    "NamedTensor": [("key", 1, _STRING, _OPTIONAL), ("value", 2, "TensorProto", _OPTIONAL)],
    "PredictRequest": [
        ("model_spec", 1, "ModelSpec", _OPTIONAL),
        ("inputs", 2, "NamedTensor", _REPEATED),
        ("output_filter", 3, _STRING, _REPEATED),
    ],
    "PredictResponse": [("outputs", 1, "NamedTensor", _REPEATED)],
    "PredictLog": [("request", 1, "PredictRequest", _OPTIONAL)],
    "PredictionLog": [("predict_log", 6, "PredictLog", _OPTIONAL)],
}


def _build():
    """The message classes, in a pool of their own: the real ones may be imported beside them."""
    file = descriptor_pb2.FileDescriptorProto(
        name="salnet/serving.proto", package="salnet", syntax="proto3"
    )
    for message_name, fields in _MESSAGES.items():
        message = file.message_type.add(name=message_name)
        for name, number, kind, label in fields:
            field = message.field.add(name=name, number=number, label=label)
            field.type = kind if isinstance(kind, int) else _MESSAGE
            if isinstance(kind, str):
                field.type_name = f".salnet.{kind}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClassesForFiles([file.name], pool)


_CLASSES = _build()
PredictResponse = _CLASSES["salnet.PredictResponse"]
PredictionLog = _CLASSES["salnet.PredictionLog"]
PredictRequest = _CLASSES["salnet.PredictRequest"]
TensorProto = _CLASSES["salnet.TensorProto"]


def strings(values):
    """A `TensorProto` of a list of byte strings."""
    tensor = TensorProto(dtype=DT_STRING, string_val=values)
    tensor.tensor_shape.dim.add(size=len(values))
    return tensor


def predict_request(model, signature, name, tensor, outputs=()):
    """A `PredictRequest` with one input.

    Args:
        model: name under which the server knows the model.
        signature: of the model.
        name: of its input.
        tensor: a `TensorProto`.
        outputs: names of the outputs wanted; none for all.
    """
    request = PredictRequest(output_filter=outputs)
    request.model_spec.name, request.model_spec.signature_name = model, signature
    request.inputs.add(key=name, value=tensor)
    return request
