def test_one_file_name_in_two_categories_is_two_images(build_dummy):
    builder, splits = build_dummy("cat2000")
    examples = {**splits["train"], **splits.get("validation", {})}
    assert sorted(examples) == [
        "Action_001.jpg", "Action_002.jpg", "Satelite_001.jpg", "Satelite_002.jpg",
    ]  # fmt: skip
    assert examples["Action_001.jpg"]["fixations"]["x"].tolist() == [3.5, 14.5, 8.5, 19.5]
    assert examples["Action_001.jpg"]["sigma"] == 40
    assert builder.info.metadata["published"]["splits"] == {"train": 1800, "validation": 200}
