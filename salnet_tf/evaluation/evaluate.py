"""Score models and baselines on a data set: the one call behind `python -m trainers.evaluate`."""

import dataclasses
import math
import os
import pathlib

import numpy as np
import tqdm
from absl import logging

from salnet_tf.evaluation import (
    centre_bias,
    gold_standard,
    intervals,
    predictions,
    reliability,
    report,
    results,
    scoring,
    spectral_residual,
    stimuli,
)
from salnet_tf.images import map_files
from salnet_tf.objectives import scores
from salnet_tf.pipeline import prepared


@dataclasses.dataclass(frozen=True)
class EvaluateConfig:
    """What to score, on what, and how.

    Args:
        output_dir: where the tables go; made if absent.
        model: preset or path that `serving.predictor.load` takes; empty for none.
        compare_to: a second model, compared image by image with the first.
        predictions_dir: another program's maps, as a model of their own.
        dataset: full name of a prepared set, read from `data_dir`.
        fixations_dir: instead, a folder with `images/` and `fixations.csv`.
        split: to score on; empty is every image of a folder without `splits.csv`.
        data_dir: folder of the prepared sets.
        prediction_kind: "saliency_map" or "fixation_density".
        convention: "tuebingen" or "mit".
        metrics: names out of `scoring.METRICS`.
        baselines: names out of `scoring.BASELINES`.
        sigma: ground-truth sigma in pixels; None is the set's own.
        limit: score at most so many images.
        threads: of the model; None is the predictor's own choice.
        seed: of the bootstrap.
    """

    output_dir: str
    model: str = ""
    compare_to: str = ""
    predictions_dir: str = ""
    dataset: str = ""
    fixations_dir: str = ""
    split: str = "validation"
    data_dir: str | None = None
    prediction_kind: str = "saliency_map"
    convention: str = "tuebingen"
    metrics: tuple = tuple(name for name in scoring.METRICS if name != "emd")
    baselines: tuple = scoring.BASELINES
    sigma: float | None = None
    limit: int | None = None
    threads: int | None = None
    seed: int = 0

    def __post_init__(self):
        if not self.output_dir:
            raise ValueError("output_dir must be a folder. Received: ''")
        if bool(self.dataset) == bool(self.fixations_dir):
            raise ValueError(
                "Give either dataset or fixations_dir. Received: "
                f"dataset={self.dataset!r}, fixations_dir={self.fixations_dir!r}"
            )
        if self.compare_to and self.model and _is_one_path(self.compare_to, self.model):
            raise ValueError(f"compare_to must be another model. Received: {self.compare_to!r}")
        if self.dataset and not self.data_dir:
            raise ValueError(f"dataset needs data_dir. Received: dataset={self.dataset!r}")
        if self.sigma is not None and not 0 < self.sigma < math.inf:
            raise ValueError(f"sigma must be a number of pixels above 0. Received: {self.sigma}")
        if not self.metrics:
            raise ValueError("metrics must name one score or more. Received: none")
        if not (self.model or self.compare_to or self.predictions_dir or self.baselines):
            raise ValueError("There must be a model, maps or a baseline to score. Received: none")
        for value, known, what in (
            ((self.prediction_kind,), scoring.PREDICTION_KINDS, "prediction_kind"),
            ((self.convention,), scores.CONVENTIONS, "convention"),
            (self.metrics, scoring.METRICS, "metrics"),
            (self.baselines, scoring.BASELINES, "baselines"),
        ):
            unknown = sorted(set(value) - set(known))
            if unknown:
                raise ValueError(f"{what} must be of {', '.join(known)}. Received: {unknown[0]!r}")


def evaluate(config):
    """Score every row on every image and write scores.json, .csv, .md and report.html.

    Args:
        config: an `EvaluateConfig`.

    Returns:
        A `results.Result`.

    Raises:
        ValueError: the set, split, model or folder cannot be used at all. Single bad images or maps
            only leave that image out, with a sentence in every output.
    """
    _check_output(config.output_dir)
    models = _models(config)
    test = _read(config, config.split, config.limit)
    if not test.images:
        reasons = "; ".join(f"{name}: {why}" for name, why in list(test.left_out.items())[:3])
        raise ValueError(f"{test.name} {test.split} has no usable image. Received: {reasons or 0}")
    if of_maps(test.images):
        config = _for_maps(config)
    centre, where = _centre_bias(config, test)
    gold = _gold_standard(config, test.images, centre)
    rows = _row_names(config, test, models, centre, where, gold)
    values, masses, left_out = _scores(config, test, rows, models, centre, gold)
    result = results.Result(
        config,
        test.images,
        values,
        rows,
        _conventions(config, test, where),
        [*(("all", name, reason) for name, reason in test.left_out.items()), *left_out],
        {row: reliability.curve(each) for row, each in masses.items() if each},
        _notes(config, test, models, gold),
    )
    for row, image_id, reason in result.left_out:
        logging.warning("%s is left out of %s: %s.", image_id, row, reason)
    report.write(result, models)
    return result


