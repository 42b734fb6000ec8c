"""Activation memory: which tensors are alive while each operation runs.

A tensor lives from the operation that writes it to the last one that reads it. The peak over the
operations is what a runtime that reuses memory perfectly needs for activations; what it takes is a
little more (a plan has gaps, kernels want scratch). Weights are counted apart.
"""

import dataclasses
import math

import keras
import numpy as np

# A runtime does these in the memory of their input, or within the operation before.
_IN_PLACE = (
    keras.layers.Activation,
    keras.layers.ReLU,
    keras.layers.BatchNormalization,
    keras.layers.Dropout,
    keras.layers.Flatten,
    keras.layers.Reshape,
)


@dataclasses.dataclass(frozen=True)
class Operation:
    """One step of a graph: a name, the keys of the tensors it reads and of those it writes."""

    name: str
    reads: tuple
    writes: tuple


@dataclasses.dataclass(frozen=True)
class Liveness:
    """Bytes of activations of a graph.

    Args:
        names: of the operations, in order.
        live: bytes alive while each of them runs, inputs and outputs of the graph included.
        sum: bytes of all tensors together.
    """

    names: tuple
    live: tuple
    sum: int

    @property
    def peak(self):
        """Largest number of bytes alive at once."""
        return max(self.live)

    @property
    def peak_at(self):
        """Name of the operation at the peak."""
        return self.names[int(np.argmax(self.live))]


def walk(operations, sizes, outputs=()):
    """Add up the live tensors at every operation.

    Args:
        operations: `Operation`s in the order they run; a graph's input is written by one of them.
        sizes: bytes of each tensor by key; keys that are not in it (constants) are not counted.
        outputs: keys of tensors that stay alive to the end.

    Returns:
        A `Liveness`.
    """
    born, dies = {}, {}
    for step, operation in enumerate(operations):
        for key in (*operation.reads, *operation.writes):
            if key in sizes:
                born.setdefault(key, step)
                dies[key] = step
    dies.update({key: len(operations) - 1 for key in outputs if key in born})
    change = np.zeros(len(operations) + 1, np.int64)
    for key, step in born.items():
        change[step] += sizes[key]
        change[dies[key] + 1] -= sizes[key]
    live = np.cumsum(change)[:-1]
    names = tuple(operation.name for operation in operations)
    return Liveness(names, tuple(live.tolist()), sum(sizes[key] for key in born))


def of_keras(model, bytes_per_number=4):
    """The `Liveness` of a functional model's inference on one image.

    Normalisation and activations count as part of the operation before them.
    """
    owner, sizes, operations = {}, {}, []
    for layer, reads, writes in _calls(model):
        if isinstance(layer, _IN_PLACE):
            (written,) = writes
            owner[written] = owner[reads[0]]
            continue
        for key, shape in writes.items():
            owner[key] = key
            sizes[key] = bytes_per_number * math.prod(shape)
        read = tuple(owner[key] for key in reads)
        operations.append(Operation(layer.name, read, tuple(writes)))
    return walk(operations, sizes, [owner[id(t)] for t in model.outputs])


def kept_for_training(model, batch_size, bytes_per_number=4):
    """Bytes of activations that the backward pass of a batch reads: every layer's output."""
    count = sum(math.prod(shape) for *_, writes in _calls(model) for shape in writes.values())
    return bytes_per_number * batch_size * count


def _calls(model):
    """(layer, keys it reads, {key it writes: shape}) in the order of the graph."""
    for layer in model.layers:
        node = layer._inbound_nodes[0]
        reads = tuple(id(tensor) for tensor in node.input_tensors)
        yield layer, reads, {id(t): tuple(t.shape[1:]) for t in node.output_tensors}


def of_litert(interpreter):
    """The `Liveness` of a LiteRT interpreter's own graph, without what a delegate makes of it.

    Args:
        interpreter: an `ai_edge_litert` interpreter, built without delegates, allocated.
    """
    details = {d["index"]: d for d in interpreter.get_tensor_details()}
    inputs = tuple(d["index"] for d in interpreter.get_input_details())
    outputs = tuple(d["index"] for d in interpreter.get_output_details())
    operations = [Operation("input", (), inputs)]
    for op in interpreter._get_ops_details():
        reads, writes = (tuple(int(i) for i in op[way]) for way in ("inputs", "outputs"))
        operations.append(Operation(op["op_name"].lower(), reads, writes))
    computed = {key for operation in operations for key in operation.writes}
    sizes = {key: _bytes(details[key]) for key in computed if key in details}
    return walk(operations, sizes, outputs)


def weights_of_litert(interpreter):
    """Bytes of a LiteRT model's constants, as they lie in the file."""
    operations = interpreter._get_ops_details()
    read, written = ({int(i) for op in operations for i in op[k]} for k in ("inputs", "outputs"))
    computed = written | {d["index"] for d in interpreter.get_input_details()}
    details = interpreter.get_tensor_details()
    return sum(_bytes(d) for d in details if d["index"] in read - computed)


def _bytes(detail):
    return int(np.prod(detail["shape"], dtype=np.int64)) * np.dtype(detail["dtype"]).itemsize
