"""Pictures of a density: heat map, overlay, contours. RGB uint8 arrays in and out, or files.

The network's last upsampling is bilinear: its kinks, a fortieth of the image apart, show as crosses
at the peaks. Heat map and overlay are drawn from a density that is blurred by less than that.
"""

import contextlib
import os
import struct
import zlib

import cv2
import numpy as np

_GRID = 128  # cells of the longer side on which a density is blurred for drawing
_SIGMA = 1.5  # cells
SHARES = (0.25, 0.5, 0.75)
COLOUR_MAPS = ("inferno", "turbo", "viridis", "magma", "plasma", "jet", "hot", "bone")


def strength(density, peak=None):
    """Density `[H, W]` -> 0..1 of its peak.

    Args:
        density: `[H, W]`, sums to 1.
        peak: what counts as 1, in multiples of a uniform density (so that images of any size
            compare); None for the image's own maximum.
    """
    return np.clip(density / _top(density, peak), 0, 1).astype(np.float32)


def grey_map(density, peak=None):
    """The density in 256 levels, `[H, W]` uint8: 255 at the peak, the density's own pixels."""
    return cv2.convertScaleAbs(density, alpha=255 / _top(density, peak))


def heat_map(density, colour_map="inferno", peak=None):
    """The density in colours, `[H, W, 3]` uint8 RGB."""
    return _painted(_levels(density, peak), _palette(colour_map))


def heat_map_png(density, colour_map="inferno", peak=None):
    """The bytes of a PNG of `heat_map`: 256 levels and a palette (www.w3.org/TR/png, 11.2).

    OpenCV writes no palettes, and as RGB it takes several times as long and 2.7 times the space.
    """
    levels = _levels(density, peak)
    height, width = levels.shape
    rows = np.empty((height, 1 + width), np.uint8)
    rows[:, 0] = 2  # the filter "up": each row less the one above
    rows[0, 1:] = levels[0]
    np.subtract(levels[1:], levels[:-1], out=rows[1:, 1:])
    packer = zlib.compressobj(1, strategy=zlib.Z_RLE)
    return b"".join(
        [
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", struct.pack(">2I5B", width, height, 8, 3, 0, 0, 0)),
            _chunk(b"PLTE", _palette(colour_map).tobytes()),
            _chunk(b"IDAT", packer.compress(rows) + packer.flush()),
            _chunk(b"IEND", b""),
        ]
    )


def overlay(image, density, colour_map="inferno", opacity=0.6, peak=None):
    """The photo with the heat map laid over it, more opaque where the density is high.

    Args:
        image: `[H, W, 3]` uint8 RGB.
        density: `[H, W]`.
        colour_map: of `COLOUR_MAPS`.
        opacity: of the heat map where the density is highest, 0..1.
        peak: as in `strength`.
    """
    # Colour and opacity depend on the level alone: two tables of 256 entries do the arithmetic.
    # Opacity rises fast, but with no step at 0 that a white wall would show.
    alpha = opacity * (1 - (1 - np.arange(256) / 255) ** 2)[:, None]
    keep = np.rint(255 * (1 - alpha)).astype(np.uint8)
    paint = np.rint(alpha * _palette(colour_map)).astype(np.uint8)
    levels = _levels(density, peak)
    kept = cv2.multiply(image, cv2.merge([cv2.LUT(levels, keep)] * 3), scale=1 / 255)
    return cv2.add(kept, _painted(levels, paint))


