"""Splits of sets whose authors published sizes but no lists: drawn by name, the same everywhere."""

import hashlib


def by_name(names, sizes):
    """Deal images into splits in the order of the md5 of their names.

    Args:
        names: all image ids of the set.
        sizes: split -> parts; the images are dealt in proportion, so that a complete set gets
            exactly these sizes.

    Returns:
        split -> sorted names; together all names, no name twice. A split that a small sample of
        the set leaves empty is left out.
    """
    dealt = sorted(names, key=lambda name: hashlib.md5(name.encode()).hexdigest())
    total, start, parts = sum(sizes.values()), 0, 0
    splits = {}
    for split, size in sizes.items():
        parts += size
        end = round(len(dealt) * parts / total)
        splits[split] = sorted(dealt[start:end])
        start = end
    return {split: names for split, names in splits.items() if names}
