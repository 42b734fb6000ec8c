import re

import pytest

from benchmarks import pipeline

_RATES = {"pipeline": 100.0, "step": 25.0, "both": 19.0}


def test_the_summary_says_three_rates_and_whether_they_suffice():
    own = {**_RATES, "both": 23.0, "share": 23 / 25, "lost": 1 - 23 / 25}
    shared = {**_RATES, "share": 19 * (1 / 100 + 1 / 25), "lost": 1 - 19 / 25}
    text = pipeline.summary({"own_cores": own, "shared_cores": shared})
    assert "pipeline 100.0, step 25.0, both 23.0 images/s = 0.920" in text
    assert "at least 0.95: NO); 8 % of the step's rate lost to input" in text
    assert "both 19.0 images/s = 0.950 of one after the other (at least 0.90: yes)" in text


def test_a_machine_of_one_core_is_said_so():
    text = pipeline.summary(
        {"own_cores": None, "shared_cores": {**_RATES, "share": 1.0, "lost": 0.0}}
    )
    assert text.startswith("own cores: not measured")


@pytest.mark.slow
def test_a_real_measurement(data_dir):
    config = pipeline.SpeedConfig(
        "fixation_table/drawn", data_dir, image_size=(48, 64), batch_size=4, seconds=0.2
    )
    rates = pipeline.measure(config)
    assert min(rates["shared_cores"][name] for name in ("pipeline", "step", "both")) > 0
    numbers = re.findall(r"\d+\.\d", pipeline.summary(rates))
    assert len(numbers) >= 3
