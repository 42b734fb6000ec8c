import pytest

from salnet_tf import files
from salnet_tf.profiling import report


def test_markdown_leaves_out_what_no_row_has():
    rows = [{"model": "a", "type": "fp32", "gmac": 0.15}, {"model": "b", "type": "int8"}]
    head, _, first, second = report.markdown(rows).splitlines()
    assert head == "| model | type | GMAC |"
    assert first == "| a | fp32 | 0.150 |"
    assert second == "| b | int8 |  |"


def test_the_readme_keeps_what_is_around_the_table(tmp_path):
    path = tmp_path / "README.md"
    begin, end = files.part_markers(report.MARKED)
    path.write_text(f"before\n{begin}\nold\n{end}\nafter\n")
    rows = report.presets({"salnet": {"cc": 0.7}})
    report.update_readme(path, rows)
    text = path.read_text()
    assert text.startswith(f"before\n{begin}\n| preset")
    assert text.endswith(f"{end}\nafter\n")
    assert "old" not in text
    (line,) = [line for line in text.splitlines() if line.startswith("| `salnet` ")]
    assert line.endswith("| 304x400 | 0.149 | 0.700 |")


def test_a_readme_without_markers_is_refused(tmp_path):
    path = tmp_path / "README.md"
    path.write_text("nothing here")
    with pytest.raises(ValueError, match="without them"):
        report.update_readme(path, [])


@pytest.mark.parametrize("text", ["[]", "{", '{"salnet": {"cc": null}}'])
def test_scores_are_model_to_metric_to_number(tmp_path, text):
    path = tmp_path / "scores.json"
    path.write_text(text)
    with pytest.raises(ValueError, match="Received"):
        report.read_scores(path)
