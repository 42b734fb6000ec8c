"""New photos to show a teacher: parts of photos, several side by side or blended, other colours.

A student learns a teacher's function from what both look at, so more pictures than there are photos
help it, blends of two among them (Beyer et al., "Knowledge distillation: a good teacher is patient
and consistent", arXiv:2106.05237). A large crop or a collage changes where people look; here the
teacher is asked again about each, so no fixation is taken over.

`python -m research.views --dataset=... --unlabelled=DIR --output_dir=VIEWS` writes them; they are
one more folder of photos for `trainers.distill --unlabelled`.
"""

import pathlib
import zlib

import cv2
import numpy as np
import tqdm
from absl import flags

from salnet_tf import command_line
from salnet_tf import files as files_lib
from salnet_tf.images import decode
from salnet_tf.pipeline import prepared
from salnet_tf.training import soft_targets, storage

SIZE = (384, 512)
SHARE = (0.15, 0.9)
PARTS, COLLAGES, RECOLOURED = 0.4, 0.35, 0.3  # shares of the views; what is left are blends


def write(photos, folder, count=1, seed=0):
    """Write views of each photo: a part of it, a collage with one or three others, or a blend.

    Some are given other colours besides.

    Args:
        photos: {name: a function that returns the file's bytes}.
        folder: `pathlib.Path` or text; gets a JPEG file of each view; those there already are kept.
        count: views of each photo.
        seed: of the choice of kinds, parts and partners, with the photo's name and the view's
            number.

    Returns:
        {name: why it was left out}, for photos that cannot be decoded.

    Raises:
        OSError: a view cannot be written.
    """
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    names, failures, files = list(photos), {}, _file_names(photos)
    for number, name in tqdm.tqdm(
        [(n, p) for n in range(count) for p in names], "views", disable=None
    ):
        path = folder / f"{files[name]}-{number}.jpg"
        image = None if path.exists() else _decoded(photos, name, failures)
        if image is None:
            continue
        random = np.random.default_rng([seed, zlib.crc32(name.encode()), number])
        kind = random.random()
        if kind < PARTS:
            view = part_of(image, random)
        else:
            collage = kind < PARTS + COLLAGES
            number_of_partners = random.choice([1, 3]) if collage else 1
            partners = [names[i] for i in random.integers(len(names), size=number_of_partners)]
            others = [_decoded(photos, partner, failures) for partner in partners]
            images = [image] + [image if other is None else other for other in others]
            view = collage_of(images, random) if collage else blend_of(images, random)
        if random.random() < RECOLOURED:
            view = recoloured(view, random)
        _save(path, view)
    return failures


def photos_of(datasets, folders, data_dir):
    """{name: a function that returns the file's bytes} of training splits and folders.

    A name has no path to its folder: views are the same wherever it lies.
    """
    found = {}
    for name in datasets:
        stem = soft_targets.file_name(name).removesuffix(".npz")
        for example in prepared.examples(name, "train", data_dir):
            found[f"{stem}/{example.image_id}"] = lambda data=example.image: data
    for folder in folders:
        stem = soft_targets.file_name(folder).removesuffix(".npz")
        found |= {f"{stem}/{name}": read for name, read in storage.photos(folder).items()}
    return found


def _file_names(names):
    """{name: it as a file's}; of names that would be one file, all but the first are told apart."""
    files, taken = {}, set()
    for name in names:
        plain = name.replace("/", "-").replace(".", "-")
        files[name] = f"{plain}-{zlib.crc32(name.encode()):08x}" if plain in taken else plain
        taken.add(plain)
    return files


def _decoded(photos, name, failures):
    try:
        return decode.decode_photo(photos[name]())
    except (ValueError, OSError) as error:
        failures[name] = str(error)
        return None


def part_of(image, random):
    """A random part of `[H, W, 3]`: a share of `SHARE` of its area, its shape a little changed."""
    height, width = image.shape[:2]
    share, shape = random.uniform(*SHARE), np.exp(random.uniform(-0.25, 0.25))
    rows = min(height, max(1, round(height * np.sqrt(share) * shape)))
    columns = min(width, max(1, round(width * np.sqrt(share) / shape)))
    top, left = random.integers(height - rows + 1), random.integers(width - columns + 1)
    return image[top : top + rows, left : left + columns]


def collage_of(images, random, size=SIZE):
    """Two or four images, each stretched into one of the fields around a random point.

    Two lie side by side or one above the other.
    """
    height, width = size
    y, x = (round(side * random.uniform(0.35, 0.65)) for side in size)
    if len(images) == 2:
        y, x = (height, x) if random.random() < 0.5 else (y, width)
    collage = np.empty((height, width, 3), np.uint8)
    rows, columns = ([slice(0, cut), slice(cut, side)] for cut, side in ((y, height), (x, width)))
    fields = [(r, c) for r in rows for c in columns if r.start < height and c.start < width]
    for field, image in zip(fields, images, strict=True):
        field_height, field_width = collage[field].shape[:2]
        resized = cv2.resize(image, (field_width, field_height), interpolation=cv2.INTER_AREA)
        collage[field] = resized
    return collage


def blend_of(images, random, size=SIZE):
    """Two images stretched to one size and laid over each other, neither below a third."""
    first, second = (cv2.resize(i, size[::-1], interpolation=cv2.INTER_AREA) for i in images)
    share = random.uniform(1 / 3, 2 / 3)
    return cv2.addWeighted(first, share, second, 1 - share, 0)


def recoloured(image, random):
    """Any hue turned into any other; saturation up to half as much again, or none; other gamma."""
    hue, saturation, value = cv2.split(cv2.cvtColor(image, cv2.COLOR_RGB2HSV))
    hue = (hue.astype(np.int32) + random.integers(180)) % 180
    saturation = np.minimum(255, saturation * random.uniform(0, 1.5))
    value = 255 * (value / 255) ** np.exp(random.uniform(-0.5, 0.5))
    hsv = cv2.merge([channel.astype(np.uint8) for channel in (hue, saturation, value)])
    return cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)


def _save(path, image):
    longest = max(image.shape[:2]) / max(SIZE)
    if longest > 1:
        size = tuple(max(1, round(side / longest)) for side in image.shape[1::-1])
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    quality = [cv2.IMWRITE_JPEG_QUALITY, 92]
    data = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), quality)[1]
    files_lib.write_bytes(path, data.tobytes())


def define_flags():
    """Define this command's flags."""
    flags.DEFINE_list("dataset", [], "Prepared sets (their training split), by full name.")
    flags.DEFINE_list("unlabelled", [], "Folders of photos.")
    flags.DEFINE_string("data_dir", None, "Folder of the prepared data sets.")
    flags.DEFINE_string("output_dir", None, "Folder to fill; views there already are kept.")
    flags.DEFINE_integer("views", 1, "Views of each photo.", 1, 1000)
    flags.DEFINE_integer("seed", 0, "Another gives other views; a folder for each.", 0, 2**31 - 1)
    flags.mark_flags_as_required(["output_dir"])


def main(_):
    chosen = flags.FLAGS
    photos = photos_of(chosen.dataset, chosen.unlabelled, chosen.data_dir)
    failures = write(photos, chosen.output_dir, chosen.views, chosen.seed)
    print(f"views of {len(photos) - len(failures)} photos in {chosen.output_dir}")
    for name, reason in failures.items():
        print(f"left out: {name}: {reason}")
    return 1 if failures else 0


if __name__ == "__main__":
    define_flags()
    command_line.run(main)
