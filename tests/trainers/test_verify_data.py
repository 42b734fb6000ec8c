import json
import pathlib
import shutil

from absl import flags as absl_flags
from absl.testing import flagsaver

from trainers import verify_data


def _run(**flags):
    absl_flags.FLAGS.mark_as_parsed()
    with flagsaver.as_parsed(**flags):
        return verify_data.main(["verify_data"])


def test_exit_code_is_one_only_for_a_set_with_faults(data_dir, tmp_path, capsys):
    where = tmp_path / "copy"
    shutil.copytree(data_dir, where)
    flags = {"dataset": "fixation_table/drawn", "data_dir": str(where)}
    assert _run(**flags, output_dir=str(tmp_path / "out")) == 0
    assert (tmp_path / "out/fixation_table/drawn/overlays.jpg").is_file()
    path = next(pathlib.Path(where).rglob("metadata.json"))
    path.write_text(json.dumps({"published": {"images": 21}}))
    assert _run(**flags, output_dir=str(tmp_path / "out")) == 1
    assert "FAULT: images published must be 21. Received: 20" in capsys.readouterr().out
