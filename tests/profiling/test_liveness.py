import keras
import pytest
from ai_edge_litert import interpreter as litert_lib

from salnet_tf.profiling import liveness, model_files


def _operation(name, reads, writes):
    return liveness.Operation(name, tuple(reads), tuple(writes))


def test_a_chain_with_a_shortcut_by_hand():
    # a (8) -> b (16) -> c (32); c and the shortcut a -> d (4).
    operations = [
        _operation("input", "", "a"),
        _operation("first", "a", "b"),
        _operation("second", "b", "c"),
        _operation("add", "ca", "d"),
    ]
    walk = liveness.walk(operations, {"a": 8, "b": 16, "c": 32, "d": 4}, outputs="d")
    assert walk.live == (8, 8 + 16, 8 + 16 + 32, 8 + 32 + 4)
    assert (walk.peak, walk.peak_at, walk.sum) == (56, "second", 60)


def test_outputs_stay_and_constants_do_not_count():
    operations = [_operation("one", ["w"], "a"), _operation("two", "a", "b")]
    walk = liveness.walk(operations, {"a": 1, "b": 2}, outputs="ab")
    assert walk.live == (1, 3)


@pytest.fixture
def model():
    image = keras.Input((8, 8, 3), name="image")
    x = keras.layers.Conv2D(4, 3, padding="same", name="conv")(image)
    x = keras.layers.Activation("relu6", name="act")(x)
    x = keras.layers.Conv2D(2, 3, strides=2, padding="same", name="down")(x)
    return keras.Model(image, x, name="net")


def test_a_keras_graph_by_hand(model):
    walk = liveness.of_keras(model)
    image, conv, down = 4 * 64 * 3, 4 * 64 * 4, 4 * 16 * 2
    assert walk.names == ("image", "conv", "down")
    assert walk.live == (image, image + conv, conv + down)
    assert liveness.kept_for_training(model, 5) == 5 * (image + 2 * conv + down)


@pytest.mark.filterwarnings("ignore:.*tf.lite.Interpreter is deprecated")
def test_the_litert_graph_agrees_with_the_keras_graph(model, tmp_path):
    paths = model_files.write(model, "net", str(tmp_path), ("fp32",), saved_model=False)
    interpreter = litert_lib.Interpreter(
        paths["fp32"],
        experimental_op_resolver_type=litert_lib.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
    )
    interpreter.allocate_tensors()
    assert liveness.of_litert(interpreter).peak == liveness.of_keras(model).peak
    kernels = 4 * (9 * 3 * 4 + 4 + 9 * 4 * 2 + 2)
    assert liveness.weights_of_litert(interpreter) == kernels
    names = [operation["op_name"] for operation in interpreter._get_ops_details()]
    assert names.count("CONV_2D") == 2
