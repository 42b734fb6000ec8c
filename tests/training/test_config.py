import pytest

from salnet_tf.training import config


def make(**changes):
    return config.TrainConfig(**{"workdir": "w", "data_dir": "d", **changes})


def test_defaults_are_a_run():
    assert make().validation == ("synthetic",)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model": "salnett"}, "Unknown preset.*Received: 'salnett'"),
        ({"image_size": (250, 320)}, r"multiple of 16\. Received: \(250, 320\)"),
        ({"loss": "kl:1"}, "Received: 'kl'"),
        ({"datasets": ()}, "at least one prepared set"),
        ({"schedule": "step"}, "schedule must be one of.*Received: 'step'"),
        ({"precision": "float16"}, "precision must be one of.*Received: 'float16'"),
        ({"freeze": ("stem",)}, "init_from, which is empty. Received: freeze stem"),
        ({"epochs": 1, "warmup_epochs": 1.0}, r"below epochs \(1\). Received: 1.0"),
    ],
)
def test_wrong_combinations_are_one_sentence_before_any_data(changes, message):
    with pytest.raises(ValueError, match=message):
        make(**changes)


def test_identity_leaves_out_where_and_how_fast():
    assert make(threads=1, workdir="a").identity() == make(threads=2, workdir="b").identity()
    assert make(seed=1).identity() != make(seed=2).identity()
