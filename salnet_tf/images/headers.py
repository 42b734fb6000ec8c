"""What the first bytes of a photo's file say of it, read without decoding."""

import struct

_ORIENTATION = 0x0112
_START_OF_FRAME = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_TIFF = {b"II": "<", b"MM": ">"}


def orientation(data):
    """The EXIF orientation of a JPEG, PNG or WebP, 1..8; 1 where it says none."""
    for mark, skipped in ((b"Exif\x00\x00", 6), (b"eXIf", 4), (b"EXIF", 8)):
        at = data.find(mark, 0, None if data[:2] != b"\xff\xd8" else 1 << 17)
        if at >= 0:
            value = tiff_tags(data[at + skipped :]).get(_ORIENTATION, 1)
            return value if value in range(1, 9) else 1
    return 1


def tiff_tags(data):
    """The tags of a TIFF's (and EXIF's) first directory.

    Returns:
        tag -> its first value, of tags that are whole numbers of 16 bits; empty if it is no TIFF.
    """
    order, tags = _TIFF.get(data[:2]), {}
    if order is None:
        return tags
    try:
        (start,) = struct.unpack_from(f"{order}I", data, 4)
        (count,) = struct.unpack_from(f"{order}H", data, start)
        for entry in range(start + 2, start + 2 + 12 * count, 12):
            tag, kind, _, value = struct.unpack_from(f"{order}HHIH", data, entry)
            if kind == 3:
                tags[tag] = value
    except struct.error:  # it is cut
        pass
    return tags


def jpeg_frame(data):
    """(height, width, components) of a JPEG; None where it has none."""
    at = 2
    while data[at : at + 1] == b"\xff" and at + 9 < len(data):
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        if marker in _START_OF_FRAME:
            return *struct.unpack_from(">HH", data, at + 5), data[at + 9]
        at += 1 if marker == 0xFF else 2 + length  # 0xFF fills
    return None


def size(data):
    """(height, width) of a PNG or JPEG as stored; None of anything else."""
    if data[:8] == b"\x89PNG\r\n\x1a\n" and len(data) >= 24:
        return struct.unpack(">II", data[16:24])[::-1]
    frame = jpeg_frame(data) if data[:2] == b"\xff\xd8" else None
    return frame and frame[:2]
