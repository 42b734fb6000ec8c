"""Photos: every format whole, cut, overwritten and with flipped bits; sizes, colours, names."""

import struct
import zlib

import cv2
import numpy as np

from tests.corpus import case

FORMATS = ("jpg", "png", "webp", "bmp", "tif", "gif", "jp2", "avif", "ppm")
_CHECKED = ("png",)  # whose damage every decoder notices
SIDE = 30000  # of a bomb


def drawn(height=60, width=90, channels=3, dtype=np.uint8):
    """A disc on noise."""
    rng = np.random.default_rng(height + width)
    image = rng.integers(40, 120, (height, width, channels)).astype(np.uint8)
    cv2.circle(image, (width // 3, height // 2), max(1, height // 5), (230,) * channels, -1)
    return image.astype(dtype) * (257 if dtype == np.uint16 else 1)


def encoded(ending, image=None, options=()):
    """An image file's bytes."""
    image = drawn() if image is None else image
    if ending == "avif":
        return _pillow(image, "AVIF")
    if ending == "gif":
        return _pillow(image, "GIF")
    return cv2.imencode(f".{ending}", image, list(options))[1].tobytes()


def _pillow(image, form, **options):
    import io

    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(image[..., ::-1] if image.ndim == 3 else image).save(file, form, **options)
    return file.getvalue()


def predict(*inputs, formats="npy"):
    """The command on photos."""
    return ("salnet-predict", *inputs, "--output_dir=out", f"--formats={formats}")


def density(name, height=60, width=90):
    """A `check`: the density of a photo is there, of its size, and sums to 1."""

    def check(folder):
        found = np.load(folder / "out" / name)
        assert found.shape == (height, width), found.shape
        assert np.isfinite(found).all() and found.min() >= 0
        assert abs(found.sum() - 1) < 1e-3, found.sum()

    return check


def cases():
    """All of the kind."""
    yield from _formats()
    yield from _bombs()
    yield from _colours()
    yield from _sizes()
    yield from _names()
    yield from _no_photos()


def _photo(name, make, expected=case.RIGHT, ending="png", size=(60, 90), **options):
    """A case of one photo, `photo.ENDING`, of which `make()` gives the bytes."""
    file = f"photo.{ending}"
    options.setdefault("said", file if expected == case.REFUSED else "")
    check = density("photo.npy", *size) if expected == case.RIGHT else lambda folder: None
    return case.Case(
        "photos",
        name,
        predict(file),
        expected,
        lambda folder: case.write(folder / file, make()),
        check,
        **options,
    )


def _formats():
    for ending in FORMATS:

        def make(ending=ending):
            return encoded(ending)

        strict = case.REFUSED if ending in _CHECKED else case.EITHER
        yield _photo(f"{ending} whole", make, ending=ending)
        yield _photo(
            f"{ending} with bytes behind it", lambda m=make: m() + b"more" * 9, ending=ending
        )
        yield _photo(f"{ending} called txt", make, ending="txt")
        for share in (0.02, 0.1, 0.5, 0.9):
            cut = case.REFUSED if share < 0.95 and ending not in ("webp",) else case.EITHER
            yield _photo(
                f"{ending} cut to {share:.0%}",
                lambda m=make, share=share: m()[: int(len(m()) * share)],
                cut,
                ending,
            )
        for seed in range(5):
            yield _photo(
                f"{ending} with flipped bits {seed}",
                lambda m=make, seed=seed: flipped(m(), seed, 4),
                strict,
                ending,
            )
        for where in (0.0, 0.4, 0.8):
            yield _photo(
                f"{ending} with zeros at {where:.0%}",
                lambda m=make, where=where: zeroed(m(), where),
                case.REFUSED if where == 0 else strict,
                ending,
            )


def flipped(data, seed, count=4):
    """Bytes with some bits flipped, none of them in the first eighth."""
    data, rng = bytearray(data), np.random.default_rng(seed)
    for place in rng.integers(len(data) // 8, len(data) - 16, count):
        data[place] ^= 1 << int(rng.integers(8))
    return bytes(data)


def zeroed(data, where, share=0.1):
    """Bytes with a tenth of them zero."""
    first = int(len(data) * where)
    count = max(8, int(len(data) * share))
    return data[:first] + bytes(count) + data[first + count :]


def chunk(kind, data):
    """A chunk of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, depth, colour, rows, between=b""):
    """A PNG of raw rows (each with its filter byte)."""
    header = struct.pack(">2I5B", width, height, depth, colour, 0, 0, 0)
    body = chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + between + body


def png_bomb(depth=8, colour=2, side=SIDE):
    """A PNG that says it is 30000 pixels square, and for one bit a pixel is so."""
    rows = bytes((1 + side // 8) * side) if depth == 1 else bytes(9999)
    return png(side, side, depth, colour, rows)


def jpeg_bomb(side=SIDE):
    """A JPEG whose header says 30000x30000."""
    data = bytearray(encoded("jpg"))
    frame = data.index(b"\xff\xc0")
    data[frame + 5 : frame + 9] = struct.pack(">2H", side, side)
    return bytes(data)


def _bombs():
    yield _photo("jpg bomb", jpeg_bomb, case.REFUSED, "jpg")
    for depth, colour in ((8, 2), (8, 6), (16, 2), (8, 0), (1, 0), (1, 3)):
        between = chunk(b"PLTE", bytes(6)) if colour == 3 else b""
        yield _photo(
            f"png bomb, {depth} bits, colour {colour}",
            lambda d=depth, c=colour, b=between: png(SIDE, SIDE, d, c, bytes(9999), b),
            case.REFUSED,
        )
    yield _photo("png bomb of one bit, whole", lambda: png_bomb(1, 0), case.REFUSED)
    yield _photo(
        "png of 2^31 pixels a side", lambda: png(2**31 - 1, 2**31 - 1, 8, 2, b""), case.REFUSED
    )
    yield _photo("png of no width", lambda: png(0, 9, 8, 2, b""), case.REFUSED)
    for name, make in (
        ("bmp", lambda: _patched(encoded("bmp"), 18, "<2i")),
        ("gif", lambda: _patched(encoded("gif"), 6, "<2H")),
        ("ppm", lambda: b"P6\n30000 30000\n255\n" + bytes(999)),
        ("pgm", lambda: b"P5\n30000 30000\n255\n" + bytes(999)),
        ("pbm", lambda: b"P4\n30000 30000\n" + bytes(999)),
        ("webp", lambda: _webp_bomb()),
        ("tif", _tiff_bomb),
    ):
        yield _photo(f"{name} bomb", make, case.REFUSED, name)


def _patched(data, offset, form):
    size = struct.pack(form, SIDE, SIDE)
    return data[:offset] + size + data[offset + len(size) :]


def _webp_bomb():
    data = bytearray(encoded("webp", options=(cv2.IMWRITE_WEBP_QUALITY, 80)))
    frame = data.index(b"\x9d\x01\x2a")
    data[frame + 3 : frame + 7] = struct.pack("<2H", 16383, 16383)
    return bytes(data)


def _tiff_bomb():
    tags = [(256, 4, SIDE), (257, 4, SIDE), (258, 3, 8), (259, 3, 1), (262, 3, 1), (273, 4, 200)]
    tags += [(277, 3, 1), (278, 4, SIDE), (279, 4, SIDE * SIDE)]
    entries = b"".join(
        struct.pack("<2HI", tag, kind, 1) + struct.pack("<I", v) for tag, kind, v in tags
    )
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(999)


def _colours():
    grey = drawn(channels=1)[..., 0]
    for name, image in (
        ("grey", grey),
        ("16-bit grey", grey.astype(np.uint16) * 257),
        ("16-bit colour", drawn(dtype=np.uint16)),
        ("alpha", drawn(channels=4)),
        ("16-bit alpha", drawn(channels=4).astype(np.uint16) * 257),
        ("black", np.zeros((60, 90, 3), np.uint8)),
        ("white", np.full((60, 90, 3), 255, np.uint8)),
    ):
        yield _photo(f"png {name}", lambda image=image: encoded("png", image))
        if "alpha" not in name:
            yield _photo(f"tif {name}", lambda image=image: encoded("tif", image), ending="tif")
    row = bytes([0]) + bytes(range(90))
    yield _photo(
        "png grey with a transparent level",
        lambda: png(90, 60, 8, 0, row * 60, chunk(b"tRNS", b"\0\5")),
    )
    row16 = bytes([0]) + bytes(i // 2 for i in range(180))
    yield _photo(
        "png 16-bit grey with a transparent level",
        lambda: png(90, 60, 16, 0, row16 * 60, chunk(b"tRNS", b"\0\5")),
    )
    palette = chunk(b"PLTE", bytes(range(240))) + chunk(b"tRNS", bytes(range(80)))
    index = bytes([0]) + bytes(i % 80 for i in range(90))
    yield _photo("png palette with transparency", lambda: png(90, 60, 8, 3, index * 60, palette))
    yield _photo("png palette without one", lambda: png(90, 60, 8, 3, index * 60), case.REFUSED)
    yield _photo("jpg cmyk", _cmyk, ending="jpg")
    for orientation in range(1, 9):
        size = (60, 90) if orientation < 5 else (90, 60)
        yield _photo(
            f"jpg turned {orientation}", lambda o=orientation: _turned(o), ending="jpg", size=size
        )
    yield _photo("jpg turned 99", lambda: _turned(99), ending="jpg")
    yield _photo("gif of three pictures", lambda: _animated("GIF"), case.EITHER, "gif")
    yield _photo("webp of three pictures", lambda: _animated("WEBP"), case.EITHER, "webp")
    yield _photo("apng", lambda: _animated("PNG"))


def _cmyk():
    import io

    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(drawn()).convert("CMYK").save(file, "JPEG")
    return file.getvalue()


def _turned(orientation):
    data = encoded("jpg")
    exif = (
        b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01"
        + struct.pack(">HH", orientation, 0)
        + bytes(4)
    )
    return data[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + data[2:]


def _animated(form):
    import io

    from PIL import Image

    frames = [Image.fromarray(np.roll(drawn(), 9 * k, 1)) for k in range(3)]
    file = io.BytesIO()
    frames[0].save(file, form, save_all=True, append_images=frames[1:], duration=50)
    return file.getvalue()


def _sizes():
    for height, width in (
        (1, 1),
        (1, 90),
        (90, 1),
        (2, 3),
        (1, 5000),
        (5000, 1),
        (7, 3000),
        (31, 33),
    ):
        for ending in ("png", "jpg"):
            yield _photo(
                f"{ending} of {height}x{width}",
                lambda e=ending, h=height, w=width: encoded(e, drawn(h, w)),
                case.EITHER if max(height, width) > 2048 else case.RIGHT,
                ending,
                (height, width),
            )


def _names():
    names = [
        *("with space.png", "[brackets].png", "star*.png", "what?.png", "UPPER.PNG", "%d.png"),
        *("é.png", "e\u0301.png", "照片.png", "dots.in.name.png", "-dash.png", "--flag.png"),
        *("quote'.png", 'two".png', "new\nline.png", "tab\t.png", "a&b;c.png", "n" * 200 + ".png"),
    ]
    for name in names:
        stem = name.rpartition(".")[0]
        yield case.Case(
            "photos",
            f"named {name!r}",
            predict("photos"),
            case.RIGHT,
            lambda folder, name=name: case.write(folder / "photos" / name, encoded("png")),
            density(f"{stem}.npy"),
        )
    for name in ("n" * 251 + ".png", "é" * 125 + ".png", "é" * 110 + ".png", ".hidden.png"):
        yield case.Case(
            "photos",
            f"named {name[:9]}, {len(name.encode())} bytes",
            predict("photos", formats="npy,overlay,json"),
            case.EITHER,
            lambda folder, name=name: case.write(folder / "photos" / name, encoded("png")),
        )
    yield case.Case(
        "photos",
        "two of one stem",
        predict("photos"),
        case.RIGHT,
        case.writes(**{"photos/a.png": b"", "photos/a.jpg": b""}) and _two_of_one_stem,
    )


def _two_of_one_stem(folder):
    for ending in ("png", "jpg"):
        case.write(folder / "photos" / f"a.{ending}", encoded(ending))


def _no_photos():
    for name, data in (
        ("nothing", b""),
        ("one byte", b"\xff"),
        ("text", b"not a photo\n" * 50),
        ("zeros", bytes(5000)),
        ("html", b"<!doctype html><html><body>404</body></html>"),
        ("pdf", b"%PDF-1.7\n" + bytes(500)),
        ("zip", b"PK\x03\x04" + bytes(500)),
        ("svg", b'<svg xmlns="http://www.w3.org/2000/svg"/>'),
        ("git lfs pointer", b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n"),
        ("jpeg magic", b"\xff\xd8\xff\xe0" + bytes(500)),
        ("png magic", b"\x89PNG\r\n\x1a\n" + bytes(500)),
        ("tiff magic", b"II*\0\x08\0\0\0" + b"\xff" * 500),
        ("webp magic", b"RIFF\xff\xff\xff\xffWEBPVP8 " + bytes(500)),
        ("gif magic", b"GIF89a" + b"\xff" * 500),
        ("bmp magic", b"BM" + b"\xff" * 500),
        ("avif magic", b"\0\0\0\x20ftypavif" + bytes(500)),
        ("heic magic", b"\0\0\0\x20ftypheic" + bytes(500)),
    ):
        for ending in ("jpg", "png"):
            yield _photo(f"{name} called {ending}", lambda data=data: data, case.REFUSED, ending)
        yield case.Case(
            "photos", f"{name} on standard input", predict("-"), case.REFUSED, stdin=data
        )
