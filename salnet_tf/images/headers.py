"""What the header of an image file says of it, read without decoding."""

import dataclasses
import re
import struct

# Tags of TIFF and EXIF.
_WIDTH, _HEIGHT, _PHOTOMETRIC, _ORIENTATION, _EXTRA_SAMPLES = 256, 257, 262, 274, 338
_CIELAB = 8
_START_OF_FRAME = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_HUFFMAN = (0xC0, 0xC1, 0xC2)  # baseline and progressive: what every decoder reads
_PNG = b"\x89PNG\r\n\x1a\n"
_GREY, _RGB, _PALETTE = 0, 2, 3  # colour types of PNG
# EXIF orientation by `imir` (axis of the mirror) and `irot` (quarter turns) of AVIF.
_AVIF_TURNS = {None: (1, 8, 3, 6), 0: (4, 5, 2, 7), 1: (2, 7, 4, 5)}


@dataclasses.dataclass(frozen=True)
class Header:
    """What a file says of its image.

    Attributes:
        kind: JPEG, PNG, WebP, BMP, TIFF, AVIF, JPEG 2000, PNM or GIF.
        height, width: in pixels, as stored.
        orientation: EXIF orientation, 1..8.
        alpha: it may have an alpha channel.
        plain: 8-bit grey or RGB, neither turned nor transparent, of JPEG or PNG: any decoder gives
            what a viewer shows.
        colour_key: the grey level of a PNG, as decoded, that is transparent; or None.
        times_alpha: OpenCV decodes its 8-bit colours multiplied by their alpha.
        refused: why the image is not read; None for one that is.
    """

    kind: str
    height: int
    width: int
    orientation: int = 1
    alpha: bool = False
    plain: bool = False
    colour_key: int | None = None
    times_alpha: bool = False
    refused: str | None = None


def read(data):
    """The `Header` of an image file's bytes.

    Raises:
        ValueError: it is of no kind known here, or its header is cut.
    """
    for start, reader in _READERS:
        if re.match(start, data, re.DOTALL):
            try:
                return reader(data)
            except (struct.error, IndexError, TypeError, KeyError, ValueError) as error:
                raise ValueError("the header is damaged or cut") from error
    raise ValueError("not JPEG, PNG, WebP, AVIF, TIFF, BMP, GIF, JPEG 2000 or PNM")


def _jpeg(data):
    at, orientation = 2, 1
    while data[at] == 0xFF:
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        if marker == 0xFF:  # it fills
            at += 1
            continue
        if marker == 0xE1 and data[at + 4 : at + 10] == b"Exif\0\0":
            orientation = _exif_orientation(data[at + 10 : at + 2 + length])
        if marker in _START_OF_FRAME:
            bits, height, width, channels = struct.unpack_from(">BHHB", data, at + 4)
            plain = marker in _HUFFMAN and bits == 8 and channels in (1, 3) and orientation == 1
            return Header("JPEG", height, width, orientation, plain=plain)
        at += 2 + length
    raise IndexError


def _png(data):
    width, height, depth, colours = struct.unpack_from(">IIBB", data, 16)
    chunks = dict(_png_chunks(data))
    orientation = _exif_orientation(chunks.get(b"eXIf", b""))
    key = None
    if b"tRNS" in chunks and colours == _GREY:
        key = struct.unpack(">H", chunks[b"tRNS"][:2])[0]
        key *= 255 // (2**depth - 1) if depth < 8 else 1
    hidden = b"acTL" in chunks and not chunks[b"acTL"]
    return Header(
        "PNG",
        height,
        width,
        orientation,
        alpha=colours > _PALETTE or b"tRNS" in chunks,
        plain=depth == 8
        and colours in (_GREY, _RGB)
        and orientation == 1
        and not {b"tRNS", b"acTL"} & set(chunks),
        colour_key=key,
        refused="an animated PNG whose first picture is hidden" if hidden else None,
    )


def _png_chunks(data):
    """(name, bytes) of the chunks that are looked at; `acTL` is empty where IDAT is no frame."""
    at, animated, framed = len(_PNG), False, False
    while at + 8 <= len(data):
        length, name = struct.unpack_from(">I4s", data, at)
        if name in (b"eXIf", b"tRNS"):
            yield name, data[at + 8 : at + 8 + length]
        animated |= name == b"acTL"
        framed |= name == b"fcTL"
        if name == b"IDAT" and animated:
            yield b"acTL", b"shown" if framed else b""
            animated = False
        at += 12 + length


def _webp(data):
    chunk = data[12:16]
    orientation, alpha = 1, False
    if chunk == b"VP8X":
        alpha = bool(data[20] & 0x10)
        width, height = (1 + int.from_bytes(data[at : at + 3], "little") for at in (24, 27))
        orientation = _exif_orientation(_riff_chunk(data, b"EXIF"))
    elif chunk == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        width, height, alpha = 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF), bool(bits >> 28 & 1)
    else:
        width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", data, 26))
    return Header("WebP", height, width, orientation, alpha)


