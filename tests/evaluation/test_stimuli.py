"""A folder of images and fixations as others write them: repaired, counted or refused."""

import numpy as np
import pytest

from salnet_tf.evaluation import stimuli


@pytest.fixture
def table(folder, tmp_path):
    """A function that writes fixations.csv and splits.csv beside the images of `folder`."""
    (tmp_path / "images").symlink_to(folder / "images")

    def write(fixations, splits=None):
        (tmp_path / "fixations.csv").write_text(fixations)
        if splits is not None:
            (tmp_path / "splits.csv").write_text("image,split\n" + splits)
        return tmp_path

    return write


ROWS = "image,observer,order,x,y\n0.png,a,0,5,5\n1.png,a,0,5,5\n2.png,a,0,5,5\n"


def test_an_image_counts_once_in_a_split_and_never_in_two(table):
    found = stimuli.from_folder(table(ROWS, "1.png,val\n0.png,val\n1.png,val\n2.png,test"), "val")
    assert [image.image_id for image in found.images] == ["0.png", "1.png"]
    with pytest.raises(ValueError, match=r"in two splits. Received: 2.png"):
        stimuli.from_folder(table(ROWS, "1.png,val\n2.png,val\n2.png,test"), "val")


def test_repeated_rows_are_dropped_where_a_column_tells_two_looks_apart(table):
    found = stimuli.from_folder(table(ROWS + "0.png,a,0,5,5\n0.png,a,1,5,5\n"))
    assert len(found.images[0].xy) == 2 and found.dropped == 1
    found = stimuli.from_folder(table("image,observer,x,y\n" + "0.png,a,5,5\n" * 2))
    assert len(found.images[0].xy) == 2 and found.dropped == 0


def test_empty_cells_are_an_observer_of_their_own_and_no_coordinates(table):
    rows = ROWS + "0.png,,0,6,5\n" + "".join(f"1.png,b,{i},{i},7\n" for i in range(9))
    found = stimuli.from_folder(table(rows + "0.png,a,1,,5\n"))
    assert len(np.unique(found.images[0].observers)) == 2
    assert found.images[0].xy.tolist() == [[5, 5], [6, 5]] and found.dropped == 1


def test_a_table_that_does_not_fit_its_images_is_refused(table):
    rows = "image,x,y\n" + "".join(f"0.png,{900 + i},20\n" for i in range(9))
    with pytest.raises(ValueError, match=r"9 of 9 .*--offset=.*data\.build.* Received: 100%"):
        stimuli.from_folder(table(rows))


def test_fixations_alone_are_those_with_the_images(table):
    whole, alone = (stimuli.from_folder(table(ROWS), files=files) for files in (True, False))
    assert [one.data for one in alone.images] == [None] * 3
    for one, other in zip(whole.images, alone.images, strict=True):
        assert one.image().shape[:2] == one.size == other.size
        np.testing.assert_array_equal(one.relative_xy, other.relative_xy)


def test_images_are_found_in_sub_folders_and_whatever_way_accents_are_written(tmp_path, folder):
    data = (folder / "images" / "0.png").read_bytes()
    (tmp_path / "images" / "deep").mkdir(parents=True)
    (tmp_path / "images" / "deep" / "cafe\u0301.png").write_bytes(data)
    (tmp_path / "fixations.csv").write_text("image,x,y\ncaf\u00e9.png,3,4\n", encoding="utf-8")
    (image,) = stimuli.from_folder(tmp_path).images
    assert image.xy.tolist() == [[3, 4]]
    (tmp_path / "images" / "cafe\u0301.png").write_bytes(data)
    with pytest.raises(ValueError, match=r"Two images have one name in .* Received: cafe"):
        stimuli.from_folder(tmp_path)
