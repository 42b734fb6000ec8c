"""LiteRT: the default engine; with NumPy it is all that a prediction imports."""

from ai_edge_litert import interpreter as litert

from salnet_tf.serving import quiet


class Engine:
    """Runs a `.tflite` model, `[1, height, width, 3]` float32 -> `[1, height, width, 1]` logits.

    Args:
        path: the file.
        threads: CPU threads; None for one.

    Raises:
        ValueError: the file is not a model of this form.
    """

    def __init__(self, path, threads=None):
        try:
            with quiet.silent_stderr():
                self._interpreter = litert.Interpreter(path, num_threads=threads or 1)
                self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise ValueError(f"{path} is not a LiteRT model: {error}") from error
        inputs = self._interpreter.get_input_details()
        outputs = self._interpreter.get_output_details()
        shape = tuple(int(side) for side in inputs[0]["shape"])
        if (len(inputs), len(outputs), len(shape), shape[-1]) != (1, 1, 4, 3):
            raise ValueError(
                f"{path} must take one image [1, height, width, 3]. Received: {len(inputs)} "
                f"input(s), the first {list(shape)}"
            )
        self.image_size = shape[1:3]
        self._input, self._output = inputs[0]["index"], outputs[0]["index"]

    def logits(self, canvas):
        """`[height, width, 3]` float32 0..255 -> `[height, width]` float32 logits."""
        self._interpreter.set_tensor(self._input, canvas[None])
        self._interpreter.invoke()
        return self._interpreter.get_tensor(self._output)[0, ..., 0]
