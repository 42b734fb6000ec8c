"""The first images of a set with their fixations, drawn for a person to look at."""

import cv2
import numpy as np

from salnet_tf.images import decode, geometry, render

_SIDE = 400  # pixels of an image's longer side as drawn
_MARGIN = 60  # around it, for fixations that lie outside
_GREEN, _RED, _FRAME = (60, 220, 60), (230, 50, 40), (255, 255, 255)


def draw(samples):
    """The bytes of a PNG: images side by side, fixations inside green, those outside red.

    Args:
        samples: list of (name, file's bytes, `[n, 2]` x and y in its pixels), and in a set of maps
            the saliency map, which is laid over the image.
    """
    tiles = [_tile(*sample) for sample in samples]
    height = max(len(tile) for tile in tiles)
    tiles = [np.pad(tile, ((0, height - len(tile)), (0, 0), (0, 0))) for tile in tiles]
    return cv2.imencode(".png", np.concatenate(tiles, axis=1)[..., ::-1])[1].tobytes()


def _tile(name, data, xy, saliency=None):
    image = decode.decode_photo(data)
    if saliency is not None:
        image = render.overlay(image, geometry.resize_image(saliency, image.shape[:2]))
    scale = _SIDE / max(image.shape[:2])
    size = [max(1, round(side * scale)) for side in image.shape[1::-1]]
    image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    tile = cv2.copyMakeBorder(image, *[_MARGIN] * 4, cv2.BORDER_CONSTANT, value=(40, 40, 40))
    x, y = np.asarray(xy, np.float64).reshape(-1, 2).T * scale
    inside = (x >= 0) & (y >= 0) & (x < size[0]) & (y < size[1])
    limits = np.array(tile.shape[1::-1]) - 4
    for left, top, is_inside in zip(x, y, inside, strict=True):
        if np.isfinite([left, top]).all():
            at = np.clip((left + _MARGIN, top + _MARGIN), 3, limits).astype(int)
            cv2.circle(tile, at.tolist(), 3, (0, 0, 0), -1, cv2.LINE_AA)
            cv2.circle(tile, at.tolist(), 2, _GREEN if is_inside else _RED, -1, cv2.LINE_AA)
    said = f"{name[:40]}: {len(x)} fixations, {int((~inside).sum())} outside"
    said = said if saliency is None else f"{name[:40]} and its map"
    said = said.encode("ascii", "replace").decode()
    return cv2.putText(tile, said, (8, 20), cv2.FONT_HERSHEY_SIMPLEX, 0.42, _FRAME, 1, cv2.LINE_AA)
