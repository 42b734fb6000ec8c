"""Reads the weights in a PyTorch file without PyTorch: the layout of `torch.save` before 1.6.

Such a file is four pickles (a magic number, the protocol, the writer's system, the state
dictionary) and then the storages: their keys as a fifth pickle, and for each an int64 count with
its raw little-endian numbers. The unpickler builds nothing but dictionaries and tensors.
"""

import collections
import pickle

import numpy as np

_MAGIC = 0x1950A86A20F9469CFC6C
_DTYPES = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}


def read_state(path):
    """The state dictionary of a file.

    Args:
        path: a `.pth` file with a state dictionary of float32 and int64 tensors.

    Returns:
        name -> array.

    Raises:
        ValueError: the file has another layout.
        pickle.UnpicklingError: it asks for anything but tensors.
    """
    with open(path, "rb") as file:
        try:
            magic = _Unpickler(file).load()
        except pickle.UnpicklingError:
            magic = None
        if magic != _MAGIC:
            raise ValueError(f"Not a PyTorch file of the layout before 1.6. Received: {path}")
        for _ in range(2):
            _Unpickler(file).load()
        unpickler = _Unpickler(file)
        state = unpickler.load()
        for key in _Unpickler(file).load():
            storage = unpickler.storages[key]
            count = int(np.fromfile(file, "<i8", 1)[0])
            storage.values = np.fromfile(file, storage.dtype, count)
    return {name: tensor.array() for name, tensor in state.items()}


class _Storage:
    def __init__(self, dtype):
        self.dtype, self.values = dtype, None


class _Tensor:
    """A view into a storage, resolved once the storages are read."""

    def __init__(self, storage, offset, shape, strides, *_):
        self.storage, self.offset, self.shape, self.strides = storage, offset, shape, strides

    def array(self):
        values = self.storage.values[self.offset :]
        last = sum((n - 1) * stride for n, stride in zip(self.shape, self.strides, strict=True))
        if last >= len(values) or min(self.strides, default=0) < 0:
            raise ValueError(f"A tensor reaches beyond its storage. Received: shape {self.shape}")
        strides = [stride * self.storage.dtype.itemsize for stride in self.strides]
        return np.lib.stride_tricks.as_strided(values, self.shape, strides).copy()


class _Unpickler(pickle.Unpickler):
    """Knows ordered dictionaries, tensors and storages; refuses every other global."""

    def __init__(self, file):
        super().__init__(file)
        self.storages = {}

    def find_class(self, module, name):
        if (module, name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _Tensor
        if module == "torch" and name in _DTYPES:
            return _DTYPES[name]
        raise pickle.UnpicklingError(
            f"A weights file must hold tensors only. Received: {module}.{name}"
        )

    def persistent_load(self, pid):
        _, dtype, key, *_ = pid
        return self.storages.setdefault(key, _Storage(dtype))
