"""A small set in the `images/ + fixations.csv` layout: dots on noise, observers looking at them."""

import cv2
import numpy as np
import pandas
import pytest


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """Path of 8 images of 90x120 or 80x60, splits train (5) and validation (3)."""
    root, rng = tmp_path_factory.mktemp("set"), np.random.default_rng(0)
    (root / "images").mkdir()
    rows, splits = [], []
    for k in range(8):
        height, width = ((90, 120), (80, 60))[k % 2]
        image = rng.integers(90, 130, (height, width, 3)).astype(np.uint8)
        spots = rng.uniform(0.2, 0.8, (2, 2)) * (width, height)
        for x, y in spots:
            cv2.circle(image, (int(x), int(y)), 5, (255, 255, 255), -1)
        cv2.imwrite(str(root / "images" / f"{k}.png"), image)
        splits.append((f"{k}.png", "train" if k < 5 else "validation"))
        for observer in range(4):
            looked = spots[rng.integers(0, 2, 5)] + rng.normal(0, 4, (5, 2))
            looked = np.clip(looked, 0, (width - 0.1, height - 0.1))
            rows += [(f"{k}.png", f"s{observer}", i, x, y, 200) for i, (x, y) in enumerate(looked)]
    columns = ["image", "observer", "order", "x", "y", "duration_ms"]
    pandas.DataFrame(rows, columns=columns).to_csv(root / "fixations.csv", index=False)
    pandas.DataFrame(splits, columns=["image", "split"]).to_csv(root / "splits.csv", index=False)
    return root
