"""Runs teachers once over sets and folders of photos and keeps their densities."""

import dataclasses
import functools
import hashlib
import sys

import numpy as np
import tensorflow as tf
import tqdm

from salnet_tf.images import decode, geometry
from salnet_tf.models import teacher as teacher_lib
from salnet_tf.pipeline import prepared
from salnet_tf.training import hints as hints_lib
from salnet_tf.training import initialisation, run_folder, runtime, soft_targets, stored, views

_SAVED_EVERY = 1000  # photos; what is kept survives the end of the process


@dataclasses.dataclass(frozen=True)
class DistillConfig:
    """Whose densities to keep, of what; `trainers/distill.py` makes it of flags.

    Args:
        teachers: `.keras` files or workdirs, of a `Teacher` or a `SalNet`; their log-densities are
            averaged.
        output_dir: gets one `.npz` per set and folder.
        datasets: prepared sets; the photos of their training splits.
        unlabelled: folders of photos.
        views_dir: empty, or a folder to fill with views of all these photos (`views.write`), which
            then is one more folder of photos.
        views: of each photo.
        views_seed: of their kinds, parts and partners.
        hints: channels of the teacher's features to keep beside its densities (`training.hints`);
            0 for none.
        mirror: whether each photo's mirror image is shown too, in twice the time.
        data_dir: of the prepared sets.
        batch_size: photos at a time.
        threads: CPU threads; 0 for all.
    """

    teachers: tuple[str, ...]
    output_dir: str
    datasets: tuple[str, ...] = ()
    unlabelled: tuple[str, ...] = ()
    views_dir: str = ""
    views: int = 1
    views_seed: int = 0
    hints: int = 0
    mirror: bool = True
    data_dir: str | None = None
    batch_size: int = 4
    threads: int = 0
    # What `runtime.prepare` sets besides.
    deterministic = False
    seed = 0
    precision = "float32"

    def __post_init__(self):
        if not self.teachers:
            raise ValueError("teachers must name at least one model. Received: none")
        if not self.datasets and not self.unlabelled:
            raise ValueError("There must be a data set or a folder of photos. Received: neither")
        if self.hints and len(self.teachers) > 1:
            raise ValueError(f"hints come from one teacher. Received: {len(self.teachers)}")
        if not self.views_dir and (self.views > 1 or self.views_seed):
            raise ValueError(
                f"views and views_seed have no effect without views_dir. Received: {self.views}, "
                f"{self.views_seed}"
            )
        if self.datasets and not self.data_dir:
            raise ValueError(
                f"Data sets are read from data_dir. Received: dataset {self.datasets[0]}, "
                "data_dir none"
            )
        files = {}
        for name in (*self.datasets, *self.folders):
            other = files.setdefault(soft_targets.file_name(name), name)
            if other != name:
                raise ValueError(
                    f"Densities are kept by the last two parts of a name, which must differ. "
                    f"Received: {other} and {name}"
                )

    @property
    def folders(self):
        """All folders of photos."""
        return (*self.unlabelled, *([self.views_dir] if self.views_dir else []))


def distill(config, on_start=None):
    """Run the teachers over every photo that `output_dir` has no density of yet.

    A photo that is another than it was, by its file's digest, is looked at again.

    Args:
        config: a `DistillConfig`.
        on_start: called with the `RunFolder` once it is known to be these teachers'.

    Returns:
        ({set or folder: number of its densities}, {photo: why it was left out}).

    Raises:
        ValueError: no such set, folder or teacher, or `output_dir` holds other teachers' densities.
    """
    runtime.prepare(config)
    for name in config.datasets:
        prepared.open_split(name, "train", config.data_dir)
    for folder in config.unlabelled:
        stored.photos(folder)
    models = [_teacher(path) for path in config.teachers]
    extract = hints_lib.extractor(models[0]) if config.hints else None
    folder = run_folder.RunFolder(
        config.output_dir,
        {"teachers": [_digest(m) for m in models], "mirror": config.mirror},
    )
    _check_hints(config)
    folder.begin()
    if on_start:
        on_start(folder)
    runners = [_runner(model, config.mirror) for model in models]
    counts, failures = {}, _write_views(config) if config.views_dir else {}
    for name in (*config.datasets, *config.folders):
        photos = _photos_of(config, name)
        kept = _kept(folder, name)
        known = dict(zip(kept.image_ids, kept.digests, strict=True))
        missing = _unknown(photos, known)
        kept = _without(kept, set(missing))
        for start in range(0, len(missing), _SAVED_EVERY):
            some = {i: photos[i] for i in missing[start : start + _SAVED_EVERY]}
            kept = _extended(kept, runners, name, some, config.batch_size, failures)
            soft_targets.save(folder.join(soft_targets.file_name(name)), kept)
        counts[name] = len(kept.image_ids)
    if extract:
        _keep_hints(config, extract, failures)
    return counts, failures


