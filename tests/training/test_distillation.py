"""Keeping a teacher's densities: which readouts are asked, what is kept, what is refused."""

import dataclasses

import cv2
import keras
import numpy as np
import pytest

from salnet_tf.images import decode, geometry
from salnet_tf.models import salnet
from salnet_tf.models import teacher as teacher_lib
from salnet_tf.pipeline import prepared
from salnet_tf.training import config as config_lib
from salnet_tf.training import data as data_lib
from salnet_tf.training import distillation, soft_targets, teacher_config

SET = "fixation_table/drawn"
SIZE = (64, 96)


@pytest.fixture
def folder(tmp_path):
    """A folder of a photo and of a file that is none."""
    folder = tmp_path / "photos"
    folder.mkdir()
    cv2.imwrite(str(folder / "new.png"), np.random.default_rng(0).integers(0, 255, (60, 80, 3)))
    (folder / "broken.png").write_bytes(b"no photo")
    return folder


def log_density(model, image, readouts, mirror=True):
    canvas, placement = geometry.image_to_canvas(image, SIZE)
    domain = np.ones((1, 1), np.float32)
    each = np.asarray(model.readout_logits(canvas[None], domain, mirror=mirror))[0]
    return soft_targets.photo_grid(each[..., readouts].mean(-1), placement)


def test_a_photo_learned_from_is_shown_to_the_readout_that_never_saw_it(
    small_teacher, folder, tmp_path, data_dir
):
    config = teacher_config.DistillConfig(
        (str(tmp_path / "teacher.keras"),),
        str(tmp_path / "soft"),
        datasets=(SET,),
        unlabelled=(str(folder),),
        data_dir=data_dir,
    )
    counts, failures = distillation.distill(config)
    assert counts == {SET: 16, str(folder): 1}
    assert list(failures) == [f"{folder}/broken.png"]

    of_set, of_folder = (soft_targets.load(config.output_dir, n) for n in (SET, str(folder)))
    asked = set()
    for example in list(prepared.examples(SET, "train", data_dir))[:4]:
        image, unseen = (
            decode.decode_photo(example.image),
            teacher_lib.fold_of(SET, example.image_id, 2),
        )
        (kept,) = of_set.of([example.image_id])
        np.testing.assert_allclose(kept, log_density(small_teacher, image, [unseen]), atol=0.01)
        assert np.abs(kept - log_density(small_teacher, image, [1 - unseen])).max() > 0.05
        asked.add(unseen)
    assert asked == {0, 1}
    new = decode.decode_photo((folder / "new.png").read_bytes())
    np.testing.assert_allclose(
        of_folder.log_densities[0], log_density(small_teacher, new, [0, 1]), atol=0.01
    )

    student = config_lib.TrainConfig(
        str(tmp_path / "student"),
        data_dir,
        datasets=(SET,),
        image_size=(48, 64),
        soft_targets=config.output_dir,
        unlabelled=config.unlabelled,
    )
    found = data_lib.image_sets(student, (0, 1))
    assert [each.image_ids for each in found] == [of_set.image_ids, ["new.png"]]


def test_without_mirror_the_photo_is_shown_once(small_teacher, folder, tmp_path):
    config = teacher_config.DistillConfig(
        (str(tmp_path / "teacher.keras"),),
        str(tmp_path / "soft"),
        unlabelled=(str(folder),),
        mirror=False,
    )
    distillation.distill(config)
    (kept,) = soft_targets.load(config.output_dir, str(folder)).log_densities
    new = decode.decode_photo((folder / "new.png").read_bytes())
    np.testing.assert_allclose(kept, log_density(small_teacher, new, [0, 1], False), atol=0.01)
    assert np.abs(kept - log_density(small_teacher, new, [0, 1])).max() > 0.02


def test_a_student_that_teaches_sees_the_mirror_image_too(folder, tmp_path, tiny_config):
    model = salnet.build_salnet(tiny_config, (48, 64))
    model.save(tmp_path / "a.keras")
    new = decode.decode_photo((folder / "new.png").read_bytes())
    canvas, placement = geometry.image_to_canvas(new, (48, 64))
    sides = np.stack([canvas, canvas[:, ::-1]])
    straight, mirrored = np.asarray(model(sides, training=False))[..., 0]
    expected = {False: straight, True: (straight + mirrored[:, ::-1]) / 2}
    assert np.abs(expected[True] - expected[False]).max() > 0.05
    for mirror, logits in expected.items():
        config = teacher_config.DistillConfig(
            (str(tmp_path / "a.keras"),),
            str(tmp_path / f"soft{mirror}"),
            unlabelled=(str(folder),),
            mirror=mirror,
        )
        distillation.distill(config)
        (kept,) = soft_targets.load(config.output_dir, str(folder)).log_densities
        np.testing.assert_allclose(kept, soft_targets.photo_grid(logits, placement), atol=0.01)


