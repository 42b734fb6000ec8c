"""Every recipe is a configuration that its command accepts."""

import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[2]
RECIPES = [*ROOT.glob("trainers/configs/*.flags"), *ROOT.glob("research/recipes/*.flags")]
# In a process of its own: flags are one for a process. Prints a line for each recipe.
SCRIPT = """
import sys
from absl import flags
from absl.testing import flagsaver
from research import train
from salnet_tf.training import loop

train.define_flags()
loop.train = lambda config, on_start, extra: {"step": config.model, "best": config.epochs}
for path in sys.argv[1:]:
    settings = dict(line.split("=", 1) for line in open(path).read().split() if "=" in line)
    soft = ["--soft_targets=d"] if "--soft_share" in settings else []
    weights, sets = (settings.get(n, "").split(",") for n in ("--mixing", "--dataset"))
    folders = [f"p{i}/u" for i in range(len(weights) - len(sets))]
    soft += ["--unlabelled=" + ",".join(folders)] if folders else []
    with flagsaver.flagsaver():
        flags.FLAGS([sys.argv[0], f"--flagfile={path}", "--workdir=w", "--data_dir=d", *soft])
        train.main(None)
"""


def test_the_command_accepts_it():
    recipes = [str(path) for path in RECIPES if path.stem != "teacher"]
    assert len(recipes) >= 12
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *recipes],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == len(recipes)


@pytest.mark.slow
def test_the_teachers_command_accepts_its_own(tmp_path):
    recipe = "--flagfile=trainers/configs/teacher.flags"
    command = [sys.executable, "-m", "trainers.train_teacher", recipe]
    done = subprocess.run(
        [*command, f"--workdir={tmp_path}/w", f"--data_dir={tmp_path}"],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode and "Traceback" not in done.stderr
    assert "Received: 'fixation_table/osie'" in done.stderr or "efficientnet" in done.stderr
