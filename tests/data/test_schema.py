import numpy as np

from data import schema


def test_fixations_count_the_order_of_each_observer():
    fixations = schema.Fixations.of([1, 2, 3, 4], [5, 6, 7, 8], observer=[0, 1, 0, 1])
    assert fixations.order.tolist() == [0, 0, 1, 1]
    assert fixations.duration.tolist() == [schema.UNKNOWN_DURATION] * 4


def test_an_unknown_duration_is_stored_as_minus_one():
    fixations = schema.Fixations.of([1, 2], [1, 2], order=[0, 1], duration=[np.nan, -7])
    assert fixations.as_example()["duration"].tolist() == [-1, -1]


def test_joined_keeps_every_part_and_none_is_empty():
    one = schema.Fixations.of([1.5], [2.5], observer=3)
    two = schema.Fixations.of([4, 5], [6, 7], observer=4)
    joined = schema.Fixations.joined([one, two])
    assert joined.x.tolist() == [1.5, 4, 5]
    assert joined.observer.tolist() == [3, 4, 4]
    assert len(schema.Fixations.joined([])) == 0
