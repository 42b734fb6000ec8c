"""What every builder does with a record: photo and points brought together, nothing lost."""

import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from data import drop_report, fixation_set, prepared_image, schema


def _jpeg(height, width, orientation=1, dot=None):
    """A dark photo with a bright dot around the pixel `dot` (x, y) of the file."""
    image = np.full((height, width, 3), 20, np.uint8)
    if dot:
        x, y = dot
        image[y - 2 : y + 3, x - 2 : x + 3] = 250
    exif = Image.Exif()
    exif[0x0112] = orientation
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=98, exif=exif)
    return file.getvalue()


class _Set(fixation_set.FixationSet, skip_registration=True):
    """The records given to it."""

    given = None

    def records(self, files):
        return {"train": self.given}


@pytest.fixture
def example(tmp_path):
    """A function: record -> (example as stored, report)."""

    def make(record):
        builder = _Set(data_dir=tmp_path)
        stored = prepared_image.from_file(record.read())
        return builder._example("train", record, stored), builder.dropped

    return make


def _record(data, x, y, **kwargs):
    return fixation_set.Record("a.jpg", lambda: data, schema.Fixations.of(x, y), **kwargs)


def test_the_last_row_and_column_belong_to_the_image_and_the_edge_does_not(example):
    x, y = [39, 39.999, 40, 0, -0.001], [19, 19.999, 5, 20, 5]
    stored, dropped = example(_record(_jpeg(20, 40), x, y))
    assert stored["fixations"]["x"].tolist() == [np.float32(39), np.float32(39.999)]
    assert dropped.counts() == {drop_report.OUTSIDE: {"images": 0, "fixations": 3}}


def test_a_coordinate_that_rounds_to_the_edge_is_outside(example):
    stored, dropped = example(_record(_jpeg(20, 40), [40 - 1e-12], [5]))
    assert len(stored["fixations"]["x"]) == 0
    assert dropped.counts() == {drop_report.OUTSIDE: {"images": 0, "fixations": 1}}


def test_what_is_no_number_is_named_so(example):
    stored, dropped = example(_record(_jpeg(20, 40), [np.nan, 5, np.inf], [5, 5, 5]))
    assert len(stored["fixations"]["x"]) == 1
    assert dropped.counts() == {drop_report.NOT_A_NUMBER: {"images": 0, "fixations": 2}}


def test_an_image_without_fixations_is_kept(example):
    stored, dropped = example(_record(_jpeg(20, 40), [], []))
    assert stored["fixations"]["x"].shape == (0,)
    assert str(dropped) == "nothing"


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("fraction", [False, True])
def test_points_of_the_file_land_on_what_they_marked_in_the_upright_photo(
    example, orientation, fraction
):
    def on_image(size):
        return np.array([[31.5 / 40 * size[1], 6.5 / 20 * size[0]]])

    record = _record(
        _jpeg(20, 40, orientation, dot=(31, 6)),
        [31.5],
        [6.5],
        on_image=on_image if fraction else None,
    )
    stored, _ = example(record)
    image = tf.io.decode_image(stored["image"], channels=3).numpy()
    x, y = stored["fixations"]["x"][0], stored["fixations"]["y"][0]
    assert image[int(y), int(x)].min() > 200


def test_points_of_the_upright_photo_stay(example):
    record = _record(_jpeg(20, 40, orientation=6), [19.5], [39.5], file_frame=False)
    stored, _ = example(record)
    assert stored["fixations"]["x"].tolist() == [19.5]
    assert stored["fixations"]["y"].tolist() == [39.5]


def test_sigma_is_the_records_own_or_of_the_longest_side(example):
    assert example(_record(_jpeg(20, 40), [], []))[0]["sigma"] == pytest.approx(1.2)
    assert example(_record(_jpeg(20, 40), [], [], sigma=9.0))[0]["sigma"] == 9.0


def test_published_counts_leave_out_what_is_not_stated():
    counts = fixation_set.published_counts(images=10, train=9, test=1)
    assert counts == {"images": 10, "splits": {"train": 9, "test": 1}}


def test_an_image_in_two_splits_is_refused(tmp_path):
    records = [_record(_jpeg(20, 40), [], [])]

    class Twice(_Set, skip_registration=True):
        def records(self, files):
            return {"train": records, "validation": records}

    with pytest.raises(ValueError, match=r"Two images have one name\. Received: a\.jpg"):
        Twice(data_dir=tmp_path).download_and_prepare(download_dir=tmp_path)


@pytest.mark.parametrize("splits", [{}, {"train": []}, {"train": [_record(b"none", [1], [1])]}])
def test_a_set_or_split_without_images_is_refused(tmp_path, splits):
    class Empty(_Set, skip_registration=True):
        def records(self, files):
            return splits

    with pytest.raises(ValueError, match=r"Every split must have an image .* Received: "):
        Empty(data_dir=tmp_path, bad_images="skip").download_and_prepare(download_dir=tmp_path)


def test_the_only_image_of_a_split_is_named_when_it_does_not_decode(tmp_path):
    class Bad(_Set, skip_registration=True):
        given = (_record(b"none", [1], [1]),)

    with pytest.raises(ValueError, match=r"1 images do not decode .*: a\.jpg \(.*not JPEG"):
        Bad(data_dir=tmp_path).download_and_prepare(download_dir=tmp_path)
