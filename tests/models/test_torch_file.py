"""The reader of PyTorch's older weights files, on files written here opcode by opcode."""

import pickle
import struct

import numpy as np
import pytest

from salnet_tf.models import torch_file

VALUES = np.arange(12, dtype="<f4")


def _tensor(key, offset, shape, strides):
    """The opcodes of one tensor: rebuild(storage by persistent id, offset, shape, strides)."""
    numbers = [b"(" + b"".join(b"I%d\n" % n for n in group) + b"t" for group in (shape, strides)]
    storage = b"((S'storage'\nctorch\nFloatStorage\nS'%s'\nS'cpu'\nI12\nNtQ" % key.encode()
    return (
        b"ctorch._utils\n_rebuild_tensor_v2\n"
        + storage
        + b"I%d\n" % offset
        + b"".join(numbers)
        + b"tR"
    )


def _file(path, state):
    head = b"".join(pickle.dumps(part, 2) for part in (0x1950A86A20F9469CFC6C, 1001, {}))
    storage = struct.pack("<q", len(VALUES)) + VALUES.tobytes()
    path.write_bytes(head + state + pickle.dumps(["7"], 2) + storage)
    return path


def test_tensors_come_back_with_their_offsets_and_strides(tmp_path):
    state = b"(dS'plain'\n" + _tensor("7", 2, (2, 5), (5, 1)) + b"s"
    state += b"S'transposed'\n" + _tensor("7", 0, (4, 3), (1, 4)) + b"s."
    arrays = torch_file.read_state(_file(tmp_path / "w.pth", state))
    np.testing.assert_array_equal(arrays["plain"], VALUES[2:].reshape(2, 5))
    np.testing.assert_array_equal(arrays["transposed"], VALUES.reshape(3, 4).T)


def test_a_tensor_beyond_its_storage_is_refused(tmp_path):
    state = b"(dS'far'\n" + _tensor("7", 8, (5,), (1,)) + b"s."
    with pytest.raises(ValueError, match="beyond its storage"):
        torch_file.read_state(_file(tmp_path / "w.pth", state))


def test_code_in_a_file_is_refused(tmp_path):
    with pytest.raises(pickle.UnpicklingError, match=r"posix\.system"):
        torch_file.read_state(_file(tmp_path / "w.pth", b"cposix\nsystem\n(S'true'\ntR."))


@pytest.mark.parametrize("content", [b"PK\x03\x04 a zip", pickle.dumps(3, 2)])
def test_another_layout_is_refused(tmp_path, content):
    path = tmp_path / "w.pth"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"layout before 1\.6"):
        torch_file.read_state(path)
