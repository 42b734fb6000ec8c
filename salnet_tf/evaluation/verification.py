"""Looks through a prepared set: counts against what is published, bounds, bias, pictures."""

import dataclasses
import hashlib
import pathlib

import numpy as np

from salnet_tf import files
from salnet_tf.evaluation import plausibility
from salnet_tf.images import decode, geometry, render
from salnet_tf.objectives import maps
from salnet_tf.pipeline import prepared

CENTRAL = 0.1  # a first fixation is central if this near the centre, in width and in height
TILE = (240, 320)  # (height, width) of one overlay and of the mean map


@dataclasses.dataclass(frozen=True)
class VerifyConfig:
    """What to verify.

    Attributes:
        dataset: full name of a prepared set.
        data_dir: where it is prepared.
        output_dir: gets `verification.json` and the pictures.
        near_empty: images with fewer fixations are listed.
        overlays: number of random photos to draw.
        seed: of their choice.
    """

    dataset: str
    data_dir: str
    output_dir: str
    near_empty: int = 5
    overlays: int = 8
    seed: int = 0


@dataclasses.dataclass
class Findings:
    """What was seen, split by split and image by image.

    Attributes:
        splits: split -> number of images.
        fixations: number of fixations.
        observers: their numbers.
        per_image: number of fixations of each image.
        outside: number of fixations outside their image or not finite.
        firsts, central: number of first fixations (order 0), and of those near the centre.
        near_empty: ids of images with hardly any fixation.
        undecodable: ids of images that do not decode.
        mean_map: `[TILE]` sum of densities.
        repeated: ids that occur twice.
        first_of: digest of an image's pixels -> (split, id) of the first that has them.
        shared: pairs of images of two splits that have the same pixels, as text.
        oddities: what is odd without being wrong for sure.
    """

    splits: dict = dataclasses.field(default_factory=dict)
    fixations: int = 0
    observers: set = dataclasses.field(default_factory=set)
    per_image: list = dataclasses.field(default_factory=list)
    outside: int = 0
    firsts: int = 0
    central: int = 0
    near_empty: list = dataclasses.field(default_factory=list)
    undecodable: list = dataclasses.field(default_factory=list)
    mean_map: np.ndarray = dataclasses.field(default_factory=lambda: np.zeros(TILE))
    repeated: list = dataclasses.field(default_factory=list)
    first_of: dict = dataclasses.field(default_factory=dict)
    shared: list = dataclasses.field(default_factory=list)
    oddities: plausibility.Plausibility = dataclasses.field(
        default_factory=plausibility.Plausibility
    )


def verify(config):
    """Verify a prepared set and write its pictures.

    Args:
        config: a `VerifyConfig`.

    Returns:
        report: a dict of everything counted.
        faults: a sentence for each thing that is not as published or not as it should be.
    """
    info = prepared.open_set(config.dataset, config.data_dir).info
    random = np.random.default_rng(config.seed)
    total = sum(split.num_examples for split in info.splits.values())
    drawn = set(random.choice(total, min(config.overlays, total), replace=False).tolist())
    findings, tiles, seen = Findings(), [], set()
    for split in info.splits:
        for example in prepared.examples(config.dataset, split, config.data_dir):
            if example.image_id in seen:
                findings.repeated.append(example.image_id)
            tile = _look(example, split, findings, config.near_empty, len(seen) in drawn)
            tiles += [] if tile is None else [tile]
            seen.add(example.image_id)
    metadata = dict(info.metadata or {})
    faults = _faults(findings, metadata, {s: i.num_examples for s, i in info.splits.items()})
    report = {"dataset": config.dataset, **_report(findings, metadata), "faults": faults}
    _write(pathlib.Path(config.output_dir), report, findings.mean_map, tiles)
    return report, faults


def summary(report):
    """The report as lines for a terminal."""
    splits = ", ".join(f"{split} {count}" for split, count in report["splits"].items())
    per_image, dropped = report["fixations_per_image"], report["dropped"]
    lines = [
        f"{report['dataset']}: {report['images']} images ({splits}), {report['observers']} "
        f"observers, {report['fixations']} fixations",
        f"fixations per image: {per_image['least']} to {per_image['most']}, median "
        f"{per_image['median']:g}; fewer than wanted in {len(report['near_empty'])}: "
        f"{', '.join(report['near_empty'][:8]) or 'none'}",
        f"central first fixations: {report['central_first']:.2f} of {report['firsts']}"
        if report["firsts"]
        else "central first fixations: order unknown",
        f"outside their image: {report['outside']}; images that do not decode: "
        f"{len(report['undecodable'])}",
        "left out when it was built: "
        + ("; ".join(f"{reason}: {count}" for reason, count in dropped.items()) or "nothing"),
        f"published: {report['published'] or 'no counts'}",
    ]
    lines += [f"WARNING: {warning}" for warning in report["warnings"]]
    return "\n".join(lines + [f"FAULT: {fault}" for fault in report["faults"]])


