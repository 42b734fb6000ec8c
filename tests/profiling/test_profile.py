import json

import pytest

from benchmarks import training
from salnet_tf.profiling import profile, turns


def test_a_profile_of_a_small_network(tmp_path):
    config = profile.ProfileConfig(
        str(tmp_path),
        models=("salnet",),
        image_size=(32, 32),
        types=("fp32",),
        rounds=1,
        saved_model=False,
        reference="salnet fp32",
    )
    (row,) = profile.profile(config)
    assert row["times_less_file_mb"] == 1
    assert row["run_time_memory_mb"] > row["live_peak_mb"] > 32 * 32 * 3 * 4 / 1e6
    assert row["ms_min_1t"] <= row["ms_p50_1t"] <= row["ms_p99_1t"]
    # A depthwise network lies below what one dense convolution makes of the same core.
    assert 0 < row["gmac_s"] < row["dense_gmac_s"]
    # What the process really takes holds at least the weights and the live tensors.
    assert row["resident_growth_mb"] > row["run_time_memory_mb"]
    written = json.loads((tmp_path / "profile.json").read_text())
    assert sum(layer["macs"] for layer in written["layers"]["salnet"]) == pytest.approx(
        row["gmac"] * 1e9
    )
    for name in ("profile.md", "profile.csv", "memory.png", "macs.png"):
        assert (tmp_path / name).stat().st_size > 100


def test_a_worker_that_fails_says_why():
    with pytest.raises(ValueError, match=r"ended early.*no_such_file"):
        turns.take({"a": ("litert", "no_such_file.tflite", 1)}, rounds=1)


@pytest.mark.slow
def test_a_training_step_is_timed():
    command = ("training", "salnet", 32, 32, 2, "fused", 1)
    taken = turns.take({"a": command}, rounds=1, seconds_per_turn=0.1)["a"]
    assert taken["growth"] > 1e6
    assert min(taken["seconds"]) > 0


@pytest.mark.slow
def test_training_is_measured_with_both_normalisations_beside_a_backbone():
    config = training.TrainingCostConfig(
        backbones=("mobilenet_v2",), image_size=(32, 32), batch_size=2, threads=1, rounds=1
    )
    rows = training.measure(config)
    names = ["salnet", "salnet, unfused batch norm", "mobilenet_v2"]
    assert [row["model"] for row in rows] == names
    assert all(row["images_per_second"] > 0 and row["memory_gb"] > 0.01 for row in rows)
    assert rows[2]["memory_gb"] > rows[0]["memory_gb"]
    assert training.markdown(rows).splitlines()[2].startswith("| salnet | ")


@pytest.mark.parametrize(
    "options",
    [
        {"models": ("nobody",)},
        {"types": ("fp4",)},
        {"rounds": 0},
        {"threads": (0,)},
        {"threads": (1, 100_000)},
    ],
)
def test_wrong_choices_are_refused(options):
    with pytest.raises(ValueError, match="Received"):
        profile.ProfileConfig("out", **options)
