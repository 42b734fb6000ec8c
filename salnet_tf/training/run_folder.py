"""A run's folder: what it is, what it logged, and how logs are cut back to a checkpoint."""

import contextlib
import csv
import importlib.metadata
import io
import json
import platform
import subprocess

import tensorflow as tf

_PACKAGES = ("salnet-tf", "tensorflow", "tensorflow-cpu", "keras", "numpy", "tensorflow-datasets")


class RunFolder:
    """The workdir of a run: config.json, environment.json, scores.csv, tensorboard/, checkpoints/.

    Args:
        workdir: path (any that `tf.io.gfile` writes), made if absent.
        identity: dict of what the run is; a workdir of another identity is refused untouched.
        writes: False in workers that only read.

    Raises:
        ValueError: the workdir holds a run of another configuration.
    """

    def __init__(self, workdir, identity, writes=True):
        self.path, self.writes = workdir, writes
        identity = json.loads(json.dumps(identity))
        config_path = self.join("config.json")
        if tf.io.gfile.exists(config_path):
            found = json.loads(_read(config_path))
            differing = sorted(k for k in identity | found if identity.get(k) != found.get(k))
            if differing:
                key = differing[0]
                raise ValueError(
                    f"{workdir} holds a run of another configuration (differs in "
                    f"{', '.join(differing)}); choose another workdir. Received: {key} "
                    f"{identity.get(key)!r}, there {found.get(key)!r}"
                )
        elif writes:
            tf.io.gfile.makedirs(workdir)
            write_text(config_path, json.dumps(identity, indent=1))

    def join(self, *names):
        """A path in the folder."""
        return tf.io.gfile.join(self.path, *names)

    def record_environment(self, **facts):
        """Write environment.json: package versions, python, git revision, and `facts`."""
        if self.writes:
            record = {**_environment(), **facts}
            write_text(self.join("environment.json"), json.dumps(record, indent=1))

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
        return list(csv.DictReader(io.StringIO(_read(path))))

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
            writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        write_text(self.join("scores.csv"), text.getvalue())


def write_text(path, text):
    """Write a text file so that it is there wholly or not at all.

    Raises:
        OSError: it cannot be written.
    """
    with replacing(path) as partial, tf.io.gfile.GFile(partial, "w") as file:
        file.write(text)


@contextlib.contextmanager
def replacing(path):
    """Gives a path to write to, which takes the place of `path` when the block ends well.

    Raises:
        OSError: TensorFlow could not write; `path` is as it was.
    """
    partial = path + ".partial"
    try:
        yield partial
        tf.io.gfile.rename(partial, path, overwrite=True)
    except tf.errors.OpError as error:
        raise OSError(f"{path} cannot be written: {error.message}") from error


def _read(path):
    with tf.io.gfile.GFile(path) as file:
        return file.read()


def _cut_events(path, step):
    """Rewrite an event file without the events after `step`; a torn last record goes too."""
    kept = []
    try:
        for record in tf.data.TFRecordDataset(path).as_numpy_iterator():
            if tf.compat.v1.Event.FromString(record).step <= step:
                kept.append(record)
    except (tf.errors.DataLossError, tf.errors.OutOfRangeError):
        pass
    with replacing(path) as partial, tf.io.TFRecordWriter(partial) as writer:
        for record in kept:
            writer.write(record)


def _environment():
    versions = {}
    for package in _PACKAGES:
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    revision = subprocess.run(
        ["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False
    ).stdout.strip()
    return {
        "packages": versions,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "git_revision": revision or "unknown",
    }
