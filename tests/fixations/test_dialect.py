"""What is no table is told in one sentence that names the file."""

import os

import pytest

from salnet_tf.fixations import dialect


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"line of column names\. Received: .*t\.csv, empty"),
        (b"  \n", r"line of column names"),
        (b"image,x\0,y", "must be text in UTF-8"),
        (b"\x81\x8d\x8f\x90", "must be text in UTF-8"),
        (b"SR_RESEARCH_COMBFILE", r"EyeLink \.edf recording; export a table .*Data Viewer"),
        (b"** CONVERTED FROM a.edf", r"EyeLink \.asc recording; export a table"),
        (b"MATLAB 5.0 MAT-file", "MATLAB file"),
        (b"\x1f\x8bdamaged", r"t\.csv cannot be read as a table"),
        (b"PAR1damagedPAR1", r"t\.csv cannot be read as a table"),
        (b"PK\x03\x04damaged", r"xlsx.* Received|cannot be read as xlsx|cannot be read as a table"),
        (b'a,b\n"1,2\n3', r"t\.csv cannot be read as a table"),
        (b"a,b\n1,2,3\n", r"t\.csv cannot be read as a table"),
    ],
)
def test_files_that_are_no_table(tmp_path, content, message):
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message):
        dialect.read(path)


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "t.csv")
    with pytest.raises(FileNotFoundError, match=r"no such table\. Received: .*t\.csv"):
        dialect.read(tmp_path / "t.csv")


def test_names_of_columns_beside_the_table_as_in_bids(tmp_path):
    path = tmp_path / "sub-01_physio.tsv"
    path.write_text("0.1\t2\n0.2\t3\n")
    (tmp_path / "sub-01_physio.json").write_text('{"Columns": ["onset", "x"]}')
    assert dialect.read(path).to_dict("list") == {"onset": ["0.1", "0.2"], "x": ["2", "3"]}


def test_a_workbook(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in (("image", "x"), ("a.jpg", 2.5)):
        book.active.append(row)
    book.save(tmp_path / "t.xlsx")
    assert dialect.read(tmp_path / "t.xlsx").to_dict("list") == {"image": ["a.jpg"], "x": ["2.5"]}
