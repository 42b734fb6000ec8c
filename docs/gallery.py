"""Draws docs/gallery.jpg, the README's picture; it needs docs/requirements.txt.

Photos come with scikit-image and scikit-learn; docs/gallery.md names authors and licences.
"""

import importlib.resources
import pathlib

import cv2
import numpy as np

import salnet_tf
from salnet_tf.images import crop, decode, render

PHOTOS = {
    "astronaut": ("skimage.data", "astronaut.png"),
    "photographer": ("skimage.data", "camera.png"),
    "cat": ("skimage.data", "chelsea.png"),
    "coffee": ("skimage.data", "coffee.png"),
    "rocket": ("skimage.data", "rocket.jpg"),
    "pavilion": ("sklearn.datasets.images", "china.jpg"),
}
ROW = 220  # pixels


def main():
    predictor = salnet_tf.load()
    cells = [_cell(predictor, *where) for where in PHOTOS.values()]
    width = max(cell.shape[1] for cell in cells)
    cells = [_padded(cell, width) for cell in cells]
    rows = [np.concatenate(cells[i : i + 2], axis=1) for i in range(0, len(cells), 2)]
    picture = np.concatenate(rows)[:-_GAP, :-_GAP]
    path = pathlib.Path(__file__).with_name("gallery.jpg")
    cv2.imwrite(str(path), picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 88])


_GAP = 10


def _cell(predictor, package, name):
    """Photo, heat map and 9:16 crop side by side."""
    photo = decode.decode_photo(importlib.resources.files(package).joinpath(name).read_bytes())
    density = predictor.predict(photo)
    left, top, right, bottom = crop.smart_crop(density, 9 / 16)
    parts = (photo, render.overlay(photo, density), photo[top:bottom, left:right])
    return np.concatenate([_padded(_scaled(part), 0, _GAP // 2) for part in parts], axis=1)


def _scaled(picture):
    width = round(picture.shape[1] * ROW / picture.shape[0])
    return cv2.resize(picture, (width, ROW), interpolation=cv2.INTER_AREA)


def _padded(picture, width, gap=0):
    """White to the right, up to `width` and by `gap`; the rows of the picture apart."""
    right = max(width - picture.shape[1], 0) + gap
    bottom = _GAP if width else 0
    return np.pad(picture, ((0, bottom), (0, right), (0, 0)), constant_values=255)


if __name__ == "__main__":
    main()
