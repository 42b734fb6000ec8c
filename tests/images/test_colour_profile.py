import io

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms

from salnet_tf.images import colour_profile

PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
PIXELS = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_a_profile_is_read(kind):
    for profile in (PROFILE, PROFILE + bytes(100_000)):  # one that JPEG keeps in parts
        file = io.BytesIO()
        Image.fromarray(PIXELS).save(file, kind, icc_profile=profile)
        assert colour_profile.read_profile(file.getvalue()) == profile
        cut = file.getvalue()[: len(PROFILE) // 2]
        assert colour_profile.read_profile(cut) is None


def test_what_has_none_or_one_of_other_colours():
    file = io.BytesIO()
    Image.fromarray(PIXELS).convert("CMYK").save(file, "JPEG", icc_profile=b"x" * 16 + b"CMYK" * 99)
    for data in (file.getvalue(), cv2.imencode(".jpg", PIXELS)[1].tobytes(), b"", b"GIF89a"):
        assert colour_profile.read_profile(data) is None


@pytest.mark.parametrize("ending", [".jpg", ".png"])
def test_a_profile_is_added(ending):
    data = cv2.imencode(ending, PIXELS)[1].tobytes()
    add = colour_profile.add_to_jpeg if ending == ".jpg" else colour_profile.add_to_png
    with_it = add(data, PROFILE + bytes(70_000))
    assert Image.open(io.BytesIO(with_it)).info["icc_profile"] == PROFILE + bytes(70_000)
    assert (
        cv2.imdecode(np.frombuffer(with_it, np.uint8), 1)
        == cv2.imdecode(np.frombuffer(data, np.uint8), 1)
    ).all()
