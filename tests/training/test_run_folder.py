import json

import pytest
import tensorflow as tf

from salnet_tf.training import run_folder


def test_another_configuration_is_refused_untouched(tmp_path):
    workdir = str(tmp_path / "run")
    run_folder.RunFolder(workdir, {"seed": 1, "size": (2, 3)}).begin()
    run_folder.RunFolder(workdir, {"seed": 1, "size": (2, 3)}).begin()
    before = (tmp_path / "run" / "config.json").read_text()
    with pytest.raises(ValueError, match=r"another configuration \(differs in seed\).*seed 2"):
        run_folder.RunFolder(workdir, {"seed": 2, "size": (2, 3)})
    assert (tmp_path / "run" / "config.json").read_text() == before


def test_logs_are_cut_back_to_the_step(tmp_path):
    folder = run_folder.RunFolder(str(tmp_path / "run"), {})
    writer = tf.summary.create_file_writer(folder.join("tensorboard"))
    with writer.as_default():
        for step in (10, 20, 30):
            tf.summary.scalar("loss", 0.5, step=step)
            folder.append_scores({"step": step, "loss": 0.5})
    writer.close()
    folder.cut_back(20)
    assert [row["step"] for row in folder.scores()] == ["10", "20"]
    (events,) = tf.io.gfile.glob(folder.join("tensorboard", "events.*"))
    steps = [
        tf.compat.v1.Event.FromString(record).step
        for record in tf.data.TFRecordDataset(events).as_numpy_iterator()
    ]
    assert max(steps) == 20


def test_environment_tells_versions_and_revision_of_now_and_before(tmp_path):
    folder = run_folder.RunFolder(str(tmp_path / "run"), {})

    def environment(step, **facts):
        folder.begin(step, **facts)
        return json.loads((tmp_path / "run" / "environment.json").read_text())

    found = environment(0, images=3)
    assert found["images"] == 3 and found["packages"]["keras"] and found["git_revision"]
    assert environment(5, images=3) == found
    (before,) = environment(7, images=4)["earlier"]
    assert before["images"] == 3 and before["until_step"] == 7
    assert environment(9, images=4)["earlier"] == [before]


def test_a_run_of_other_data_is_refused_untouched(tmp_path):
    folder = run_folder.RunFolder(str(tmp_path / "run"), {})
    folder.begin()
    folder.begin(3, learns_from="one")  # a run of before data were recorded goes on
    before = (tmp_path / "run" / "environment.json").read_text()
    with pytest.raises(ValueError, match=r"learned from other data.* Received: two, there one$"):
        folder.begin(4, learns_from="two")
    assert (tmp_path / "run" / "environment.json").read_text() == before
    folder.begin(0, learns_from="two")  # no step was taken
    folder.begin(4, learns_from="two")


def test_a_machine_without_git_is_no_obstacle(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    run_folder.RunFolder(str(tmp_path / "run"), {}).begin()
    found = json.loads((tmp_path / "run" / "environment.json").read_text())
    assert found["git_revision"] == "unknown"


def test_a_workdir_that_cannot_be_made_is_refused_before_anything_else(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match=r"workdir .*/file/run cannot be made: "):
        run_folder.RunFolder(str(tmp_path / "file" / "run"), {})
    run_folder.RunFolder(str(tmp_path / "file" / "run"), {}, writes=False)


def test_a_workdir_is_left_alone_until_it_begins(tmp_path):
    run_folder.RunFolder(str(tmp_path / "a" / "b" / "run"), {})
    assert not list(tmp_path.iterdir())
    folder = run_folder.RunFolder(str(tmp_path / "run"), {})
    assert not (tmp_path / "run").exists()
    folder.begin()
    assert (tmp_path / "run" / "config.json").exists()


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"\xff\x00", b'{"a"', b"[" * 10_000])
def test_a_damaged_file_is_named(tmp_path, content):
    folder = run_folder.RunFolder(str(tmp_path / "run"), {"seed": 1})
    folder.begin()
    for name in ("environment.json", "config.json"):
        (tmp_path / "run" / name).write_bytes(content)
        with pytest.raises(ValueError, match=rf"is damaged.* Received: .*/{name}$"):
            run_folder.RunFolder(str(tmp_path / "run"), {"seed": 1}).begin()


@pytest.mark.parametrize("content", [b"loss\n1\n", b"step\nx\n", b"step\n1,2\n", b"\xff\x00\n\n"])
def test_damaged_scores_are_named(tmp_path, content):
    folder = run_folder.RunFolder(str(tmp_path / "run"), {})
    folder.begin()
    (tmp_path / "run" / "scores.csv").write_bytes(content)
    if content.strip(b"\xff\x00\n"):
        with pytest.raises(ValueError, match=r"is damaged; remove it. Received: .*/scores\.csv$"):
            folder.cut_back(0)


def test_a_later_row_may_have_a_score_more(tmp_path):
    folder = run_folder.RunFolder(str(tmp_path / "run"), {})
    folder.begin()
    folder.append_scores({"step": 1, "cc": 0.5})
    folder.append_scores({"step": 2, "cc": 0.6, "nss": 2.0})
    assert folder.scores() == [
        {"step": "1", "cc": "0.5", "nss": ""},
        {"step": "2", "cc": "0.6", "nss": "2.0"},
    ]
