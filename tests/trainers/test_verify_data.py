import json
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).parents[2]


def _run(data_dir, output_dir):
    """In a process of its own: entry points define flags of the same names."""
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "trainers.verify_data",
            "--dataset=fixation_table/drawn",
            f"--data_dir={data_dir}",
            f"--output_dir={output_dir}",
        ],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )


def test_exit_code_is_one_only_for_a_set_with_faults(data_dir, tmp_path):
    where = tmp_path / "copy"
    shutil.copytree(data_dir, where)
    assert _run(where, tmp_path / "out").returncode == 0
    assert (tmp_path / "out/fixation_table/drawn/overlays.jpg").is_file()
    path = next(pathlib.Path(where).rglob("metadata.json"))
    path.write_text(json.dumps({"published": {"images": 21}}))
    done = _run(where, tmp_path / "out")
    assert done.returncode == 1
    assert "FAULT: images published must be 21. Received: 20" in done.stdout
