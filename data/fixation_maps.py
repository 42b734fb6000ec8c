"""Sets that publish fixations as the non-zero pixels of a map: observers pooled, order unknown."""

import numpy as np

from data import schema


def fixations(binary):
    """The fixations of a map.

    Args:
        binary: `[H, W]`, non-zero where anybody fixated. Two fixations of one pixel are one.

    Returns:
        `schema.Fixations` of one observer, at the pixels' centres, in reading order.
    """
    y, x = np.nonzero(binary)
    return schema.Fixations.of(x + 0.5, y + 0.5)
