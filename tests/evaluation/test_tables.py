from salnet_tf.evaluation import tables

HEAD, ROWS = ["", "nss", "auc"], [["a", "1.000 [0.9, 1.1]", "0.8"], ["b|c", "–", "0.75"]]


def test_markdown():
    assert tables.markdown(HEAD, ROWS).splitlines() == [
        "|  | nss | auc |",
        "| --- | ---: | ---: |",
        "| a | 1.000 [0.9, 1.1] | 0.8 |",
        r"| b\|c | – | 0.75 |",
    ]


def test_html():
    text = tables.as_html(HEAD, [["<a>", "1.0 [0.9, 1.1]", "1"]])
    assert "<th>nss</th>" in text and "<td>&lt;a&gt;</td>" in text
    assert "<td>1.0 <small>[0.9, 1.1]</small></td>" in text


def test_terminal():
    lines = tables.terminal(["", "auc"], [["a model", "0.8"], ["b", "–"]]).splitlines()
    assert lines == ["         auc", "a model  0.8", "b          –"]


def test_a_score_without_a_value_is_a_dash():
    assert tables.score(None) == tables.score({"mean": None}) == "–"
    assert tables.score({"mean": 1, "low": 0.5, "high": 2.0}, interval=False) == "1.000"
