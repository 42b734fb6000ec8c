def test_the_row_of_the_images_size_is_no_fixation(build_dummy):
    builder, splits = build_dummy("dut_omron")
    examples = {**splits["train"], **splits.get("validation", {})}
    fixations = examples["sun_0.jpg"]["fixations"]
    assert fixations["x"].tolist() == [3, 14, 8, 19]
    assert fixations["observer"].tolist() == [0, 0, 1, 1]
    assert builder.info.metadata["built"]["dropped"] == {}
