"""Pictures of a density: heat map, overlay, contours. RGB uint8 arrays in and out."""

import cv2
import numpy as np

SHARES = (0.25, 0.5, 0.75)
COLOUR_MAPS = ("inferno", "turbo", "viridis", "magma", "plasma", "jet", "hot", "bone")


def strength(density, peak=None):
    """Density `[H, W]` -> 0..1 of its peak.

    Args:
        density: `[H, W]`, sums to 1.
        peak: what counts as 1, in multiples of a uniform density (so that images of any size
            compare); None for the image's own maximum.
    """
    top = density.max() if peak is None else peak / density.size
    return np.clip(density / max(top, np.finfo(np.float32).tiny), 0, 1).astype(np.float32)


def heat_map(density, colour_map="inferno", peak=None):
    """The density in colours, `[H, W, 3]` uint8 RGB."""
    grey = np.rint(strength(density, peak) * 255).astype(np.uint8)
    code = getattr(cv2, f"COLORMAP_{check_colour_map(colour_map).upper()}")
    return cv2.cvtColor(cv2.applyColorMap(grey, code), cv2.COLOR_BGR2RGB)


def overlay(image, density, colour_map="inferno", opacity=0.6, peak=None):
    """The photo with the heat map laid over it, more opaque where the density is high.

    Args:
        image: `[H, W, 3]` uint8 RGB.
        density: `[H, W]`.
        colour_map: of `COLOUR_MAPS`.
        opacity: of the heat map where the density is highest, 0..1.
        peak: as in `strength`.
    """
    alpha = np.float32(opacity) * np.sqrt(strength(density, peak))[..., None]
    colours = heat_map(density, colour_map, peak).astype(np.float32)
    return np.uint8(image + alpha * (colours - image) + np.float32(0.5))


def contour(image, density, colour_map="inferno", shares=SHARES):
    """The photo with the outlines of the smallest regions that hold given shares of the density.

    Args:
        image: `[H, W, 3]` uint8 RGB.
        density: `[H, W]`.
        colour_map: of `COLOUR_MAPS`; the inner lines are the brighter.
        shares: 0..1, ascending.
    """
    drawn = image.copy()
    thickness = max(1, round(max(density.shape) / 400))
    colours = heat_map(np.linspace(1, 0.4, len(shares), dtype=np.float32)[None], colour_map)[0]
    for level, colour in reversed(list(zip(_levels(density, shares), colours, strict=True))):
        inside = (density >= level).astype(np.uint8)
        lines, _ = cv2.findContours(inside, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
        for edge, width in (((0, 0, 0), thickness + 2), (colour.tolist(), thickness)):
            cv2.drawContours(drawn, lines, -1, edge, width, cv2.LINE_AA)
    return drawn


def _levels(density, shares):
    """The density at the edge of the smallest region that holds each share."""
    ordered = np.sort(density, axis=None)[::-1]
    held = np.cumsum(ordered, dtype=np.float64)
    return [
        ordered[min(np.searchsorted(held, share * held[-1]), len(held) - 1)] for share in shares
    ]


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
