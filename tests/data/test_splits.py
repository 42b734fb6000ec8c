from data import splits


def test_splits_are_whole_disjoint_and_of_the_published_sizes():
    names = [f"{i}.jpg" for i in range(1003)]
    dealt = splits.by_name(names, {"train": 900, "validation": 103})
    assert {split: len(part) for split, part in dealt.items()} == {"train": 900, "validation": 103}
    assert sorted(dealt["train"] + dealt["validation"]) == sorted(names)


def test_splits_do_not_depend_on_the_order_of_names():
    names = [f"{i}.jpg" for i in range(50)]
    sizes = {"train": 40, "validation": 10}
    assert splits.by_name(names, sizes) == splits.by_name(reversed(names), sizes)
    # A part is kept for good: these names have been published.
    assert splits.by_name(names, sizes)["validation"][:3] == ["1.jpg", "14.jpg", "19.jpg"]
