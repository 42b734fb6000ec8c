"""LiteRT: the default engine; with NumPy it is all that a prediction imports."""

import functools

from ai_edge_litert import interpreter as litert

from salnet_tf import quiet
from salnet_tf.models import interface


class Engine:
    """Runs a `.tflite` model, `[1, height, width, 3]` float32 -> `[1, height, width, 1]` logits.

    Threads may share it: it opens as many interpreters as are called at once.

    Args:
        path: the file.
        threads: CPU threads of an interpreter; None for one.

    Raises:
        ValueError: the file is not a model of this form.
    """

    def __init__(self, path, threads=None):
        self._path, self._threads = path, threads
        self._open = functools.partial(litert.Interpreter, path, num_threads=threads or 1)
        self._idle = []
        try:
            with quiet.silent_stderr():
                interpreter = self._take()
        except (ValueError, RuntimeError) as error:
            raise ValueError(f"{path} is not a LiteRT model: {error}") from error
        inputs = interpreter.get_input_details()
        outputs = interpreter.get_output_details()
        self.image_size = interface.check(_forms(inputs), _forms(outputs), path)
        self._input, self._output = inputs[0]["index"], outputs[0]["index"]
        self._idle.append(interpreter)

    def logits(self, canvas):
        """`[height, width, 3]` float32 0..255 -> `[height, width]` float32 logits."""
        interpreter = self._take()
        interpreter.set_tensor(self._input, canvas[None])
        interpreter.invoke()
        logits = interpreter.get_tensor(self._output)[0, ..., 0]
        self._idle.append(interpreter)
        return logits

    def __reduce__(self):
        return Engine, (self._path, self._threads)

    def _take(self):
        """An idle interpreter, or a new one; the caller gives it back."""
        try:
            return self._idle.pop()
        except IndexError:
            interpreter = self._open()
            interpreter.allocate_tensors()
            return interpreter


def _forms(details):
    return [(d["shape_signature"].tolist(), d["dtype"].__name__) for d in details]
