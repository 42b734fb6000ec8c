import pytest

from salnet_tf.models import backbones


@pytest.mark.slow
def test_every_name_builds_a_map_of_the_input_size():
    for name in backbones.NAMES:
        model = backbones.build(name, (64, 96))
        assert model.input_shape == (None, 64, 96, 3)
        assert model.output_shape == (None, 64, 96, 1)
        assert model.compute_dtype == "float32"


def test_an_unknown_name_is_refused():
    with pytest.raises(ValueError, match=r"Known: salnet.*Received: .nobody."):
        backbones.build("nobody")
