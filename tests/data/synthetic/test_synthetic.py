import cv2
import numpy as np
import pytest

from data.synthetic import display, observers, synthetic_dataset_builder


def _pixels(drawn):
    return cv2.imdecode(np.frombuffer(drawn.png, np.uint8), cv2.IMREAD_COLOR)


def test_a_seed_draws_the_same_display_and_another_seed_another():
    assert display.draw((1, 2)).png == display.draw((1, 2)).png
    assert display.draw((1, 2)).png != display.draw((1, 3)).png


@pytest.mark.parametrize("seed", range(8))
def test_the_items_are_visible_on_their_ground(seed):
    drawn = display.draw(seed)
    pixels = _pixels(drawn).astype(float)
    assert pixels.shape[:2] == drawn.size
    at_items = pixels[drawn.items[:, 1].astype(int), drawn.items[:, 0].astype(int)]
    common = np.delete(at_items, drawn.target, axis=0)
    ground = np.median(pixels, axis=(0, 1))
    assert np.abs(np.median(common, axis=0) - ground).max() > 30


def test_observers_stay_inside_start_central_and_prefer_the_target():
    near_target, near_centre = [], []
    for seed in range(20):
        drawn = display.draw(seed)
        x, y, observer, order, duration = observers.look(drawn, (seed, 1))
        height, width = drawn.size
        assert np.all((x > 0) & (x < width) & (y > 0) & (y < height) & (duration > 0))
        assert len(np.unique(observer)) == observers.OBSERVERS
        target = drawn.items[drawn.target]
        near_target.append(np.hypot(x - target[0], y - target[1])[order > 0] < 8)
        near_centre.append(np.hypot(x / width - 0.5, y / height - 0.5)[order == 0] < 0.3)
    assert np.mean(near_target) > 0.45
    assert np.mean(near_centre) > 0.7


def test_no_validation_display_is_a_training_one():
    splits = synthetic_dataset_builder.Builder(data_dir="unused").records({})
    (train, *_), (validation, *_) = (list(splits[split]) for split in ("train", "validation"))
    assert train.image_id == "train_0000.png"
    assert validation.image_id == "validation_0000.png"
    assert train.read() != validation.read()