def _look(example, split, findings, near_empty, draw):
    """Count one image; its overlay if wanted."""
    findings.splits[split] = findings.splits.get(split, 0) + 1
    xy, order = example.xy, example.fixations["order"]
    findings.fixations += len(xy)
    findings.per_image.append(len(xy))
    findings.observers.update(example.fixations["observer"].tolist())
    if example.saliency_map is None and len(xy) < near_empty:
        findings.near_empty.append(example.image_id)
    try:
        image = decode.decode_photo(example.image)
    except ValueError:
        findings.undecodable.append(example.image_id)
        return None
    _note_pixels(image, split, example.image_id, findings)
    if example.saliency_map is not None:
        findings.mean_map += geometry.resize_image(example.saliency_map, TILE)
        return _overlay_of_map(image, example.saliency_map) if draw else None
    size = np.array(image.shape[1::-1])
    inside = np.all(np.isfinite(xy) & (xy >= 0) & (xy < size), axis=1)
    findings.outside += int(np.sum(~inside))
    relative = xy / size
    findings.oddities.look(relative, example.fixations["observer"])
    firsts = relative[order == 0]
    findings.firsts += len(firsts)
    findings.central += int(np.sum(np.all(np.abs(firsts - 0.5) < CENTRAL, axis=1)))
    if inside.any():
        sigma = example.sigma * TILE[1] / size[0]
        findings.mean_map += _density(relative[inside] * TILE[::-1], sigma)
    return _overlay(image, xy[inside], example.sigma) if draw else None


def _note_pixels(image, split, image_id, findings):
    """Note the image, and that another split has it already: what is learned is scored."""
    digest = hashlib.sha256(np.array(image.shape).tobytes() + image.tobytes()).digest()
    first_split, first_id = findings.first_of.setdefault(digest, (split, image_id))
    if first_split != split:
        findings.shared.append(f"{first_split} {first_id} and {split} {image_id}")


def _density(xy, sigma):
    return np.asarray(maps.density_of_points(xy, np.ones(len(xy)), TILE, sigma), np.float64)


def _overlay(image, xy, sigma):
    """A photo on a tile, its density over it, a dot on every fixation."""
    canvas, placement = geometry.image_to_canvas(image, TILE)
    tile, points = np.rint(canvas).astype(np.uint8), placement.to_canvas(xy)
    if len(points):
        tile = render.overlay(tile, _density(points, sigma * placement.scale_x))
    return render.points(tile, points)


def _overlay_of_map(image, saliency):
    """A photo on a tile, its map over it."""
    overlay = render.overlay(image, geometry.resize_image(saliency, image.shape[:2]))
    return np.rint(geometry.image_to_canvas(overlay, TILE)[0]).astype(np.uint8)


def _report(findings, metadata):
    built = metadata.get("built", {})
    return {
        "images": sum(findings.splits.values()),
        "splits": findings.splits,
        "observers": len(findings.observers),
        "fixations": findings.fixations,
        "fixations_per_image": {
            "least": min(findings.per_image),
            "median": float(np.median(findings.per_image)),
            "most": max(findings.per_image),
        },
        "firsts": findings.firsts,
        "central_first": findings.central / max(1, findings.firsts),
        "near_empty": findings.near_empty,
        "outside": findings.outside,
        "undecodable": findings.undecodable,
        "dropped": {
            reason: count["fixations"] or count["images"]
            for reason, count in built.get("dropped", {}).items()
        },
        "published": metadata.get("published", {}),
        "warnings": findings.oddities.warnings(metadata.get("observer_names", ())),
    }


def _faults(findings, metadata, stored):
    """A sentence for everything that differs from what is published, built or possible."""
    images, built = sum(findings.splits.values()), metadata.get("built", {})
    published = metadata.get("published", {})
    left_out = sum(count["fixations"] for count in built.get("dropped", {}).values())
    pairs = [
        ("images stored", images, sum(stored.values())),
        ("images built", images, built.get("images")),
        ("fixations built", findings.fixations, built.get("fixations")),
        ("images published", images, published.get("images")),
        ("observers published", len(findings.observers), published.get("observers")),
        ("fixations published, with those left out", findings.fixations + left_out,
         published.get("fixations")),
    ]  # fmt: skip
    for split, count in published.get("splits", {}).items():
        pairs.append((f"images of {split} published", findings.splits.get(split, 0), count))
    faults = [
        f"{what} must be {wanted}. Received: {found}"
        for what, found, wanted in pairs
        if wanted is not None and found != wanted
    ]
    if findings.outside:
        faults.append(f"fixations must lie in their image. Received: {findings.outside} outside")
    for what, names in (
        ("decode", findings.undecodable),
        ("have ids of their own", findings.repeated),
        ("be in one split only", findings.shared),
    ):
        if names:
            faults.append(f"images must {what}. Received: {', '.join(names)}")
    return faults


def _write(folder, report, mean_map, tiles):
    files.write_json(folder / "verification.json", report)
    if mean_map.any():
        files.write_bytes(folder / "mean_map.png", render.heat_map_png(mean_map))
    if tiles:
        blank = [np.zeros((*TILE, 3), np.uint8)] * (-len(tiles) % 4)
        rows = np.reshape([*tiles, *blank], (-1, 4, *TILE, 3))
        sheet = np.concatenate([np.concatenate(list(row), axis=1) for row in rows])
        files.write_bytes(folder / "overlays.jpg", render.encoded("overlays.jpg", sheet))
