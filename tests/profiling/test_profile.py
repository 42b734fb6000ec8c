import json

import pytest

from salnet_tf.profiling import latency, profile


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
        latency.of_litert({"a": "no_such_file.tflite"}, 1)


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
