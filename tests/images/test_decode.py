"""Every kind of photo becomes what a person sees, or one sentence that says why not."""

import io
import struct
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps

from salnet_tf.images import decode, headers


def scene(height=24, width=40):
    """Smooth colours, so that JPEG keeps them, and no symmetry, so that every turn shows."""
    y, x = np.mgrid[0:height, 0:width]
    red, green = 255 * x / width, 255 * y / height
    return np.stack([red, green, 0 * red + 60], axis=-1).astype(np.uint8)


def alpha():
    """Nothing of the upper half to be seen, half of a strip."""
    opaque = np.full((24, 40), 255, np.uint8)
    opaque[:12], opaque[12:15] = 0, 128
    return opaque


def encoded(image, format_, mode="RGB", **options):
    file = io.BytesIO()
    Image.fromarray(image).convert(mode).save(file, format_, **options)
    return file.getvalue()


_TURNED_IN_THE_FILE = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def turned(orientation, format_="JPEG", mode="RGB", **options):
    """A file that a viewer turns by its mark, and then shows `scene()`."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = Image.fromarray(scene()).convert(mode)
    if mode == "RGBA":
        image.putalpha(Image.fromarray(alpha()))
    file = io.BytesIO()
    if orientation > 1:
        image = image.transpose(_TURNED_IN_THE_FILE[orientation])
    image.save(file, format_, exif=exif, **options)
    return file.getvalue()


def with_alpha(format_="PNG", **options):
    file = io.BytesIO()
    Image.fromarray(np.dstack([scene(), alpha()])).save(file, format_, **options)
    return file.getvalue()


def _chunk(name, data):
    return struct.pack(">I4s", len(data), name) + data + struct.pack(">I", zlib.crc32(name + data))


def png(pixels, depth, colours, *chunks):
    """A PNG of one row, its ancillary chunks given; `pixels` `[width]` or `[width, channels]`."""
    if depth == 16:
        row = np.asarray(pixels, ">u2").tobytes()
    else:
        bits = "".join(f"{value:0{depth}b}" for value in np.ravel(pixels))
        bits += "0" * (-len(bits) % 8)
        row = int(bits, 2).to_bytes(len(bits) // 8, "big")
    head = struct.pack(">IIBBBBB", len(pixels), 1, depth, colours, 0, 0, 0)
    parts = [_chunk(b"IHDR", head), *chunks, _chunk(b"IDAT", zlib.compress(b"\0" + row))]
    return headers._PNG + b"".join(parts) + _chunk(b"IEND", b"")


_LOSSLESS = {"lossless": True, "exact": True}
SEEN_AS_A_VIEWER = {
    "jpeg": encoded(scene(), "JPEG", quality=95),
    "progressive": encoded(scene(), "JPEG", quality=95, progressive=True),
    "grey jpeg": encoded(scene(), "JPEG", "L", quality=95),
    "jpeg of rgb": encoded(scene(), "JPEG", quality=95, keep_rgb=True),
    "cmyk": encoded(scene(), "JPEG", "CMYK", quality=95),
    "png": encoded(scene(), "PNG"),
    "palette": encoded(scene(), "PNG", "P"),
    "bits": encoded(scene(), "PNG", "1"),
    "16-bit": cv2.imencode(".png", scene()[..., ::-1].astype(np.uint16) * 257)[1].tobytes(),
    "bmp": encoded(scene(), "BMP"),
    "webp": encoded(scene(), "WEBP", lossless=True),
    "lossy webp": encoded(scene(), "WEBP", quality=100),
    "tiff": encoded(scene(), "TIFF"),
    "lzw tiff": encoded(scene(), "TIFF", compression="tiff_lzw"),
    "big tiff": encoded(scene(), "TIFF", big_tiff=True),
    "gif": encoded(scene(), "GIF"),
    "ppm": encoded(scene(), "PPM"),
    "jp2": encoded(scene(), "JPEG2000"),
    **{f"exif{o}": turned(o, quality=95) for o in range(1, 9)},
    **{f"exif{o} png": turned(o, "PNG") for o in (2, 6)},
    **{f"exif{o} tiff": turned(o, "TIFF") for o in (2, 6)},
    **{f"exif{o} avif": turned(o, "AVIF", quality=98) for o in range(1, 9)},
    "exif8 webp": turned(8, "WEBP", lossless=True),
    "exif7 cmyk": turned(7, mode="CMYK", quality=95),
}
WITH_ALPHA = {
    "png": with_alpha(),
    "webp": with_alpha("WEBP", **_LOSSLESS),
    "tiff": with_alpha("TIFF"),
    "exif6 png": turned(6, "PNG", "RGBA"),
    "exif3 webp": turned(3, "WEBP", "RGBA", **_LOSSLESS),
    "exif8 tiff": turned(8, "TIFF", "RGBA"),
}


@pytest.mark.parametrize("name", SEEN_AS_A_VIEWER)
def test_a_photo_is_what_a_viewer_shows(name):
    data = SEEN_AS_A_VIEWER[name]
    viewer = ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB")
    image, header = decode.decode_photo(data), decode.read_header(data)
    assert image.shape == np.shape(viewer) and image.dtype == np.uint8
    assert np.abs(image.astype(float) - viewer).mean() < 2
    shape = image.shape[1::-1] if header.orientation > 4 else image.shape[:2]
    assert (header.height, header.width) == shape


@pytest.mark.parametrize("name", WITH_ALPHA)
def test_alpha_is_laid_over_white(name):
    shown = scene().astype(float)
    image = decode.decode_photo(WITH_ALPHA[name])
    assert image[:12].min() == 255
    np.testing.assert_allclose(image[12:15], (128 * shown[12:15] + 127 * 255) / 255, atol=1.5)
    np.testing.assert_array_equal(image[15:], shown[15:])


@pytest.mark.parametrize(
    ("depth", "colours", "pixels", "key", "shown"),
    [
        (8, 0, [10, 200, 90], (200,), [10, 255, 90]),
        (4, 0, [0, 1, 15], (1,), [0, 255, 255]),
        (1, 0, [0, 1, 0], (0,), [255, 255, 255]),
        (16, 0, [2560, 60000, 23040], (60000,), [10, 255, 90]),
        (16, 0, [2560, 60001, 23040], (60000,), [10, 234, 90]),
        (8, 2, [[10] * 3, [200] * 3, [90] * 3], (200,) * 3, [10, 255, 90]),
        (16, 2, [[2560] * 3, [60000] * 3, [23040] * 3], (60000,) * 3, [10, 255, 90]),
    ],
)
def test_a_transparent_colour_is_white(depth, colours, pixels, key, shown):
    data = png(pixels, depth, colours, _chunk(b"tRNS", struct.pack(f">{len(key)}H", *key)))
    assert decode.decode_photo(data)[0].tolist() == [[value] * 3 for value in shown]
    assert not decode.read_header(data).plain


def _animated(*before):
    """A PNG with an animation; `before` are its chunks before the first picture."""
    return png([10, 20], 8, 0, _chunk(b"acTL", struct.pack(">II", 1, 0)), *before)


def test_an_animations_first_picture_is_read_unless_it_is_hidden():
    frame = _chunk(b"fcTL", struct.pack(">IIIIIHHBB", 0, 2, 1, 0, 0, 1, 10, 0, 0))
    assert decode.decode_photo(_animated(frame))[0].tolist() == [[10] * 3, [20] * 3]
    with pytest.raises(ValueError, match="Received: an animated PNG whose first picture is hidden"):
        decode.decode_photo(_animated())


@pytest.mark.parametrize("name", ["jpeg", "png", "grey jpeg", "progressive", "jpeg of rgb"])
def test_plain_files_are_told(name):
    assert decode.read_header(SEEN_AS_A_VIEWER[name]).plain
    for other in ("cmyk", "palette", "16-bit", "bmp", "exif3", "exif6 png"):
        assert not decode.read_header(SEEN_AS_A_VIEWER[other]).plain


def _bombs():
    """Headers of 30000x30000 pixels, of every kind; none has the pixels."""
    side = 30_000
    jpeg = SEEN_AS_A_VIEWER["jpeg"]
    at = jpeg.index(b"\xff\xc0") + 5
    yield "jpeg", jpeg[:at] + struct.pack(">HH", side, side) + jpeg[at + 4 :]
    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    yield "png", headers._PNG + _chunk(b"IHDR", head) + _chunk(b"IDAT", b"")
    yield "webp", b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0" + (side - 1).to_bytes(3, "little") * 2
    yield "bmp", b"BM" + bytes(12) + struct.pack("<Iii", 40, side, -side)
    entries = [(256, 4, side), (257, 4, side)]
    yield (
        "tiff",
        b"II*\0\x08\0\0\0\x02\0"
        + b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in entries),
    )
    yield "gif", b"GIF89a" + struct.pack("<HH", side, side)
    yield "ppm", b"P6\n# made\n30000 30000\n255\n"
    yield "jp2", b"\xff\x4f\xff\x51" + struct.pack(">HHIIII", 0, 0, side, side, 0, 0)
    avif = SEEN_AS_A_VIEWER["exif1 avif"]
    at = avif.index(b"ispe") + 8
    yield "avif", avif[:at] + struct.pack(">II", side, side) + avif[at + 8 :]


@pytest.mark.parametrize(("name", "data"), list(_bombs()), ids=lambda value: str(value)[:5])
def test_a_header_of_too_many_pixels_is_refused_before_anything_is_decoded(name, data, monkeypatch):
    monkeypatch.setattr(cv2, "imdecode", None)
    with pytest.raises(ValueError, match=r"at most 120000000 pixels\. Received: 30000x30000"):
        decode.decode_photo(data)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", r"empty \(0 bytes\)"),
        (b"not an image", "not JPEG, PNG, WebP, AVIF.* Received: 12 bytes"),
        (b"\xff\xd8\xff\xe0", "header is damaged or cut"),
        (b"RIFF....WEBPVP8X", "header is damaged or cut"),
        (b"II*\0\x08\0\0\0", "header is damaged or cut"),
        (encoded(np.zeros((3, 3, 3), np.uint8), "TIFF", "LAB"), "Received: a TIFF of CIELAB"),
        (encoded(np.zeros((3, 3), np.uint8), "TIFF", "LA"), "Received: a TIFF of grey with alpha"),
    ],
)
def test_what_is_not_read_is_told(data, message):
    with pytest.raises(ValueError, match=message):
        decode.decode_photo(data)


@pytest.mark.parametrize("name", ["jpeg", "png", "webp", "tiff", "gif", "jp2", "ppm", "exif6 avif"])
def test_a_file_that_is_cut_is_refused(name):
    data = SEEN_AS_A_VIEWER[name]
    for length in (len(data) // 20, len(data) // 3, len(data) * 9 // 10):
        with pytest.raises(ValueError, match=r"cannot be decoded: .*Received: "):
            decode.decode_photo(data[:length])


@pytest.mark.parametrize(
    ("compression", "start", "damage"),
    [
        ("tiff_lzw", 8, b"\x80\x40\x40"),  # LZW's codes for "clear" and "end"
        ("tiff_adobe_deflate", 5000, b"\xff" * 400),
        ("jpeg", 5000, b"\xff" * 400),
    ],
)
def test_damage_that_libtiff_reports_is_refused_and_stderr_is_as_it_was(
    compression, start, damage, capfd
):
    noise = np.random.default_rng(0).integers(0, 255, (90, 120, 3), np.uint8)
    data = encoded(noise, "TIFF", compression=compression)
    decode.decode_photo(data)
    data = data[:start] + damage + data[start + len(damage) :]
    with pytest.raises(ValueError, match="damaged, or a TIFF of a rare kind"):
        decode.decode_photo(data)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("orientation", range(1, 9))
def test_points_turn_with_their_pixels(orientation):
    image = np.zeros((5, 9), np.uint8)
    image[1, 7] = 255
    shown = decode.upright(image, orientation)
    x, y = decode.upright_points([[7.25, 1.5]], shown.shape, orientation)[0]
    assert shown[int(y), int(x)] == 255


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("form", ["PNG", "WEBP"])
def test_a_shape_that_alpha_alone_shows_is_turned_as_exif_says(form, orientation):
    icon = np.zeros((16, 24, 4), np.uint8)  # black, and whatever way it is turned
    icon[2:9, 1:5, 3] = 255
    exif = Image.Exif()
    exif[0x0112] = orientation
    file = io.BytesIO()
    Image.fromarray(icon).save(file, form, exif=exif, **(_LOSSLESS if form == "WEBP" else {}))
    shown = decode.decode_photo(file.getvalue())
    np.testing.assert_array_equal(shown[..., 0], decode.upright(255 - icon[..., 3], orientation))


@pytest.mark.parametrize("order", ["little", "big"])
def test_orientation_of_both_byte_orders(order):
    def number(value, size):
        return value.to_bytes(size, order)

    entry = number(0x0112, 2) + number(3, 2) + number(1, 4) + number(6, 2) + b"\0\0"
    mark = b"II" if order == "little" else b"MM"
    exif = mark + number(42, 2) + number(8, 4) + number(1, 2) + entry + number(0, 4)
    assert headers.tiff_tags(exif) == {0x0112: 6}
    assert headers.tiff_tags(exif[:9]) == {}
