import pytest

from salnet_tf.pipeline import prepared


def test_examples_are_the_table(data_dir, table_folder):
    read = prepared.examples("fixation_table/drawn", "validation", data_dir)
    examples = sorted(read, key=lambda example: example.image_id)
    assert [e.image_id for e in examples] == ["16.png", "17.png", "18.png", "19.png"]
    assert examples[0].image == (table_folder / "images" / "16.png").read_bytes()
    assert examples[0].xy.shape == (12, 2)
    assert examples[0].sigma == pytest.approx(0.03 * 90)


def test_unknown_set_names_what_is_there(data_dir):
    with pytest.raises(ValueError, match=r"fixation_table/drawn.*Received: 'salicon'"):
        prepared.open_set("salicon", data_dir)


def test_unknown_split_names_what_is_there(data_dir):
    with pytest.raises(ValueError, match=r"splits train, validation\. Received: 'test'"):
        next(prepared.examples("fixation_table/drawn", "test", data_dir))
