"""The image sets of a run: which are read, mixed, and refused before a step is taken."""

import dataclasses

import numpy as np
import pytest

from salnet_tf.training import config as config_lib
from salnet_tf.training import data, strategies

SET = "fixation_table/drawn"


@pytest.fixture
def make(data_dir):
    def make_config(**changes):
        settings = {"workdir": "w", "data_dir": data_dir, "datasets": (SET,), "batch_size": 4}
        return config_lib.TrainConfig(**{**settings, "image_size": (48, 64), **changes})

    return make_config


def unseen(load, split):
    """`load`, but nobody looked at the photos of a split."""

    def loaded(name, which, *arguments, **settings):
        found = load(name, which, *arguments, **settings)
        weights = np.zeros_like(found.weights) if which == split else found.weights
        return dataclasses.replace(found, weights=weights)

    return loaded


def test_two_sets_mixed_with_a_sigma_and_some_of_the_images(make):
    config = make(datasets=(SET, SET), validation_datasets=(SET,), mixing=(3.0, 1.0))
    whole = data.training(config)
    assert len(whole) == 32 and whole.chances[0] == 3 * whole.chances[-1]
    few = data.training(make(sigma=("30px",), images=5))
    assert len(few) == 5 and set(few.image_ids) < set(whole.image_ids)
    assert np.min(few.sigmas) > np.max(whole.sigmas)
    assert list(data.validation(config, whole)) == [SET]
    assert list(data.validation(make(init_from="a", calibrate=True), few)) == ["calibration"]


@pytest.mark.parametrize("split", ["train", "validation"])
def test_a_split_that_nobody_looked_at_is_refused(make, monkeypatch, split):
    monkeypatch.setattr(data.canvases, "load", unseen(data.canvases.load, split))
    with pytest.raises(ValueError, match=rf"has a fixation. Received: .*/drawn, split {split}$"):
        data.validation(make(), data.training(make()))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"datasets": ("salicon",)}, "Received: 'salicon'"),
        ({"validation_datasets": ("salicon",)}, "Received: 'salicon'"),
        ({"accumulation": 5}, r"there are 16\. Received: 4 x 5"),
        ({"images": 3}, r"there are 3\. Received: 4 x 1"),
        ({"soft_targets": "nowhere"}, "No teacher densities for fixation_table/drawn"),
    ],
)
def test_what_is_not_there_is_said_before_it_is_read(make, changes, message):
    with pytest.raises(ValueError, match=message):
        data.check(make(**changes))


def test_maps_train_and_validate_but_not_by_nss(make, map_data_dir):
    config = make(datasets=("map_folder/drawn",), data_dir=map_data_dir, select_by="nss")
    data.check(config)
    whole = data.training(config)
    assert len(whole) == 8 and whole.shares.all()
    with pytest.raises(ValueError, match=r"not for maps; choose by cc.* Received: select_by nss"):
        data.validation(config, whole)


def test_one_process_reads_all():
    assert strategies.worker(strategies.make_strategy("one_device")) == (0, 1)
