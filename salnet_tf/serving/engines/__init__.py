"""What runs the network on one canvas: LiteRT, Keras, or a SavedModel; all of one form."""

import os


def check_not_forked(process):
    """Refuse to run TensorFlow in a fork of the process that started it, where it would hang.

    Args:
        process: `os.getpid()` of when the model was loaded.

    Raises:
        RuntimeError: this is another process.
    """
    if os.getpid() != process:
        raise RuntimeError(
            "TensorFlow does not run in a fork of the process that loaded the model. Load it in "
            "each process, start them with multiprocessing.get_context('spawn'), or use a .tflite "
            "file, which does."
        )
