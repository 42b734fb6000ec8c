"""A run's folder: what it is, what it logged, and how logs are cut back to a checkpoint."""

import contextlib
import csv
import importlib.metadata
import io
import json
import os
import platform

import tensorflow as tf

from salnet_tf import files

_PACKAGES = ("salnet-tf", "tensorflow", "tensorflow-cpu", "keras", "numpy", "tensorflow-datasets")


class RunFolder:
    """The workdir of a run: config.json, environment.json, scores.csv, tensorboard/, checkpoints/.

    Args:
        workdir: path (any that `tf.io.gfile` writes), made by `begin`.
        identity: dict of what the run is; a workdir of another identity is refused untouched.
        writes: False in workers that only read.

    Raises:
        ValueError: the workdir holds a run of another configuration, or is a file.
        OSError: it cannot be made; said before hours of reading data, not after.
    """

    def __init__(self, workdir, identity, writes=True):
        self.path, self.writes = workdir, writes
        self.identity = identity = json.loads(json.dumps(identity))
        if tf.io.gfile.exists(workdir) and not tf.io.gfile.isdir(workdir):
            raise ValueError(f"workdir must be a folder. Received: {workdir}, which is a file")
        if tf.io.gfile.exists(self.join("config.json")):
            found = _read_object(self.join("config.json"))
            differing = sorted(k for k in identity | found if identity.get(k) != found.get(k))
            if differing:
                key = differing[0]
                raise ValueError(
                    f"{workdir} holds a run of another configuration (differs in "
                    f"{', '.join(differing)}); choose another workdir. Received: {key} "
                    f"{identity.get(key)!r}, there {found.get(key)!r}"
                )
        if writes and not tf.io.gfile.exists(workdir):
            _try_to_make(workdir)

    def begin(self, step=0, learns_from=None, **facts):
        """Make the folder this run's: config.json, and environment.json.

        Called when all that can be wrong with a run's flags has been looked at, so that a wrong
        one leaves no folder behind.

        Args:
            step: where the run goes on. The environment it had until then, where it was another,
                stays in environment.json, under `earlier`.
            learns_from: fingerprint of the data, where known.
            facts: what environment.json tells beside package versions, python and git revision.

        Raises:
            ValueError: the run took its steps on other data.
            OSError: the folder cannot be made or written to.
        """
        found = self._environment()
        there = found.get("learns_from")
        if step and learns_from and there and there != learns_from:
            raise ValueError(
                f"{self.path} holds a run that learned from other data; choose another workdir. "
                f"Received: {learns_from}, there {there}"
            )
        if not self.writes:
            return
        _make_folder(self.path)
        if "://" not in self.path:
            files.remove_abandoned(self.path)
        if not tf.io.gfile.exists(self.join("config.json")):
            files.write_bytes(
                self.join("config.json"), (json.dumps(self.identity, indent=1)).encode()
            )
        facts |= {"learns_from": learns_from} if learns_from else {}
        record = json.loads(json.dumps({**_environment(), **facts}))
        earlier = found.pop("earlier", [])
        if found and found != record:
            earlier.append({**found, "until_step": step})
        record |= {"earlier": earlier} if earlier else {}
        files.write_json(self.join("environment.json"), record)

    def _environment(self):
        path = self.join("environment.json")
        return _read_object(path) if tf.io.gfile.exists(path) else {}

    def join(self, *names):
        """A path in the folder."""
        return tf.io.gfile.join(self.path, *names)

    def append_scores(self, row):
        """Add a row (dict) to scores.csv, rewriting the file atomically."""
        if not self.writes:
            return
        rows = [*self.scores(), {k: str(v) for k, v in row.items()}]
        self._write_scores(rows)

    def scores(self):
        """The rows of scores.csv, dicts of strings."""
        path = self.join("scores.csv")
        if not tf.io.gfile.exists(path):
            return []
        try:
            rows = list(csv.DictReader(io.StringIO(files.read_bytes(path).decode())))
            whole = all(int(row["step"]) >= 0 and None not in row for row in rows)
        except (ValueError, KeyError, TypeError, csv.Error):
            whole = False
        if not whole:
            raise ValueError(f"This file of a run is damaged; remove it. Received: {path}")
        return rows

    def cut_back(self, step):
        """Forget whatever was logged after `step`, in scores.csv and in TensorBoard's files."""
        if not self.writes:
            return
        rows = self.scores()
        kept = [row for row in rows if int(row["step"]) <= step]
        if len(kept) < len(rows):
            self._write_scores(kept)
        for path in tf.io.gfile.glob(self.join("tensorboard", "events.*")):
            _cut_events(path, step)

    def _write_scores(self, rows):
        text = io.StringIO()
        if rows:
            names = list(dict.fromkeys(name for row in rows for name in row))
            writer = csv.DictWriter(text, names, restval="", lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        files.write_bytes(self.join("scores.csv"), text.getvalue().encode())


def _read_object(path):
    """A dict from a json file.

    Raises:
        ValueError: it holds something else.
    """
    try:
        found = json.loads(files.read_bytes(path))
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise ValueError(
            f"This file of a run is damaged; choose another workdir, or remove it. Received: {path}"
        )
    return found


def _make_folder(path):
    try:
        tf.io.gfile.makedirs(path)
    except tf.errors.OpError as error:
        raise OSError(f"workdir {path} cannot be made: {error.message}") from error


def _try_to_make(path):
    """Raise where a folder cannot be made; what was made to find out is gone again."""
    missing = []
    while path and not tf.io.gfile.exists(path):
        missing.append(path)
        path = os.path.dirname(path)
    _make_folder(missing[0])
    for folder in missing:
        with contextlib.suppress(OSError):  # not empty: another process has begun in it
            os.rmdir(folder)


def _cut_events(path, step):
    """Rewrite an event file without the events after `step`; a torn last record goes too."""
    kept = []
    try:
        for record in tf.data.TFRecordDataset(path).as_numpy_iterator():
            if tf.compat.v1.Event.FromString(record).step <= step:
                kept.append(record)
    except (tf.errors.DataLossError, tf.errors.OutOfRangeError):
        pass
    with files.new_file(path) as partial, tf.io.TFRecordWriter(partial) as writer:
        for record in kept:
            writer.write(record)


def _environment():
    versions = {}
    for package in _PACKAGES:
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return {
        "packages": versions,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "git_revision": files.git_revision(),
    }
