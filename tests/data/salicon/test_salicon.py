import pytest


@pytest.mark.parametrize("edition", ["2015", "2017"])
def test_editions_splits_and_a_test_set_without_truth(build_dummy, edition):
    builder, splits = build_dummy("salicon", edition)
    assert builder.info.full_name == f"salicon/{edition}/1.0.0"
    assert {split: len(examples) for split, examples in splits.items()} == {
        "train": 2, "validation": 1, "test": 1,
    }  # fmt: skip
    example = splits["train"]["COCO_train2014_000000000000.jpg"]
    assert example["fixations"]["x"].tolist() == [3, 14, 8, 19]
    assert example["fixations"]["observer"].tolist() == [0, 0, 1, 1]
    assert example["sigma"] == 19
    (secret,) = splits["test"].values()
    assert len(secret["fixations"]["x"]) == 0