def _scores(config, test, rows, models, centre, gold):
    """(row -> metric -> `[images]`, model -> its `reliability.masses`, what was left out)."""
    values = {row: {name: [] for name in config.metrics} for row in rows}
    masses, left_out = {row: [] for row in models}, []
    for truth in tqdm.tqdm(_truths(test.images, centre), total=len(test.images), disable=None):
        for row in rows:
            try:
                found = _score_row(row, truth, models, gold, config, masses)
            except ValueError as error:
                left_out.append((row, truth.stimulus.image_id, str(error)))
                found = {}
            for name in config.metrics:
                values[row][name].append(found.get(name, np.nan))
    _check_scored(rows, left_out, len(test.images))
    arrays = {row: {k: np.array(v) for k, v in each.items()} for row, each in values.items()}
    return arrays, masses, left_out


def _notes(config, test, models, gold):
    """Sentences on what is unusual about the set, its fixations and its maps."""
    notes = []
    if test.dropped:
        notes.append(
            f"{test.dropped} fixations that lie on no pixel of their image, or repeat a whole row, "
            "were dropped."
        )
    for name, model in models.items():
        extra = model.extra(test.images) if isinstance(model, predictions.Folder) else []
        if extra:
            notes.append(f"{name}: {len(extra)} files belong to no image ({', '.join(extra[:3])}).")
    if of_maps(test.images):
        notes.append("The set has maps, no fixations: NSS, AUC and IG are not for maps.")
    elif len(test.images) == 1:
        notes.append("Only one image is scored, so shuffled AUC has no negatives and no value.")
    if "gold_standard" in config.baselines and gold is None:
        notes.append("No image has fixations of two observers, so there is no gold standard.")
    return notes


def of_maps(images):
    """Whether the truth of the images is saliency maps, without fixations."""
    return images[0].saliency_map is not None


def _for_maps(config):
    """The configuration with the scores that need no fixations.

    Raises:
        ValueError: none of its scores is of them.
    """
    metrics = tuple(name for name in config.metrics if name in scoring.MAP_METRICS)
    if not metrics:
        raise ValueError(
            "The set has maps, no fixations: NSS, AUC and IG are not for maps; "
            f"{', '.join(scoring.MAP_METRICS)} are. Received: {', '.join(config.metrics)}"
        )
    baselines = tuple(name for name in config.baselines if name != "gold_standard")
    return dataclasses.replace(config, metrics=metrics, baselines=baselines)


def _is_one_path(one, other):
    return os.path.realpath(one) == os.path.realpath(other)


def _check_output(folder):
    """Refuse a folder that cannot be made because it, or one it is to be in, is a file."""
    path = pathlib.Path(folder)
    existing = next((each for each in (path, *path.parents) if each.exists()), path)
    if existing.is_file():
        raise ValueError(f"output_dir must be a folder. Received: {folder} ({existing} is a file)")


def _models(config):
    """Name -> function from a `Stimulus` to a map."""
    models = {}
    for path in filter(None, (config.model, config.compare_to)):
        models[_new_name(path, models)] = predictions.from_model(path, config.threads)
    if config.predictions_dir:
        name = _new_name(config.predictions_dir, models)
        models[name] = predictions.Folder(config.predictions_dir)
    return models


def _new_name(path, taken):
    """The path's last part, or all of it where that is the name of another row."""
    name = pathlib.PurePath(path).name
    return path if name in (*taken, *scoring.BASELINES, "all", "") else name


def _read(config, split, limit=None, files=True):
    if config.dataset:
        return stimuli.from_prepared(
            config.dataset, split, config.data_dir, config.sigma, limit, files
        )
    if not stimuli.splits_of_folder(config.fixations_dir):
        split = None
    return stimuli.from_folder(config.fixations_dir, split, config.sigma, limit, files)


def _splits(config):
    if not config.dataset:
        return stimuli.splits_of_folder(config.fixations_dir)
    return list(prepared.open_set(config.dataset, config.data_dir).info.splits)


def _centre_bias(config, test):
    """The centre bias and a word on what it was fitted on."""
    if "train" in _splits(config) and config.split != "train":
        training = _read(config, "train", files=False)
        return _fitted(training.images), "the training split"
    where = f"the other images of {_pool(test, 'this split')} (leave one image out)"
    return _fitted(test.images), where