def _teacher(path):
    """A network of one input size, from photos to one map.

    Raises:
        ValueError: it is none.
    """
    model = initialisation.load_model(path)
    shapes = (model.input_shape, model.output_shape)
    if [len(shape) for shape in shapes] != [4, 4] or (
        None in model.input_shape[1:] or model.input_shape[3] != 3 or model.output_shape[3] != 1
    ):
        raise ValueError(
            f"A teacher takes photos [height, width, 3] of one size and gives one map. "
            f"Received: {path}, from {shapes[0]} to {shapes[1]}"
        )
    return model


def _check_hints(config):
    basis = hints_lib.Store(config.output_dir).basis() if config.hints else None
    if basis and basis.projection.shape[1] != config.hints:
        raise ValueError(
            f"{config.output_dir} has hints of {basis.projection.shape[1]} channels. "
            f"Received: {config.hints}"
        )


def _keep_hints(config, extract, failures):
    """The hints of every photo that has none yet, or is another than it was."""
    store = hints_lib.Store(config.output_dir)
    for name in (*config.datasets, *config.folders):
        photos = _photos_of(config, name)
        missing = [
            i for i in _unknown(photos, store.digests(name)) if f"{name}/{i}" not in failures
        ]
        basis = store.basis()
        if missing and not basis:
            some = {i: photos[i] for i in hints_lib.sample(missing)}
            features = _of_photos(extract, name, some, config.batch_size, failures)[1]
            if not features:
                raise ValueError(f"No photo can be decoded to make hints of. Received: {name}")
            features = np.reshape(features, (-1, np.shape(features)[-1]))
            basis = hints_lib.find_basis(features, config.hints)
            store.save_basis(basis)
        for start in range(0, len(missing), _SAVED_EVERY):
            some = {i: photos[i] for i in missing[start : start + _SAVED_EVERY]}
            noted, digests = _noted(some)
            ids, features = _of_photos(extract, name, noted, config.batch_size, failures)
            if ids:
                store.append(name, ids, basis.apply(np.array(features)), [digests[i] for i in ids])


def _write_views(config):
    photos = {}
    for name in (*config.datasets, *config.unlabelled):
        for image_id, data in _photos_of(config, name).items():
            # Named without the path to the folder: views are the same wherever it lies.
            photos[soft_targets.file_name(name).replace(".npz", f"/{image_id}")] = data
    return views.write(photos, config.views_dir, config.views, config.views_seed)


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
    return stored.photos(name)


def _kept(folder, name):
    if tf.io.gfile.exists(folder.join(soft_targets.file_name(name))):
        return soft_targets.load(folder.path, name)
    none = np.zeros((0, *soft_targets.GRID), np.float16)
    return soft_targets.SoftTargets([], none, np.zeros(0, np.uint32))


def _without(kept, image_ids):
    rows = [row for row, image_id in enumerate(kept.image_ids) if image_id not in image_ids]
    return soft_targets.SoftTargets(
        [kept.image_ids[row] for row in rows], kept.log_densities[rows], kept.digests[rows]
    )


def _unknown(photos, digests):
    """The photos without a digest, or with that of another file, in order."""
    return [
        image_id
        for image_id, read in photos.items()
        if image_id not in digests or digests[image_id] != decode.digest(read())
    ]


def _noted(photos):
    """The same photos, and a dict that gets the digest of each as it is read."""
    digests = {}

    def noted(image_id, read):
        data = read()
        digests[image_id] = decode.digest(data)
        return data

    return {i: functools.partial(noted, i, read) for i, read in photos.items()}, digests


def _extended(kept, runners, name, photos, batch_size, failures):
    """`kept` and the densities of `photos`; those that cannot be decoded go to `failures`."""

    def densities(images):
        return _mean([run(name, images) for run in runners])

    photos, digests = _noted(photos)
    ids, grids = _of_photos(densities, name, photos, batch_size, failures)
    grids = np.array(grids, np.float16).reshape(-1, *soft_targets.GRID)
    return soft_targets.SoftTargets(
        [*kept.image_ids, *ids],
        np.concatenate([kept.log_densities, grids]),
        np.array([*kept.digests, *(digests[i] for i in ids)], np.uint32),
    )


def _of_photos(run, name, photos, batch_size, failures):
    """What `run` makes of photos: (their ids, one array each); others go to `failures`."""
    ids, arrays, names = [], [], list(photos)
    starts = range(0, len(names), batch_size)
    for start in tqdm.tqdm(starts, name, unit="batch", disable=not sys.stderr.isatty()):
        images = {}
        for image_id in names[start : start + batch_size]:
            try:
                images[image_id] = decode.decode_photo(photos[image_id]())
            except (ValueError, OSError) as error:
                failures[f"{name}/{image_id}"] = str(error)
        if images:
            ids += images
            arrays += list(run(images))
    return ids, arrays


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
