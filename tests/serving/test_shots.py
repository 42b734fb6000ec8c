import numpy as np
import pytest

from salnet_tf.serving import shots


def _scene(seed):
    """A picture with light and dark areas, wider than a frame of 64x96."""
    areas = np.random.default_rng(seed).integers(0, 256, (8, 24, 3)).astype(np.uint8)
    return areas.repeat(8, axis=0).repeat(8, axis=1)


def _pan(scene, frames=8, step=1):
    return [scene[:, i * step : i * step + 96] for i in range(frames)]


def _density(x):
    map_ = np.zeros((64, 96), np.float32)
    map_[30, x] = 1
    return map_


def test_the_past_fades_within_a_shot():
    average = shots.ShotAverage(0.5)
    frame = _scene(0)[:, :96]
    shown = [average.add(frame, _density(x)) for x in (10, 20, 20)][-1]
    assert shown[30, 10] == pytest.approx(0.25) and shown[30, 20] == pytest.approx(0.75)


def test_nothing_lingers_after_a_cut():
    average = shots.ShotAverage(0.9)
    for frame in _pan(_scene(0)):
        average.add(frame, _density(10))
    shown = average.add(_pan(_scene(1))[0], _density(80))
    np.testing.assert_array_equal(shown, _density(80))


def test_a_moving_camera_is_no_cut():
    average = shots.ShotAverage(0.9)
    frames = _pan(_scene(0), frames=40, step=1)
    for i, frame in enumerate(frames):
        shown = average.add(frame, _density(10 if i < 39 else 80))
    assert shown[30, 10] == pytest.approx(0.9)


def test_light_that_changes_slowly_is_no_cut():
    average = shots.ShotAverage(0.5)
    scene = _scene(0)[:, :96]
    for i in range(20):
        shown = average.add((scene * (1 - 0.05 * i)).astype(np.uint8), _density(10 + i))
    assert np.count_nonzero(shown) == 20


def test_without_smoothing_each_frame_stands_alone():
    average = shots.ShotAverage(0.0)
    average.add(_scene(0)[:, :96], _density(1))
    np.testing.assert_array_equal(average.add(_scene(0)[:, :96], _density(2)), _density(2))