def _fitted(images):
    return (centre_bias.mean_map if of_maps(images) else centre_bias.fit)(images)


def _pool(test, split):
    """What the scored images are: the split, called so, or what a limit left of it."""
    return f"the {len(test.images)} images scored (limit)" if test.limited else split


def _gold_standard(config, images, centre):
    """The `GoldStandard`, or None where it is not asked for or no image has two observers."""
    several = any(len(np.unique(stimulus.observers)) > 1 for stimulus in images)
    return (
        gold_standard.fit(images, centre)
        if "gold_standard" in config.baselines and several
        else None
    )


def _check_scored(rows, left_out, count):
    """Refuse a row that none of `count` images could be scored of."""
    for row in rows:
        reasons = [f"{image_id}: {reason}" for name, image_id, reason in left_out if name == row]
        if len(reasons) == count:
            raise ValueError(f"{row} can be scored on no image. Received: {reasons[-1]}")


def _truths(images, centre):
    """A `Truth` per image; the negatives are all fixations of all other images."""
    relative = [stimulus.relative_xy for stimulus in images]
    for k, stimulus in enumerate(images):
        others = np.concatenate([np.zeros((0, 2)), *relative[:k], *relative[k + 1 :]])
        density = centre.density(stimulus.size, stimulus.image_id)
        yield scoring.Truth(stimulus, others, density)


def _score_row(row, truth, models, gold, config, masses):
    """Scores of one row on one image."""
    kind = "saliency_map"
    if row in models:
        kind = config.prediction_kind
        saliency = map_files.checked(models[row](truth.stimulus), truth.stimulus.size)
        if truth.stimulus.saliency_map is None:
            masses[row].append(reliability.masses(saliency, truth.fixations))
    elif row == "gold_standard":
        densities = gold.densities(truth.stimulus, truth.centre)
        return scoring.score_observers(truth, densities, config.metrics, config.convention)
    elif row == "centre_bias":
        saliency = truth.centre
    elif row == "uniform":
        saliency = np.ones(truth.stimulus.size)
    else:
        saliency = spectral_residual.saliency(truth.stimulus.image())
    return scoring.score(truth, saliency, config.metrics, kind, config.convention)


def _row_names(config, test, models, centre, where, gold):
    """Row -> what it is, in the table's order."""
    fitted = f"; fitted on {_pool(test, 'the split')}" if test.limited else ""
    rows = {name: f"model, scored as {config.prediction_kind}" for name in models}
    described = {
        "centre_bias": centre.describe(where),
        "gold_standard": gold and gold.describe() + fitted,
        "uniform": "the same density everywhere",
        "spectral_residual": "Hou and Zhang 2007, no learning",
    }
    return rows | {name: described[name] for name in config.baselines if described[name]}


def _conventions(config, test, where):
    """What is printed beside every number."""
    sigmas = [stimulus.sigma for stimulus in test.images]
    longest = [max(stimulus.size) for stimulus in test.images]
    mit = config.convention == "mit"
    return {
        "data set": test.name,
        "edition": test.edition,
        "split": test.split,
        "images": str(len(test.images)),
        "observers": str(max(len(np.unique(s.observers)) for s in test.images)),
        "fixations": f"{sum(len(s.xy) for s in test.images)}, all of them, the first one included",
        "score size": "each image's own",
        "resizing of predictions": "area average when shrinking, bilinear when enlarging",
        "ground-truth sigma": f"{_range(sigmas)} px for longest sides of {_range(longest)} px",
        "prediction kind": config.prediction_kind,
        "convention": config.convention,
        "AUC": "exact (Mann-Whitney, ties half), against all pixels",
        "sAUC negatives": f"all fixations of all other images of {_pool(test, 'the split')}, in "
        "relative coordinates" + ("; 100 draws, thresholds in steps of 0.1" if mit else "; exact"),
        "NSS": f"{'sample' if mit else 'population'} standard deviation, "
        + ("fixated pixels once" if mit else "every fixation"),
        "SIM": "maps stretched to 0..1 first" if mit else "maps divided by their sum",
        "KL": "nats, eps 2.2204e-16, truth first",
        "IG baseline": f"centre bias fitted on {where}",
        "averaging": "over images; intervals are 95 % percentile bootstrap over images, "
        f"{intervals.RESAMPLES} resamples, seed {config.seed}",
    }


def _range(values):
    low, high = min(values), max(values)
    return f"{low:.4g}" if low == high else f"{low:.4g} to {high:.4g}"
