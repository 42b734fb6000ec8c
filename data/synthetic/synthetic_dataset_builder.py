"""Pop-out displays and their observers, drawn from a seed: no file, no network."""

import functools

from data import fixation_set, schema
from data.synthetic import display, observers

_SEED = 2026
_SPLITS = {"train": 320, "validation": 64}


class Builder(fixation_set.FixationSet):
    """384 displays of up to 192 pixels, eight observers of six fixations each."""

    PUBLISHED = fixation_set.published_counts(
        images=sum(_SPLITS.values()),
        observers=observers.OBSERVERS,
        fixations=sum(_SPLITS.values()) * observers.OBSERVERS * observers.FIXATIONS,
        **_SPLITS,
    )

    def records(self, files):
        del files  # it needs none
        return {
            split: map(functools.partial(_record, split, number), range(count))
            for number, (split, count) in enumerate(_SPLITS.items())
        }


def _record(split, number, index):
    drawn = display.draw(seed=(_SEED, number, index))
    x, y, observer, order, duration = observers.look(drawn, seed=(_SEED, number, index, 1))
    fixations = schema.Fixations.of(x, y, observer, order, duration)
    return fixation_set.Record(f"{split}_{index:04d}.png", lambda: drawn.png, fixations)
