"""What an entry point asks of TensorFlow before it is imported."""

import os
import platform

import pytest

from salnet_tf import command_line

ASKED = "TF_ENABLE_ONEDNN_OPTS"


@pytest.mark.parametrize(
    ("machine", "before", "after"),
    [("x86_64", None, "1"), ("AMD64", None, "1"), ("x86_64", "0", "0"), ("aarch64", None, None)],
)
def test_onednn_is_asked_for_on_x86_unless_the_user_says_otherwise(
    monkeypatch, machine, before, after
):
    monkeypatch.setattr(platform, "machine", lambda: machine)
    monkeypatch.setenv(ASKED, before or "")
    if before is None:
        monkeypatch.delenv(ASKED)
    command_line.import_tensorflow()
    assert os.environ.get(ASKED) == after
