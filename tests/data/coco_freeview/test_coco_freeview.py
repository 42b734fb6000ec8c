def test_scanpaths_of_published_splits(build_dummy):
    builder, splits = build_dummy("coco_freeview")
    assert {split: sorted(examples) for split, examples in splits.items()} == {
        "train": ["000000000000.jpg", "000000000001.jpg"],
        "validation": ["000000000002.jpg"],
    }
    fixations = splits["train"]["000000000000.jpg"]["fixations"]
    assert fixations["x"].tolist() == [3, 14, 8, 19]
    assert fixations["observer"].tolist() == [0, 0, 1, 1]
    assert fixations["order"].tolist() == [0, 1, 0, 1]
    assert fixations["duration"].tolist() == [200, 250, 200, 250]
    assert builder.info.metadata["built"]["observers"] == 2
