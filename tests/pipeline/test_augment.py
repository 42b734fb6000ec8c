import numpy as np
import tensorflow as tf

from salnet_tf.pipeline import augment


def example():
    rng = np.random.default_rng(0)
    image = rng.uniform(0, 255, (6, 8, 3)).astype("float32")
    mask = np.ones((6, 8, 1), "float32")
    mask[:, :2] = 0
    made = {"image": image * mask, "mask": mask, "fixations": rng.uniform(0, 1, (6, 8, 1))}
    return {k: tf.constant(v, tf.float32) for k, v in made.items()} | {"valid": tf.constant(1.0)}


def test_mirror_turns_all_maps_together_or_none():
    seen = set()
    for seed in range(12):
        before, after = example(), augment.mirror(example(), [seed, 0])
        flipped = np.array_equal(after["image"], before["image"][:, ::-1])
        for name in ("image", "mask", "fixations"):
            step = -1 if flipped else 1
            np.testing.assert_array_equal(after[name], before[name][:, ::step])
        seen.add(flipped)
    assert seen == {True, False}


def test_photometric_is_stateless_bounded_and_leaves_padding():
    first = augment.photometric(example(), [3, 1], 1.0)
    again = augment.photometric(example(), [3, 1], 1.0)
    other = augment.photometric(example(), [4, 1], 1.0)
    np.testing.assert_array_equal(first["image"], again["image"])
    assert np.abs(first["image"] - other["image"]).max() > 1
    assert not np.any(first["image"][:, :2]) and np.all(first["image"] <= 255)
    np.testing.assert_array_equal(first["fixations"], example()["fixations"])


def test_the_same_inside_tf_data():
    dataset = tf.data.Dataset.from_tensors(example())
    mapped = dataset.map(lambda e: augment.mirror(augment.photometric(e, [3, 1], 1.0), [1, 1]))
    eager = augment.mirror(augment.photometric(example(), [3, 1], 1.0), [1, 1])
    np.testing.assert_allclose(next(iter(mapped))["image"], eager["image"], atol=1e-3)
