import pytest

from data.osie import osie_dataset_builder


def _pin(monkeypatch, md5):
    monkeypatch.setattr(osie_dataset_builder.Builder, "FIXATIONS_MD5", (md5,))


def test_cells_of_observers(build_dummy, monkeypatch):
    with pytest.raises(ValueError, match=r"fixations\.mat must have the md5 8efdf6fe\S+") as error:
        build_dummy("osie")
    _pin(monkeypatch, str(error.value).split("Received: ")[1].split()[0])
    builder, splits = build_dummy("osie")
    assert {split: len(examples) for split, examples in splits.items()} == {
        "train": 3, "validation": 1,
    }  # fmt: skip
    example = {**splits["train"], **splits["validation"]}["1001.jpg"]
    assert example["fixations"]["x"].tolist() == [3, 14, 8, 19]
    assert example["fixations"]["y"].tolist() == [3, 8, 10, 15]
    assert example["fixations"]["observer"].tolist() == [0, 0, 1, 1]
    assert example["fixations"]["order"].tolist() == [0, 1, 0, 1]
    assert example["fixations"]["duration"].tolist() == [200, 250, 200, 250]
    assert example["sigma"] == 24
    assert builder.info.metadata["pixels_per_degree"] == 24
    assert builder.info.metadata["published"]["images"] == 700