def test_densities_are_made_once_per_teacher(tmp_path, tiny_config, table_folder):
    """Any network can teach, so a student can teach itself; another's folder is refused."""
    for name in ("a", "b"):
        salnet.build_salnet(tiny_config, (48, 64)).save(tmp_path / f"{name}.keras")
    photos = str(table_folder / "images")
    config = teacher_config.DistillConfig(
        (str(tmp_path / "a.keras"),), str(tmp_path / "soft"), unlabelled=(photos,)
    )
    assert distillation.distill(config) == ({photos: 20}, {})
    path = tmp_path / "soft" / soft_targets.file_name(photos)
    targets = soft_targets.load(str(tmp_path / "soft"), photos)
    soft_targets.save(
        path, soft_targets.SoftTargets(*(x[:18] for x in dataclasses.astuple(targets)))
    )
    assert distillation.distill(config) == ({photos: 20}, {})
    again = soft_targets.load(str(tmp_path / "soft"), photos)
    np.testing.assert_array_equal(again.log_densities, targets.log_densities)
    with pytest.raises(ValueError, match="differs in teachers"):
        distillation.distill(dataclasses.replace(config, teachers=(str(tmp_path / "b.keras"),)))
    with pytest.raises(ValueError, match="differs in mirror"):
        distillation.distill(dataclasses.replace(config, mirror=False))


def test_a_changed_photo_is_looked_at_again(tmp_path, tiny_config, folder):
    salnet.build_salnet(tiny_config, (48, 64)).save(tmp_path / "a.keras")
    config = teacher_config.DistillConfig(
        (str(tmp_path / "a.keras"),), str(tmp_path / "soft"), unlabelled=(str(folder),)
    )
    distillation.distill(config)
    before = soft_targets.load(config.output_dir, str(folder))
    cv2.imwrite(str(folder / "new.png"), np.random.default_rng(1).integers(0, 255, (60, 80, 3)))
    distillation.distill(config)
    after = soft_targets.load(config.output_dir, str(folder))
    assert after.image_ids == before.image_ids == ["new.png"]
    assert np.abs(after.log_densities - before.log_densities).max() > 0.01


def test_a_wrong_folder_or_teacher_is_named_first_and_leaves_nothing(tmp_path, tiny_config, folder):
    salnet.build_salnet(tiny_config, (48, 64)).save(tmp_path / "a.keras")
    keras.Sequential([keras.Input((48, 64, 3)), keras.layers.Flatten()]).save(tmp_path / "b.keras")
    settings = {"output_dir": str(tmp_path / "soft")}
    for teacher, folders, said in (
        (
            "a.keras",
            (str(folder), str(tmp_path / "nowhere")),
            "no such folder of photos. .*nowhere",
        ),
        ("b.keras", (str(folder),), r"b\.keras must take one image"),
    ):
        with pytest.raises(ValueError, match=said):
            distillation.distill(
                teacher_config.DistillConfig(
                    (str(tmp_path / teacher),), unlabelled=folders, **settings
                )
            )
    assert not (tmp_path / "soft").exists()


def test_several_teachers_are_averaged():
    """Two densities of opposite halves: the mean of their logarithms is flat."""
    left = np.zeros(soft_targets.GRID)
    left[:, :40] = 2.0
    grids = [left, left[:, ::-1]]
    mean = distillation._mean([[grid - np.log(np.exp(grid).sum())] for grid in grids])
    np.testing.assert_allclose(np.exp(mean[0]), 1 / mean[0].size, rtol=1e-6)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"teachers": ()}, "teachers must not be empty"),
        ({"unlabelled": ()}, "Received: neither"),
        ({"datasets": ("synthetic",)}, "data_dir none"),
        ({"output_dir": ""}, "output_dir must not be empty"),
        ({"batch_size": 0}, "batch_size must be at least 1"),
    ],
)
def test_wrong_distillations_are_refused(wrong, message):
    settings = {"teachers": ("t.keras",), "output_dir": "out", "unlabelled": ("photos",), **wrong}
    with pytest.raises(ValueError, match=message):
        teacher_config.DistillConfig(**settings)


def test_names_that_would_share_a_file_are_refused():
    config = teacher_config.DistillConfig(("t",), "out", unlabelled=("one/a/b", "two/a/b"))
    with pytest.raises(ValueError, match="Received: one/a/b and two/a/b"):
        distillation.distill(config)
