def test_first_fixations_are_left_out_and_categories_share_names(build_dummy):
    builder, splits = build_dummy("figrim")
    examples = {**splits["train"], **splits.get("validation", {})}
    assert sorted(examples) == ["beach_a.jpg", "beach_b.jpg", "cave_a.jpg"]
    fixations = examples["beach_a.jpg"]["fixations"]
    assert fixations["x"].tolist() == [3, 14, 8, 19]
    assert fixations["observer"].tolist() == [0, 0, 1, 1]
    assert fixations["order"].tolist() == [0, 1, 0, 1]
    (dropped,) = builder.info.metadata["built"]["dropped"].values()
    assert dropped == {"images": 0, "fixations": 6}
