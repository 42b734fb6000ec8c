import re

import numpy as np
import pytest

from salnet_tf.evaluation import plausibility


def _set(change=None, images=12, observers=6):
    """A set whose observers look near two places of each image; `change` makes it wrong."""
    generator = np.random.default_rng(0)
    found = plausibility.Plausibility()
    for _ in range(images):
        places = generator.uniform(0.15, 0.85, (2, 2))
        who = np.repeat(np.arange(observers), 8)
        xy = places[generator.integers(2, size=len(who))] + generator.normal(0, 0.05, (len(who), 2))
        found.look(*(change(xy, who) if change else (xy, who)))
    return found


def test_a_sound_set_has_no_warning():
    assert _set().warnings() == []


def test_one_observer_unlike_the_others_is_named():
    def upside_down(xy, who):
        return np.where((who == 3)[:, None], xy * (1, -1) + (0, 1), xy), who

    (said,) = _set(upside_down).warnings(["ann", "bob", "cem", "dan", "eva", "fay"])
    assert "observer dan looks elsewhere than all others" in said


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda xy, who: (np.repeat(xy, 3, axis=0), np.repeat(who, 3)), "1152 of 1728 fixations"),
        (lambda xy, who: (xy * 0.2, who), r"nearly all .* within 0\.0.* of the images' width"),
        (lambda xy, who: (xy * (1, 0.5) + (0, 0.5), who), r"mean fixation is at 0\.\d+, 0\.7"),
    ],
)
def test_what_is_odd_is_said(change, message):
    assert any(re.search(message, said) for said in _set(change).warnings())
