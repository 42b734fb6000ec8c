import numpy as np
import pytest

from salnet_tf.models import salnet
from salnet_tf.training import initialisation


def test_weights_come_from_the_file_and_prefixes_freeze(tiny_config, tmp_path):
    source = salnet.build_salnet(tiny_config, (48, 64))
    source.save(tmp_path / "best.keras")
    model = salnet.build_salnet(tiny_config, (32, 32))
    initialisation.initialise(model, str(tmp_path), ("stem", "module1"))
    for mine, theirs in zip(model.weights, source.weights, strict=True):
        np.testing.assert_array_equal(mine, theirs)
    assert not any(v.path.startswith(("stem", "module1")) for v in model.trainable_variables)
    assert any(v.path.startswith("module2") for v in model.trainable_variables)


def test_another_network_is_refused(tiny_config, tmp_path):
    salnet.build_salnet(tiny_config, (48, 64)).save(tmp_path / "tiny.keras")
    with pytest.raises(ValueError, match="its configuration is another"):
        path = str(tmp_path / "tiny.keras")
        initialisation.initialise(salnet.build_salnet("salnet", (48, 64)), path, ())


def test_nothing_there_and_no_such_layer(tiny_config, tmp_path):
    model = salnet.build_salnet(tiny_config, (48, 64))
    with pytest.raises(ValueError, match="No model file there"):
        initialisation.initialise(model, str(tmp_path), ())
    with pytest.raises(ValueError, match=r"no layer with weights. Received: 'head'"):
        initialisation.initialise(model, "", ("head",))
