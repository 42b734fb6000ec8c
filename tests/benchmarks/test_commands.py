"""Every benchmark is a command of its own, and importing all of them defines no flag."""

import importlib

from absl import flags

COMMANDS = ("agreement", "pipeline", "prediction", "training")


def test_benchmarks_live_in_one_process():
    modules = [importlib.import_module(f"benchmarks.{name}") for name in COMMANDS]
    for module in modules:
        assert not flags.FLAGS.flags_by_module_dict().get(module.__name__)
        assert callable(module.main)