def _riff_chunk(data, wanted):
    """The bytes of a chunk, empty where there is none."""
    at = 12
    while at + 8 <= len(data):
        name, length = struct.unpack_from("<4sI", data, at)
        if name == wanted:
            return data[at + 8 : at + 8 + length].removeprefix(b"Exif\0\0")
        at += 8 + length + length % 2
    return b""


def _tiff(data):
    tags = tiff_tags(data)
    refused = None
    if tags.get(_PHOTOMETRIC) == _CIELAB:
        refused = "a TIFF of CIELAB colours, not RGB or grey"
    elif tags.get(_PHOTOMETRIC, 2) < 2 and _EXTRA_SAMPLES in tags:
        refused = "a TIFF of grey with alpha, not RGB, RGBA or grey"
    return Header(
        "TIFF",
        tags[_HEIGHT],
        tags[_WIDTH],
        _valid(tags.get(_ORIENTATION)),
        alpha=_EXTRA_SAMPLES in tags,
        # libtiff multiplies colours by an alpha that the file says is not yet in them.
        times_alpha=tags.get(_EXTRA_SAMPLES) in (1, 2),
        refused=refused,
    )


def tiff_tags(data):
    """tag -> first value of the whole-number tags in the first directory of a TIFF (and EXIF)."""
    order = {b"II": "<", b"MM": ">"}.get(data[:2])
    if order is None or len(data) < 8:
        return {}
    big = struct.unpack_from(f"{order}H", data, 2)[0] == 43
    start, number, entry = ("Q", "Q", "HHQ") if big else ("I", "H", "HHI")
    tags = {}
    try:
        (at,) = struct.unpack_from(order + start, data, 8 if big else 4)
        (count,) = struct.unpack_from(order + number, data, at)
        at += struct.calcsize(order + number)
        for _ in range(min(count, 4096)):
            tag, kind, _ = struct.unpack_from(order + entry, data, at)
            at += struct.calcsize(order + entry)
            if kind in (3, 4):  # 16 and 32 bits
                (tags[tag],) = struct.unpack_from(order + {3: "H", 4: "I"}[kind], data, at)
            at += struct.calcsize(order + start)
    except struct.error:  # it is cut
        pass
    return tags


def _bmp(data):
    (size,) = struct.unpack_from("<I", data, 14)
    width, height = struct.unpack_from("<HH" if size == 12 else "<ii", data, 18)
    return Header("BMP", abs(height), abs(width), alpha=True)


def _gif(data):
    width, height = struct.unpack_from("<HH", data, 6)
    return Header("GIF", height, width, alpha=True)


def _pnm(data):
    numbers = re.match(rb"P[1-6]\s(?:\s|#[^\n]*\n)*(\d+)\s(?:\s|#[^\n]*\n)*(\d+)", data)
    return Header("PNM", int(numbers[2]), int(numbers[1]))


def _jpeg2000(data):
    at = data.index(b"\xff\x4f\xff\x51")
    right, bottom, left, top = struct.unpack_from(">IIII", data, at + 8)
    return Header("JPEG 2000", bottom - top, right - left, alpha=True)


def _avif(data):
    """The properties of its items: of sizes the largest, of turns the first."""
    at = data.index(b"ipco") + 4
    end = at - 8 + struct.unpack_from(">I", data, at - 8)[0]
    sizes, turns, mirror = [], 0, None
    while at + 8 <= end:
        length, name = struct.unpack_from(">I4s", data, at)
        if name == b"ispe":
            sizes.append(struct.unpack_from(">II", data, at + 12))
        elif name == b"irot":
            turns = data[at + 8] & 3
        elif name == b"imir":
            mirror = data[at + 8] & 1
        at += max(8, length)
    width, height = max(sizes, key=lambda size: size[0] * size[1])
    alpha = b"auxiliary:alpha" in data[: end + 65536]
    return Header("AVIF", height, width, _AVIF_TURNS[mirror][turns], alpha)


def _exif_orientation(exif):
    return _valid(tiff_tags(exif).get(_ORIENTATION))


def _valid(orientation):
    return orientation if orientation in range(1, 9) else 1


_READERS = (
    (rb"\xff\xd8", _jpeg),
    (re.escape(_PNG), _png),
    (rb"RIFF....WEBP", _webp),
    (rb"II[*+]\0|MM\0[*+]", _tiff),
    (rb"....ftyp(?:avif|avis)", _avif),
    (rb"....ftypmi[fm]1.{0,32}avif", _avif),
    (rb"BM", _bmp),
    (rb"GIF8[79]a", _gif),
    (rb"P[1-6]\s", _pnm),
    (rb"\0\0\0\x0cjP  |\xff\x4f\xff\x51", _jpeg2000),
)
