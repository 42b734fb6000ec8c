"""Where channels are worth least, the layout takes them away, and keeps its budget."""

import dataclasses

import cv2
import keras
import numpy as np
import pytest

from research import ablation, layout
from salnet_tf.models import presets, salnet
from salnet_tf.profiling import counting
from salnet_tf.training import initialisation

SIZE = (48, 64)


@pytest.fixture(scope="module")
def wide():
    return initialisation.load_model("salnet_large").with_image_size(SIZE)


def macs(config):
    return counting.total(counting.layer_costs(salnet.SalNet(config, SIZE)))[1]


def curves(wide, costs_of):
    return {
        (number, module.expanded * part // 4): costs_of(number) * (4 - part)
        for number, module in enumerate(wide.config.modules, 1)
        for part in (1, 2, 3)
    }


@pytest.mark.parametrize("share", [0.6, 0.75, 0.9])
def test_a_layout_has_the_multiply_adds_it_says_and_no_more_than_asked(wide, share):
    budget = share * macs(wide.config)
    counts, said, lost = layout.within(wide, curves(wide, lambda number: 0.01), budget)
    change = ablation.expanded_change(counts)
    counted = macs(ablation.changed(wide.config, (change,)))
    assert said == pytest.approx(counted, rel=1e-9) and said <= budget
    assert said > 0.97 * budget and lost > 0


def test_channels_go_where_they_are_worth_least(wide):
    full = [module.expanded for module in wide.config.modules]
    budget = 0.95 * macs(wide.config)
    costs = curves(wide, lambda number: 1e-6 if number in (3, 12) else 1.0)
    counts, _, _ = layout.within(wide, costs, budget)
    assert [i for i, (c, f) in enumerate(zip(counts, full, strict=True), 1) if c < f] == [3, 12]


@pytest.mark.parametrize("budget", [1e5, float("nan")])
def test_a_budget_that_no_layout_keeps_is_refused(wide, budget):
    with pytest.raises(ValueError, match=r"The narrowest layout has .* a budget of (0\.000|nan)"):
        layout.within(wide, curves(wide, lambda number: 0.1), budget)


@pytest.mark.slow
def test_the_costs_are_measured_on_photos(wide, tmp_path, monkeypatch):
    random = np.random.default_rng(5)
    for i in range(12):
        photo = random.uniform(0, 255, (6, 8, 3)).repeat(8, 0).repeat(8, 1)
        cv2.imwrite(str(tmp_path / f"{i}.png"), photo.astype(np.uint8))
    monkeypatch.setattr(layout, "_SHARES", (0.5,))
    seen = {}
    within = layout.within
    monkeypatch.setattr(
        layout, "within", lambda w, costs, budget: within(w, seen.update(costs) or costs, budget)
    )
    counts, said, lost = layout.find("salnet_large", str(tmp_path), 0.8 * macs(wide.config), SIZE)
    assert len(seen) == 13 and min(seen.values()) > 0
    assert len(counts) == 13 and said <= 0.8 * macs(wide.config)
    assert 0 < lost < sum(seen.values())


def test_one_photo_is_too_few(tmp_path):
    cv2.imwrite(str(tmp_path / "one.png"), np.full((48, 64, 3), 99, np.uint8))
    with pytest.raises(ValueError, match=r"two photos or more. Received: "):
        layout.find("salnet_large", str(tmp_path), 1e7, SIZE)


@pytest.mark.parametrize(
    ("share", "message"),
    [(1.0, r"keeps the budget as it is, with 0\.00"), (0.01, "The narrowest layout has")],
)
def test_a_budget_that_asks_for_nothing_or_too_much_is_known_at_once(
    wide, tmp_path, monkeypatch, share, message
):
    for name in ("a.png", "b.png"):
        cv2.imwrite(str(tmp_path / name), np.full((48, 64, 3), 99, np.uint8))
    monkeypatch.setattr(layout, "narrowing_costs", None)
    with pytest.raises(ValueError, match=message):
        layout.find("salnet_large", str(tmp_path), share * macs(wide.config), SIZE)


def test_only_a_salnet_has_a_layout(tmp_path):
    path = str(tmp_path / "other.keras")
    keras.Sequential([keras.Input((4, 4, 3)), keras.layers.Conv2D(1, 1, padding="same")]).save(path)
    with pytest.raises(ValueError, match=r"other\.keras must take one image|those of a SalNet"):
        layout.find(path, str(tmp_path), 1e9)


def test_expanded_channels_are_a_change_of_a_preset():
    salnet_config = presets.preset("salnet").config
    changed = ablation.changed(salnet_config, (ablation.expanded_change(range(8, 21)),))
    assert [module.expanded for module in changed.modules] == list(range(8, 21))
    assert dataclasses.replace(changed, modules=salnet_config.modules) == salnet_config
    for wrong in ("8/8", "/".join(["8"] * 12 + ["0"]), "a/" * 12 + "a"):
        with pytest.raises(ValueError, match="expanded takes 13 numbers"):
            ablation.changed(salnet_config, (f"expanded={wrong}",))
