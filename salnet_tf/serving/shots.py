"""A running average of a video's densities, begun anew at a cut."""

import cv2
import numpy as np

_THUMBNAIL = (32, 24)  # width, height
# Mean difference of two frames' thumbnails, 0..255. Between photographs it is 38 and more; under a
# pan of 2 % of the width a frame it is 9, 20 at most.
_LEAST_CUT = 20.0
_OF_MOTION = 2.0  # times the usual difference
_MEMORY = 0.8  # weight of the past in what is usual


class ShotAverage:
    """Averages the densities of one shot.

    Args:
        keep: weight of the past, 0 (no smoothing) up to 1.
    """

    def __init__(self, keep):
        self._keep = keep
        self._density = self._thumbnail = None
        self._motion = 0.0

    def add(self, frame, density):
        """The average up to a frame: of all frames since the last cut, the past fading.

        Args:
            frame: `[H, W, 3]` uint8.
            density: `[H, W]`, of this frame.

        Returns:
            `[H, W]`.
        """
        if self._is_cut(frame):
            self._density = density
        else:
            self._density = self._keep * self._density + (1 - self._keep) * density
        return self._density

    def _is_cut(self, frame):
        """True for a first frame and for one unlike the frame before, more than motion makes it."""
        before = self._thumbnail
        thumbnail = cv2.resize(frame, _THUMBNAIL, interpolation=cv2.INTER_AREA)
        self._thumbnail = thumbnail.astype(np.float32)
        if before is None:
            return True
        difference = float(np.abs(self._thumbnail - before).mean())
        if difference > max(_LEAST_CUT, _OF_MOTION * self._motion):
            self._motion = 0.0
            return True
        self._motion = _MEMORY * self._motion + (1 - _MEMORY) * difference
        return False
