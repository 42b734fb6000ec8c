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
        (
            {"learning_rate": 0.0},
            r"learning_rate must be above 0 and at most 1000\. Received: 0\.0",
        ),
        ({"weight_decay": float("nan")}, r"weight_decay must be at least 0 .*\. Received: nan"),
        ({"ema_momentum": 1.0}, r"ema_momentum must be at least 0 and below 1\. Received: 1\.0"),
        ({"batch_size": 0}, r"batch_size must be at least 1 and at most 65536\. Received: 0"),
        ({"seed": -1}, r"seed must be .* at most 2147483647\. Received: -1"),
        ({"mixing": (1.0, 2.0)}, r"weight for each of 1 sets\. Received: \(1\.0, 2\.0\)"),
        ({"mixing": (0.0,)}, r"mixing must be above 0 .*Received: \(0\.0,\)"),
        ({"clusters": 8}, r"clusters has no effect without the loss sparse\. Received: 8"),
        ({"soft_share": 0.7}, r"soft_share has no effect without soft_targets\. Received: 0\.7"),
        ({"unlabelled": ("u",)}, r"unlabelled has no effect without soft_targets"),
        ({"plateau_patience": 5}, r"no effect without schedule plateau\. Received: 5"),
        (
            {"schedule": "constant", "warmup_epochs": 2.0},
            r"warmup_epochs has no effect without schedule cosine\. Received: 2\.0",
        ),
        (
            {"shard_reading": True, "strategy": "mirrored"},
            r"shard_reading has no effect without strategy multi_worker\. Received: True",
        ),
        ({"strategy": "tpu", "jit_compile": "on"}, "auto or off with strategy tpu.*Received: on"),
        ({"workdir": ""}, "workdir must not be empty. Received: ''"),
        ({"photometric": 1e300}, r"photometric must be .* Received: 1e\+300"),
        ({"soft_share": 1.5}, r"soft_share must be .* at most 1\. Received: 1\.5"),
        ({"sigma": ("24",)}, r"sigma must be like 24px or 1deg\. Received: '24'"),
    ],
)
def test_wrong_combinations_are_one_sentence_before_any_data(changes, message):
    with pytest.raises(ValueError, match=message):
        make(**changes)


def test_identity_leaves_out_where_and_how_fast():
    assert make(threads=1, workdir="a").identity() == make(threads=2, workdir="b").identity()
    assert make(seed=1).identity() != make(seed=2).identity()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"crop": 1.0}, r"crop must be at least 0 and below 1\. Received: 1\.0"),
        ({"datasets": ("a", "b", "c"), "sigma": ("1deg", "8px")}, "each of 3 sets. Received: 1deg"),
        (
            {"shard_reading": True, "soft_targets": "t", "unlabelled": ("u",)},
            "for prepared sets, not for folders. Received: 'u'",
        ),
    ],
)
def test_wrong_reading_is_one_sentence(changes, message):
    with pytest.raises(ValueError, match=message):
        make(**changes)


def test_sigma_is_one_for_all_or_each_sets_own():
    two = make(datasets=("a", "b"), sigma=("8px", "1deg"))
    assert [two.sigma_of(name) for name in ("a", "b", "c")] == ["8px", "1deg", ""]
    assert make(sigma=("8px",)).sigma_of("c") == "8px"
    assert make().sigma_of("a") == ""


def test_options_that_change_nothing_are_no_part_of_the_identity():
    unset = {"crop", "mixing", "sigma", "shard_reading", "soft_share", "network"}
    assert not unset & set(make().identity())
    assert make(crop=0.1).identity()["crop"] == 0.1
    assert make(soft_targets="d").identity()["soft_share"] == 0.5


def test_a_run_of_one_epoch_warms_up_for_half_of_it():
    assert make().warmup_epochs == 1.0 and make(epochs=1).warmup_epochs == 0.5
    assert make(schedule="plateau").warmup_epochs == 0.0