def contour(image, density, colour_map="inferno", shares=SHARES):
    """The photo with the outlines of the smallest regions that hold given shares of the density.

    Args:
        image: `[H, W, 3]` uint8 RGB.
        density: `[H, W]`.
        colour_map: of `COLOUR_MAPS`; the inner lines are the brighter.
        shares: 0..1, ascending.
    """
    drawn = image.copy()
    thickness = max(1, round(max(density.shape) / 320))
    colours = heat_map(np.linspace(1, 0.5, len(shares), dtype=np.float32)[None], colour_map)[0]
    for level, colour in reversed(list(zip(_edges(density, shares), colours, strict=True))):
        inside = (density >= level).astype(np.uint8)
        lines, _ = cv2.findContours(inside, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
        if thickness > 1:  # a dark rim, for which a small photo has no room
            cv2.drawContours(drawn, lines, -1, (0, 0, 0), thickness + 2, cv2.LINE_AA)
        cv2.drawContours(drawn, lines, -1, colour.tolist(), thickness, cv2.LINE_AA)
    return drawn


def points(image, xy):
    """The photo with a dot on each point.

    Args:
        image: `[H, W, 3]` uint8 RGB.
        xy: `[n, 2]` points (x right, y down), pixels.
    """
    drawn = image.copy()
    for x, y in np.asarray(xy, int).tolist():
        cv2.circle(drawn, (x, y), 3, (0, 0, 0), -1, cv2.LINE_AA)
        cv2.circle(drawn, (x, y), 2, (255, 230, 0), -1, cv2.LINE_AA)
    return drawn


def _edges(density, shares):
    """The density at the edge of the smallest region that holds each share.

    Of an image longer than 640 pixels every second pixel of every second row tells it, and so on.
    """
    step = -(-max(density.shape) // 640)
    ordered = np.sort(density[::step, ::step], axis=None)[::-1]
    held = np.cumsum(ordered, dtype=np.float64)
    return [
        ordered[min(np.searchsorted(held, share * held[-1]), len(held) - 1)] for share in shares
    ]


def _chunk(kind, data):
    """A chunk of a PNG file."""
    checksum = zlib.crc32(data, zlib.crc32(kind))
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)


def _levels(density, peak):
    """`strength` of the smooth density in 256 levels, `[H, W]` uint8."""
    return grey_map(_smooth(density), peak)


def _smooth(density):
    """The density blurred by about a hundredth of its longer side; a small one as it is."""
    height, width = density.shape
    scale = _GRID / max(height, width)
    if scale > 0.5:
        return density
    cells = (max(1, round(width * scale)), max(1, round(height * scale)))
    blurred = cv2.GaussianBlur(cv2.resize(density, cells), (0, 0), _SIGMA)
    smooth = cv2.resize(blurred, (width, height), interpolation=cv2.INTER_CUBIC)
    return smooth.reshape(density.shape)


def _top(density, peak):
    """The density of strength 1, above 0."""
    top = float(density.max()) if peak is None else peak / density.size
    return max(top, 1e-30)


def _painted(levels, table):
    """`levels` by a table of colours `[256, 3]`, `[H, W, 3]` uint8; a table a channel is faster."""
    return cv2.merge([cv2.LUT(levels, channel) for channel in np.ascontiguousarray(table.T)])


def _palette(colour_map):
    """The 256 colours of a map, `[256, 3]` uint8 RGB."""
    code = getattr(cv2, f"COLORMAP_{check_colour_map(colour_map).upper()}")
    return cv2.applyColorMap(np.arange(256, dtype=np.uint8)[:, None], code)[:, 0, ::-1]


def check_colour_map(colour_map):
    """The name itself.

    Raises:
        ValueError: no colour map has it.
    """
    if colour_map not in COLOUR_MAPS:
        raise ValueError(
            f"colour_map must be one of {', '.join(COLOUR_MAPS)}. Received: {colour_map!r}"
        )
    return colour_map


def encoded(ending, image):
    """The bytes of a picture's file.

    Args:
        ending: of the file's name, such as `_overlay.jpg`.
        image: `[H, W, 3]` uint8 RGB, or `[H, W]` grey.

    Raises:
        ValueError: the format does not take a picture of this size.
    """
    height, width = image.shape[:2]
    done, data = False, None
    with contextlib.suppress(cv2.error):
        pixels = cv2.cvtColor(image, cv2.COLOR_RGB2BGR) if image.ndim == 3 else image
        done, data = cv2.imencode(os.path.splitext(ending)[1], pixels)
    if not done:
        raise ValueError(f"The picture {ending} cannot be encoded. Received: {width}x{height}")
    return data.tobytes()
