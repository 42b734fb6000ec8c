"""What every engine runs: one canvas in, its logits out, at one fixed size."""


def check(inputs, outputs, path):
    """Refuse a network of another form.

    Args:
        inputs: a (shape, name of the dtype) of each input; a side that is not fixed is None or -1.
        outputs: the same of the outputs.
        path: of the model, for the message.

    Returns:
        (height, width) of the canvas.

    Raises:
        ValueError: it is not float32 `[1 or any, height, width, 3]` to `[.., height, width, 1]`.
    """
    (batch, *size) = inputs[0][0][:3] if len(inputs) == 1 and len(inputs[0][0]) == 4 else (0,)
    fixed = len(size) == 2 and all(side and side > 0 for side in size)
    form = [((*size, channels), "float32") for channels in (3, 1)]
    found = [(tuple(shape[1:]), dtype) for shape, dtype in (*inputs, *outputs)]
    if not fixed or batch not in (None, -1, 1) or found != form:
        received = " -> ".join(
            ", ".join(f"{dtype} {list(shape)}" for shape, dtype in ends) or "no single tensor"
            for ends in (inputs, outputs)
        )
        raise ValueError(
            f"{path} must take one image, float32 [1, height, width, 3] of a fixed size, and give "
            f"logits of that size, float32 [1, height, width, 1]. Received: {received}"
        )
    return tuple(size)
