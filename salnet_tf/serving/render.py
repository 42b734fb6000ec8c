"""Pictures of a density: heat map, overlay on the photo. RGB uint8 arrays in and out."""

import cv2
import numpy as np

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
    code = getattr(cv2, f"COLORMAP_{_known(colour_map).upper()}")
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
    alpha = opacity * np.sqrt(strength(density, peak))[..., None]
    mixed = image * (1 - alpha) + heat_map(density, colour_map, peak) * alpha
    return np.rint(mixed).astype(np.uint8)


def _known(colour_map):
    if colour_map not in COLOUR_MAPS:
        raise ValueError(
            f"colour_map must be one of {', '.join(COLOUR_MAPS)}. Received: {colour_map!r}"
        )
    return colour_map
