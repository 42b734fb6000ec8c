"""Runs teachers once over sets and folders of photos and keeps their densities."""

import hashlib
import sys

import numpy as np
import tensorflow as tf
import tqdm

from salnet_tf.images import decode, geometry
from salnet_tf.models import teacher as teacher_lib
from salnet_tf.pipeline import prepared
from salnet_tf.training import initialisation, run_folder, runtime, soft_targets, storage

_SAVED_EVERY = 1000  # photos; what is kept survives the end of the process


def distill(config, on_start=None):
    """Run the teachers over every photo that `output_dir` has no density of yet.

    A photo that is another than it was, by its file's digest, is looked at again.

    Args:
        config: a `teacher_config.DistillConfig`.
        on_start: called with the `RunFolder` once it is known to be these teachers'.

    Returns:
        ({set or folder: number of its densities}, {photo: why it was left out}).

    Raises:
        ValueError: no such set, folder or teacher, or `output_dir` holds other teachers' densities.
    """
    _check_names(config)
    runtime.prepare(config)
    for name in config.datasets:
        prepared.open_split(name, "train", config.data_dir)
    for folder in config.unlabelled:
        storage.photos(folder)
    models = [initialisation.load_model(name) for name in config.teachers]
    folder = run_folder.RunFolder(
        config.output_dir,
        {"teachers": [_digest(m) for m in models], "mirror": config.mirror},
    )
    folder.begin()
    if on_start:
        on_start(folder)
    runners = [_runner(model, config.mirror) for model in models]
    counts, failures = {}, {}
    for name in (*config.datasets, *config.unlabelled):
        photos, known = _photos_of(config, name), _known(folder, name)
        missing = _unseen(photos, known)
        known = _without(known, set(missing))
        for start in range(0, len(missing), _SAVED_EVERY):
            some = {i: photos[i] for i in missing[start : start + _SAVED_EVERY]}
            known = _extended(known, runners, name, some, config.batch_size, failures)
            soft_targets.save(folder.join(soft_targets.file_name(name)), known)
        counts[name] = len(known.image_ids)
    return counts, failures


def _check_names(config):
    files = {}
    for name in (*config.datasets, *config.unlabelled):
        other = files.setdefault(soft_targets.file_name(name), name)
        if other != name:
            raise ValueError(
                f"Densities are kept by the last two parts of a name, which must differ. "
                f"Received: {other} and {name}"
            )


def _digest(model):
    digest = hashlib.sha256()
    for weight in model.get_weights():
        digest.update(np.ascontiguousarray(weight))
    return digest.hexdigest()[:16]


def _photos_of(config, name):
    """{image_id: a function that returns the file's bytes}, of a set or of a folder."""
    if name in config.datasets:
        examples = prepared.examples(name, "train", config.data_dir)
        return {e.image_id: lambda data=e.image: data for e in examples}
    return storage.photos(name)


def _known(folder, name):
    if tf.io.gfile.exists(folder.join(soft_targets.file_name(name))):
        return soft_targets.load(folder.path, name)
    none = np.zeros((0, *soft_targets.GRID), np.float16)
    return soft_targets.SoftTargets([], none, np.zeros(0, np.uint32))


def _without(known, image_ids):
    rows = [row for row, image_id in enumerate(known.image_ids) if image_id not in image_ids]
    return soft_targets.SoftTargets(
        [known.image_ids[row] for row in rows], known.log_densities[rows], known.digests[rows]
    )


def _unseen(photos, known):
    """The photos without a density, or with that of another file, in order."""
    digests = dict(zip(known.image_ids, known.digests, strict=True))
    return [
        image_id
        for image_id, read in photos.items()
        if image_id not in digests or digests[image_id] != decode.digest(read())
    ]


def _extended(known, runners, name, photos, batch_size, failures):
    """`known` and the densities of `photos`; those that cannot be decoded go to `failures`."""
    ids, grids, digests, names = [], [], [], list(photos)
    starts = range(0, len(names), batch_size)
    for start in tqdm.tqdm(starts, name, unit="batch", disable=not sys.stderr.isatty()):
        images = {}
        for image_id in names[start : start + batch_size]:
            try:
                data = photos[image_id]()
                images[image_id] = decode.decode_photo(data)
            except (ValueError, OSError) as error:
                failures[f"{name}/{image_id}"] = str(error)
                continue
            digests.append(decode.digest(data))
        if images:
            ids += images
            grids += list(_mean([run(name, images) for run in runners]))
    grids = np.array(grids, np.float16).reshape(-1, *soft_targets.GRID)
    return soft_targets.SoftTargets(
        [*known.image_ids, *ids],
        np.concatenate([known.log_densities, grids]),
        np.array([*known.digests, *digests], np.uint32),
    )


def _mean(grids):
    """The mean log-density of several teachers, `[n, 60, 80]`, normalised again."""
    mean = np.mean(np.array(grids, np.float64), axis=0)
    return mean - np.log(np.exp(mean).sum(axis=(1, 2), keepdims=True))


def _runner(model, mirror):
    """A function of (data set, {image_id: image}) -> `[n, 60, 80]` log-densities.

    A `Teacher` answers with the readouts that were not trained on the photo, and with the prior of
    its set; any other network is simply run.
    """
    size = model.input_shape[1:3]
    own = isinstance(model, teacher_lib.Teacher)

    @tf.function(jit_compile=False, reduce_retracing=True)
    def forward(canvases, domain):
        if own:
            return model.readout_logits(canvases, domain, mirror)
        logits = model(canvases, training=False)
        if mirror:
            logits = (logits + model(canvases[:, :, ::-1], training=False)[:, :, ::-1]) / 2
        return logits

    def run(dataset, images):
        canvases, placements = zip(
            *(geometry.image_to_canvas(image, size) for image in images.values()), strict=True
        )
        domain = model.domain_of(dataset) if own else np.zeros(0, np.float32)
        domains = np.repeat(domain[None], len(images), 0)
        logits = forward(np.stack(canvases), domains).numpy()
        asked = [model.readouts_to_ask(dataset, i) if own else [0] for i in images]
        return [
            soft_targets.photo_grid(some[..., readouts].mean(-1), placement)
            for some, readouts, placement in zip(logits, asked, placements, strict=True)
        ]

    return run
