def test_rows_are_y_before_x_in_seconds(build_dummy):
    builder, splits = build_dummy("scene500")
    examples = {**splits["train"], **splits.get("validation", {})}
    fixations = examples["001.jpg"]["fixations"]
    assert fixations["x"].tolist() == [3, 14, 8, 19]
    assert fixations["y"].tolist() == [3, 8, 10, 15]
    assert fixations["duration"].tolist() == [2000] * 4  # whole seconds are of 8 bits in the file
    assert examples["003.jpg"]["fixations"]["observer"].tolist() == [0, 0]
    assert builder.info.metadata["built"]["observers"] == 2
