"""Every contract on imports bites: each is broken once, in a copy of the tree."""

import configparser
import os
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).parents[1]
# Contract of setup.cfg -> (module, what it must not import).
BREACHES = {
    "rooms": ("salnet_tf.models.blocks", "salnet_tf.training.config"),
    "objectives": ("salnet_tf.objectives.auc", "tensorflow"),
    "models": ("salnet_tf.models.blocks", "tensorflow"),
    "serving": ("salnet_tf.serving.predictor", "salnet_tf.pipeline.batches"),
    "profiling": ("salnet_tf.profiling.counting", "salnet_tf.evaluation.scoring"),
    "light": ("salnet_tf.images.geometry", "keras"),
    "data": ("data.splits", "salnet_tf.models.salnet"),
    "trainers": ("trainers.evaluate", "data.splits"),
}


def test_every_contract_is_broken_by_an_import_that_it_forbids(tmp_path):
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    contracts = [name for name in config.sections() if name.startswith("importlinter:contract:")]
    assert {name.rpartition(":")[2] for name in contracts} == set(BREACHES)
    shutil.copy(ROOT / "setup.cfg", tmp_path)
    for package in config["importlinter"]["root_packages"].split():
        ignored = shutil.ignore_patterns("__pycache__", "weights", "*.flags")
        shutil.copytree(ROOT / package, tmp_path / package, ignore=ignored)
    for module, forbidden in BREACHES.values():
        with (tmp_path / (module.replace(".", "/") + ".py")).open("a") as file:
            file.write(f"\nimport {forbidden}\n")
    command = [pathlib.Path(sys.executable).with_name("lint-imports"), "--no-cache"]
    env = {**os.environ, "PYTHONPATH": str(tmp_path), "COLUMNS": "400"}
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True)
    assert done.returncode == 1
    said = done.stdout.partition("Broken contracts")[2]
    titles = [config[name]["name"] for name in contracts]
    for name, title in zip(contracts, titles, strict=True):
        section = re.split("|".join(map(re.escape, titles)), said.partition(f"{title}\n")[2])[0]
        module, forbidden = BREACHES[name.rpartition(":")[2]]
        assert f"{module} -> {forbidden}" in section, title
