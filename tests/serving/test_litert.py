import dataclasses

import numpy as np
import pytest
from ai_edge_litert import interpreter as interpreter_lib

from salnet_tf.images import geometry
from salnet_tf.models import salnet
from salnet_tf.serving import litert, predictor


def _operations(path):
    """[(operation, dtype of its output)] as the file has them."""
    plain = interpreter_lib.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    interpreter = interpreter_lib.Interpreter(str(path), experimental_op_resolver_type=plain)
    interpreter.allocate_tensors()
    details = {d["index"]: d for d in interpreter.get_tensor_details()}
    return [
        (op["op_name"], details[op["outputs"][0]]["dtype"]) for op in interpreter._get_ops_details()
    ]


@pytest.fixture
def files(exported, quantised):
    found = [*(exported / "litert").glob("*.tflite"), *(quantised / "litert").glob("*.tflite")]
    return {t: next(path for path in found if t in path.stem) for t in litert.TYPES}


@pytest.mark.parametrize(("litert_type", "least"), [("fp16", 0.999), ("int8", 0.85)])
def test_logits_correlate_with_those_of_fp32(files, photos, litert_type, least):
    exact, rounded = (predictor.load(files[t]) for t in ("fp32", litert_type))
    for photo in photos:
        canvas, _ = geometry.image_to_canvas(photo, exact.image_size)
        logits = [network.engine.logits(canvas).ravel() for network in (exact, rounded)]
        assert np.corrcoef(*logits)[0, 1] > least


def test_int8_is_full_integer_but_for_the_head(files):
    operations = _operations(files["int8"])
    first_float = [name for name, _ in operations].index("DEQUANTIZE")
    body, head = operations[1:first_float], operations[first_float + 1 :]
    assert operations[0] == ("QUANTIZE", np.int8)
    assert len(body) > 40
    assert {dtype for _, dtype in body} == {np.int8}
    assert [name for name, _ in head][:2] == ["CONV_2D", "ADD"]
    assert head[-1][0] == "DEPTH_TO_SPACE"  # of the upsampling
    assert {dtype for _, dtype in head} == {np.float32}


def test_the_head_of_a_calibrated_network_is_float_to_its_end(served_config, photos, tmp_path):
    calibrated = dataclasses.replace(served_config, calibrated=True)
    model = salnet.build_salnet(calibrated, (64, 96), batch_norm=False)
    litert.write_source(model, str(tmp_path / "source"))
    canvases = [geometry.image_to_canvas(photo, (64, 96))[0].astype("float32") for photo in photos]
    path = tmp_path / "calibrated.tflite"
    path.write_bytes(litert.convert(str(tmp_path / "source"), "int8", canvases))
    operations = _operations(path)
    first_float = [name for name, _ in operations].index("DEQUANTIZE")
    assert first_float > 40
    assert {dtype for _, dtype in operations[first_float:]} == {np.float32}


@pytest.mark.parametrize("litert_type", litert.TYPES)
def test_gpus_take_every_tensor(files, litert_type):
    interpreter = interpreter_lib.Interpreter(str(files[litert_type]))
    assert max(len(d["shape"]) for d in interpreter.get_tensor_details()) == 4


def test_centre_prior_is_stored_at_the_output_stride(files):
    interpreter = interpreter_lib.Interpreter(str(files["fp32"]))
    elements = [
        np.prod(d["shape"]) for d in interpreter.get_tensor_details() if "prior" in d["name"]
    ]
    assert max(elements) <= 64 // 8 * 96 // 8 * 4


def test_int8_needs_photos():
    with pytest.raises(ValueError, match="int8 needs photos to calibrate on"):
        litert.convert("any", "int8")
