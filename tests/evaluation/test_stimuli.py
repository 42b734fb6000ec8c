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


def test_fractions_of_the_image_are_refused_and_a_few_fixations_near_the_corner_are_not(table):
    rows = ["image,x,y", *["0.png,0.25,1"] * 11]
    with pytest.raises(ValueError, match=r"not in fractions.* Received: x up to 0.25, y up to 1 "):
        stimuli.from_folder(table("\n".join(rows)))
    assert len(stimuli.from_folder(table("\n".join(rows[:11]))).images[0].xy) == 10
    assert len(stimuli.from_folder(table("\n".join([*rows, "0.png,3,0"]))).images[0].xy) == 12


def test_an_image_counts_once_in_a_split_and_never_in_two(table):
    found = stimuli.from_folder(table(ROWS, "1.png,val\n0.png,val\n1.png,val\n2.png,test"), "val")
    assert [image.image_id for image in found.images] == ["0.png", "1.png"]
    with pytest.raises(ValueError, match=r"in one split of .* Received: 2.png"):
        stimuli.from_folder(table(ROWS, "1.png,val\n2.png,val\n2.png,test"), "val")


def test_repeated_rows_are_dropped_where_a_column_tells_two_looks_apart(table):
    found = stimuli.from_folder(table(ROWS + "0.png,a,0,5,5\n0.png,a,1,5,5\n"))
    assert len(found.images[0].xy) == 2 and found.dropped == 1
    found = stimuli.from_folder(table("image,observer,x,y\n" + "0.png,a,5,5\n" * 2))
    assert len(found.images[0].xy) == 2 and found.dropped == 0


def test_empty_cells_are_an_observer_of_their_own_and_no_coordinates(table):
    found = stimuli.from_folder(table(ROWS + "0.png,,0,6,5\n0.png,a,1,,5\n0.png,a,2\n"))
    assert np.unique(found.images[0].observers).tolist() == ["", "a"]
    assert found.images[0].xy.tolist() == [[5, 5], [6, 5]] and found.dropped == 2


@pytest.mark.parametrize("text", ["", "image,x,y\n0.png,1,2\n0.png,1,2,3,4\n"])
def test_a_file_that_is_no_table_is_named(table, text):
    with pytest.raises(ValueError, match=r"csv in UTF-8. Received: .*fixations.csv \("):
        stimuli.from_folder(table(text))


def test_fixations_alone_are_those_with_the_images(table):
    whole, alone = (stimuli.from_folder(table(ROWS), files=files) for files in (True, False))
    assert [one.data for one in alone.images] == [None] * 3
    for one, other in zip(whole.images, alone.images, strict=True):
        assert one.image().shape[:2] == one.size == other.size
        np.testing.assert_array_equal(one.relative_xy, other.relative_xy)


@pytest.mark.parametrize(
    "text",
    [
        "image;x;y\n0.png;3,5;4\n",
        'image,x,y\n0.png,"3,5",4\n',
        "\ufeffimage\t x\ty\nimages/0.png\t3.5\t4\n",
        "image , x,y\n0, 3.5,4\n",
    ],
)
def test_a_table_of_any_dialect_is_the_one_that_data_build_reads(table, text):
    found = stimuli.from_folder(table(text, "0.png,val \n1.png,test"), "val")
    assert found.images[0].xy.tolist() == [[3.5, 4]] and not found.dropped


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


def test_columns_of_one_name_are_refused(table):
    with pytest.raises(ValueError, match=r"columns of one name. Received: x"):
        stimuli.from_folder(table("image,x,y,x \n0.png,1,2,3\n"))
