"""Spectral residual (Hou and Zhang, CVPR 2007): a classical model to earn one's cost against."""

import cv2
import numpy as np


def saliency(image, width=64, sigma=2.5):
    """Where the image's spectrum departs from its own local mean.

    Args:
        image: `[height, width, 3]` uint8 RGB.
        width: to which the image is reduced first, pixels.
        sigma: of the final blur, pixels of the reduced image.

    Returns:
        `[height, width]` float64, at least 0.
    """
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float64)
    height = max(1, round(width * image.shape[0] / image.shape[1]))
    spectrum = np.fft.fft2(cv2.resize(grey, (width, height), interpolation=cv2.INTER_AREA))
    log_amplitude = np.log(np.abs(spectrum) + 1e-9)
    residual = log_amplitude - cv2.blur(log_amplitude, (3, 3))
    salient = np.abs(np.fft.ifft2(np.exp(residual + 1j * np.angle(spectrum)))) ** 2
    salient = cv2.GaussianBlur(salient, (0, 0), sigma)
    enlarged = cv2.resize(salient, image.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    return np.maximum(enlarged, 0)
