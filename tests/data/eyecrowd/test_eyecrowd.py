def test_an_observer_without_fixations_keeps_the_others_numbers(build_dummy):
    builder, splits = build_dummy("eyecrowd")
    examples = {**splits["train"], **splits.get("validation", {})}
    assert sorted(examples) == ["001.jpg", "002.jpg", "003.jpg", "004.jpg"]
    assert examples["001.jpg"]["fixations"]["x"].tolist() == [3, 14, 8, 19]
    assert examples["004.jpg"]["fixations"]["observer"].tolist() == [0, 0]
    assert builder.info.metadata["built"]["fixations"] == 14
