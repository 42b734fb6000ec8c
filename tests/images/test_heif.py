"""HEIC photos, where the extra `heif` is installed."""

import io

import numpy as np
import pytest
from PIL import Image

from salnet_tf.images import decode, heif

HEADER = b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic"


def test_without_the_extra_it_is_named(monkeypatch):
    monkeypatch.setattr(heif, "is_installed", lambda: False)
    with pytest.raises(ValueError, match=r"HEIC photos need pillow-heif .*salnet-tf\[heif\]"):
        decode.decode_photo(HEADER)
    assert not heif.is_heif(b"\x00\x00\x00\x18ftypavif") and not heif.is_heif(b"")


def test_with_it_photos_are_read_and_damage_is_told():
    pillow_heif = pytest.importorskip("pillow_heif", reason="needs the extra `heif`")
    pixels = np.full((40, 60, 3), (200, 90, 30), np.uint8)
    file = io.BytesIO()
    pillow_heif.from_pillow(Image.fromarray(pixels)).save(file, quality=95)
    assert np.abs(decode.decode_photo(file.getvalue()).astype(int) - pixels).max() < 8
    for damaged in (HEADER, file.getvalue()[:200]):
        with pytest.raises(ValueError, match="cannot be decoded"):
            decode.decode_photo(damaged)
