"""The closed-form maps of `metric_golden.json`, and batches to try losses on."""

import json
import pathlib
import types

import numpy as np
import pytest


@pytest.fixture(scope="session")
def golden():
    """Prediction `S`, truth `G`, baseline `B`, fixation counts `F`, points (x, y) and `values`."""
    stored = json.loads((pathlib.Path(__file__).parent / "metric_golden.json").read_text())
    y, x = np.mgrid[: stored["H"], : stored["W"]].astype(np.float64)
    prediction = (
        np.exp(-((x - 9.3) ** 2 / 18 + (y - 4.6) ** 2 / 9))
        + 0.35 * np.exp(-((x - 3.2) ** 2 / 5 + (y - 8.7) ** 2 / 4))
        + 0.001 * (x + 17 * y) / 300
    )
    truth = np.exp(-((x - 8) ** 2 / 14 + (y - 5) ** 2 / 10))
    truth += 0.5 * np.exp(-((x - 4) ** 2 / 6 + (y - 8) ** 2 / 6))
    baseline = np.exp(-(((x - 7.5) / 16) ** 2 + ((y - 5.5) / 12) ** 2) / (2 * 0.25**2))
    fixations = np.zeros_like(x)
    fixations[tuple(np.transpose(stored["fix"]))] = 1
    return types.SimpleNamespace(
        S=prediction,
        G=truth,
        B=baseline,
        F=fixations,
        xy=np.array(stored["fix"])[:, ::-1] + 0.5,
        other=np.array(stored["other"])[:, ::-1] + 0.5,
        values=stored["values"],
    )


@pytest.fixture(scope="session")
def batch():
    """Three images on a 12x16 canvas, the last four columns padding; the third has no fixation."""
    rng = np.random.default_rng(0)
    mask = np.ones((3, 12, 16, 1), np.float32)
    mask[:, :, 12:] = 0
    density = (rng.random(mask.shape).astype(np.float32) ** 4) * mask
    fixations = np.zeros_like(mask)
    fixations[0, [2, 2, 11, 0], [3, 3, 11, 0]] += 1
    fixations[1, 5, 6] = 3
    return {
        "density": density / density.sum((1, 2, 3), keepdims=True),
        "fixations": fixations,
        "mask": mask,
        "valid": np.array([1, 1, 0], np.float32),
    }
