"""The colour profile (ICC) of a photo's file, which a crop of it keeps."""

import struct
import zlib

_JPEG_MARK = b"ICC_PROFILE\x00"
_MOST_IN_A_SEGMENT = 65_519
_MAX_BYTES = 16 << 20


def read_profile(data):
    """The RGB profile in the bytes of a JPEG, PNG, WebP or TIFF; None where there is none.

    A profile of other colours than RGB says nothing of decoded pixels: None as well.
    """
    if data[:2] == b"\xff\xd8":
        profile = _of_jpeg(data)
    elif data[:8] == b"\x89PNG\r\n\x1a\n":
        profile = _of_png(data)
    elif data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        profile = _of_webp(data)
    else:
        profile = _of_tiff(data) if data[:4] in (b"II*\x00", b"MM\x00*") else None
    if not profile or not 128 <= int.from_bytes(profile[:4], "big") <= len(profile):  # it is cut
        return None
    return profile if profile[16:20] == b"RGB " else None


def add_to_jpeg(jpeg, profile):
    """A JPEG's bytes with a profile in them."""
    parts = [
        profile[i : i + _MOST_IN_A_SEGMENT] for i in range(0, len(profile), _MOST_IN_A_SEGMENT)
    ]
    if len(parts) > 255:
        return jpeg
    segments = [
        b"\xff\xe2"
        + struct.pack(">H", 2 + len(_JPEG_MARK) + 2 + len(part))
        + _JPEG_MARK
        + bytes([number, len(parts)])
        + part
        for number, part in enumerate(parts, 1)
    ]
    return jpeg[:2] + b"".join(segments) + jpeg[2:]


def add_to_png(png, profile):
    """A PNG's bytes with a profile in them, behind its header."""
    body = b"iCCP" + b"icc\x00\x00" + zlib.compress(profile)
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    return png[:33] + chunk + png[33:]


def _of_jpeg(data):
    parts, at = {}, 2
    while data[at : at + 1] == b"\xff" and at + 4 <= len(data) and data[at + 1] != 0xDA:
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        body = data[at + 4 : at + 2 + length]
        if data[at + 1] == 0xE2 and body.startswith(_JPEG_MARK) and len(body) > 14:
            parts[body[12]] = body[14:]
        at += 1 if data[at + 1] == 0xFF else 2 + max(2, length)
    return b"".join(parts[number] for number in sorted(parts)) or None


def _of_png(data):
    at = 8
    while at + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        if kind == b"iCCP":
            packed = data[at + 8 : at + 8 + length].partition(b"\x00")[2][1:]
            try:
                return zlib.decompressobj().decompress(packed, _MAX_BYTES)
            except zlib.error:
                return None
        if kind == b"IDAT":
            return None
        at += 12 + length
    return None


def _of_webp(data):
    at = 12
    while at + 8 <= len(data):
        kind, length = struct.unpack_from("<4sI", data, at)
        if kind == b"ICCP":
            return data[at + 8 : at + 8 + length]
        at += 8 + length + length % 2
    return None


def _of_tiff(data):
    order = "<" if data[:2] == b"II" else ">"
    try:
        (start,) = struct.unpack_from(f"{order}I", data, 4)
        (count,) = struct.unpack_from(f"{order}H", data, start)
        for entry in range(start + 2, start + 2 + 12 * count, 12):
            tag, _, length, at = struct.unpack_from(f"{order}HHII", data, entry)
            if tag == 34675:
                return data[at : at + length]
    except struct.error:  # it is cut
        pass
    return None
