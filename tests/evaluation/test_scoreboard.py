"""The score tables of several evaluations: merged, ordered, put between markers, or refused."""

import json

import pytest

from salnet_tf import files
from salnet_tf.evaluation import scoreboard


def scores(folder, rows, split="validation", sigma="24"):
    folder.mkdir()
    content = {
        "conventions": {"data set": "drawn", "split": split, "images": "9", "sigma": sigma},
        "rows": {
            row: {
                "scores": {
                    "nss": {"mean": nss, "low": nss and nss - 0.1, "high": nss and nss + 0.1}
                }
            }
            for row, nss in rows.items()
        },
    }
    (folder / "scores.json").write_text(json.dumps(content))
    return folder


def test_rows_of_one_split_are_in_one_table_the_best_first(tmp_path):
    folders = [
        scores(tmp_path / "a", {"small": 1.0, "centre_bias": 0.5}),
        scores(tmp_path / "b", {"large": 2.0, "centre_bias": 9.0}),
        scores(tmp_path / "c", {"large": 1.5, "uniform": None}, "test"),
    ]
    text = scoreboard.markdown(scoreboard.read(folders), ["nss"], intervals=False)
    validation, test = text.split("\n\n**drawn, test (9 images)**\n\n")
    assert validation.splitlines()[4:] == [
        "| `large` | 2.000 |",
        "| `small` | 1.000 |",
        "| centre bias | 0.500 |",
    ]
    assert test.splitlines()[2:] == ["| `large` | 1.500 |", "| uniform | – |"]


def test_intervals_stand_beside_the_means(tmp_path):
    tables = scoreboard.read([scores(tmp_path / "a", {"small": 1.0})])
    assert "| 1.000 [0.900, 1.100] |" in scoreboard.markdown(tables, ["nss"])


def test_a_table_goes_between_its_markers(tmp_path):
    path = tmp_path / "README.md"
    begin, end = files.part_markers(scoreboard.MARKED)
    path.write_text(f"above\n{begin}\nold\n{end}\nbelow\n")
    scoreboard.update(path, "new")
    assert path.read_text() == f"above\n{begin}\n\nnew\n{end}\nbelow\n"


def test_means_are_of_the_models_on_one_split(tmp_path):
    folders = [
        scores(tmp_path / "a", {"small": 1.0, "uniform": 0.0}),
        scores(tmp_path / "b", {"small": 2.0}, "test"),
    ]
    tables = scoreboard.read(folders)
    assert scoreboard.means(tables, "drawn, test", ["nss"]) == {"small": {"nss": 2.0}}
    assert scoreboard.means(tables, "drawn, validation", ["nss"]) == {"small": {"nss": 1.0}}
    with pytest.raises(ValueError, match="Received: drawn, train"):
        scoreboard.means(tables, "drawn, train", ["nss"])


def test_two_models_of_one_name_are_refused_and_one_scored_twice_is_not(tmp_path):
    a = scores(tmp_path / "a", {"best.keras": 1.0, "uniform": 0.1})
    again = scores(tmp_path / "again", {"best.keras": 1.0, "uniform": 0.2})
    test = scores(tmp_path / "test", {"best.keras": 2.0}, "test")
    first, second = scoreboard.read([a, again, test]).values()
    assert first["best.keras"]["nss"]["mean"] == 1 and first["uniform"]["nss"]["mean"] == 0.1
    assert second["best.keras"]["nss"]["mean"] == 2
    b = scores(tmp_path / "b", {"best.keras": 2.0})
    with pytest.raises(ValueError, match=r"one name.* Received: best.keras in .*/a and .*/b$"):
        scoreboard.read([a, b])


def test_wrong_folders_and_files_are_named(tmp_path):
    with pytest.raises(ValueError, match=r"No scores.json there. Received: .*nowhere"):
        scoreboard.read([tmp_path / "nowhere"])
    a, b = scores(tmp_path / "a", {}), scores(tmp_path / "b", {}, sigma="19")
    with pytest.raises(ValueError, match=r"different conventions. Received: .*b"):
        scoreboard.read([a, b])
    (tmp_path / "plain.md").write_text("no markers")
    with pytest.raises(ValueError, match="without them"):
        scoreboard.update(tmp_path / "plain.md", "new")
    assert (tmp_path / "plain.md").read_text() == "no markers"
    with pytest.raises(ValueError, match="Received: 'speed'"):
        scoreboard.check_metrics(["nss", "speed"])
