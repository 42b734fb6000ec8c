"""A process that holds one model and runs it on demand: `python -m salnet_tf.profiling.worker`.

It prints one line of json when the model is ready and one per line it reads: a number of runs in,
seconds of each of them out. Idle in between, so that workers take turns on the same cores.
"""

import gc
import json
import sys
import time


def main(kind, *arguments):
    """Serve runs of `litert PATH THREADS` or `training NAME HEIGHT WIDTH BATCH FUSED THREADS`."""
    run, facts = {"litert": _litert, "training": _training}[kind](*arguments)
    print(json.dumps(facts()), flush=True)
    for line in sys.stdin:
        seconds = []
        for _ in range(int(line)):
            started = time.perf_counter()
            run()
            seconds.append(time.perf_counter() - started)
        print(json.dumps({"seconds": seconds, **facts()}), flush=True)


def _litert(path, threads):
    import numpy as np
    from ai_edge_litert import interpreter as litert

    from salnet_tf.profiling import memory

    gc.collect()
    memory.forget_peak()
    before = memory.resident()
    interpreter = litert.Interpreter(path, num_threads=int(threads))
    interpreter.allocate_tensors()
    details = interpreter.get_input_details()[0]
    image = np.zeros(details["shape"], details["dtype"])
    interpreter.set_tensor(details["index"], image)
    interpreter.invoke()
    return interpreter.invoke, lambda: {"growth": memory.peak() - before - image.nbytes}


def _training(name, height, width, batch_size, fused, threads):
    import os

    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import tensorflow as tf

    for set_threads in (
        tf.config.threading.set_intra_op_parallelism_threads,
        tf.config.threading.set_inter_op_parallelism_threads,
    ):
        set_threads(int(threads))
    from salnet_tf.profiling import memory, training_step

    gc.collect()
    memory.forget_peak()
    before = memory.resident()
    step = training_step.make(name, (int(height), int(width)), int(batch_size), fused == "fused")
    step()
    return step, lambda: {"growth": memory.peak() - before}


if __name__ == "__main__":
    main(*sys.argv[1:])
