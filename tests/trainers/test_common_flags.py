import pytest

from trainers import common_flags


def test_image_sizes():
    assert common_flags.image_size("240x320") == (240, 320)
    assert common_flags.image_size("") == (240, 320)


@pytest.mark.parametrize("text", ["240", "240x", "0x320", "²x320", "-1x320", "1x2x3"])
def test_no_image_sizes(text):
    with pytest.raises(ValueError, match=r"image_size must be HEIGHTxWIDTH .*Received: "):
        common_flags.image_size(text)
