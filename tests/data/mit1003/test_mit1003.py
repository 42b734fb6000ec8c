import numpy as np
import pytest

from data.mit1003 import gaze_samples


@pytest.mark.parametrize("config", ["900_103", "803_200", "10_fold"])
def test_fixations_are_found_and_the_first_is_left_out_by_name(build_dummy, config):
    builder, splits = build_dummy("mit1003", config)
    examples = {name: e for examples in splits.values() for name, e in examples.items()}
    assert sorted(examples) == ["i0.jpeg", "i1.jpeg", "i2.jpeg", "i3.jpeg"]
    fixations = examples["i0.jpeg"]["fixations"]
    assert fixations["x"].tolist() == [3, 14, 8, 19]
    assert fixations["y"].tolist() == [3, 8, 10, 15]
    assert fixations["observer"].tolist() == [0, 0, 1, 1]
    assert fixations["order"].tolist() == [0, 1, 0, 1]
    reason = "first fixation, on the cross before the image"
    assert builder.info.metadata["built"]["dropped"][reason] == {"images": 0, "fixations": 8}


def _still(x, y, milliseconds):
    return np.tile([x, y], (round(milliseconds * 240 / 1000), 1))


def test_a_saccade_parts_two_fixations_and_drift_does_not():
    drift = np.stack([np.linspace(100, 110, 120), np.full(120, 50.0)], axis=-1)  # 0.6 degree/s
    saccade = np.linspace([110, 50], [400, 300], 8)
    samples = np.concatenate([drift, saccade, _still(400, 300, 200)])
    x, y, duration = gaze_samples.fixations(samples)
    np.testing.assert_allclose(x, [105, 400], atol=2)
    np.testing.assert_allclose(y, [50, 300], atol=2)
    np.testing.assert_allclose(duration, [500, 200], atol=20)


def test_blinks_and_short_stops_are_no_fixations():
    samples = np.concatenate(
        [_still(100, 100, 200), _still(-1, -1, 100), _still(300, 100, 30), _still(-1, -1, 100)]
    )
    x, _, _ = gaze_samples.fixations(samples)
    assert x.tolist() == [100]
    assert len(gaze_samples.fixations(np.full((50, 2), np.nan))[0]) == 0
