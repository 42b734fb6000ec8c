"""Our scores against pysaliency's own, on random maps with ties, repeats and a constant map.

With `.venv-oracle` (`make oracle` builds it) pysaliency runs now; without, its stored answers are
used.
"""

import importlib.util
import json
import os
import pathlib
import subprocess

import numpy as np
import pytest

from benchmarks import metrics
from salnet_tf.evaluation import scoring
from salnet_tf.objectives import auc

HERE = pathlib.Path(__file__).parent / "oracle"
STORED = HERE / "pysaliency_0.2.22.json"
PYTHON = pathlib.Path(os.environ.get("SALNET_ORACLE", HERE.parents[2] / ".venv-oracle/bin/python"))


def module(name):
    spec = importlib.util.spec_from_file_location(name, HERE / f"{name}.py")
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


@pytest.fixture(scope="module")
def case():
    return module("cases").make(7, (24, 32), 20)


def compare(case, theirs):
    truths = list(metrics.truths(case))
    for name in ("auc", "sauc", "nss", "ig", "cc", "sim", "kld"):
        pairs = zip(truths, case["saliency"], strict=True)
        found = [scoring.score(truth, saliency, [name])[name] for truth, saliency in pairs]
        np.testing.assert_allclose(found, theirs[name], rtol=0, atol=1e-9, err_msg=name)
    fixations = np.stack([truth.fixations for truth in truths])
    unfixated = auc.auc(fixations, case["saliency"], negatives="unfixated")
    np.testing.assert_allclose(unfixated, theirs["auc_unfixated"], rtol=0, atol=1e-9)
    # pysaliency's Judd counts tied pixels otherwise than the MATLAB code; both add jitter instead.
    untied = [k for k, x in enumerate(case["saliency"]) if len(np.unique(x)) == x.size]
    judd = auc.auc_judd(fixations[untied], case["saliency"][untied])
    np.testing.assert_allclose(judd, np.array(theirs["auc_judd"])[untied], rtol=0, atol=1e-9)
    assert len(untied) == 4


def test_same_numbers_as_pysaliency_stored(case):
    compare(case, json.loads(STORED.read_text()))


@pytest.mark.slow
def test_same_numbers_as_pysaliency_now(case, tmp_path):
    if not PYTHON.exists():
        pytest.skip("no .venv-oracle here (`make oracle`): only the stored answers were compared")
    source, target = tmp_path / "cases.npz", tmp_path / "scores.npz"
    np.savez(source, **case)
    script = HERE / "pysaliency_scores.py"
    subprocess.run([PYTHON, "-W", "ignore", script, source, target], check=True, timeout=250)
    theirs = dict(np.load(target))
    compare(case, theirs)
    stored = json.loads(STORED.read_text())
    for name, values in stored.items():
        np.testing.assert_allclose(theirs[name], values, rtol=0, atol=1e-12)
