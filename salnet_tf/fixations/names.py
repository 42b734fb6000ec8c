"""The images that a table means: their files, and the splits that a csv puts them in."""

import pathlib
import re
import unicodedata

import pandas as pd

from salnet_tf.fixations import dialect


def resolver(files):
    """A function from a name in a table (path, name or stem) to the file's name, None if none.

    Accents in either way of writing and, where it is clear, upper and lower case are alike.
    """
    known, folded = {}, {}
    for name in files:
        for text in {name, pathlib.PurePath(name).stem}:
            known.setdefault(_composed(text), []).append(name)
            folded.setdefault(_composed(text).casefold(), []).append(name)

    def resolve(image):
        name = re.split(r"[/\\]", image)[-1]
        if name in files:
            return name
        named = known.get(_composed(name)) or folded.get(_composed(name).casefold(), [])
        if len(named) > 1:
            raise ValueError(f"Two images have one name. Received: {', '.join(named)}")
        return named[0] if named else None

    return resolve


def _composed(text):
    return unicodedata.normalize("NFC", text)


def splits_of(path, files):
    """What a csv of `image, split` says.

    Returns:
        splits: split -> file names, each once, in the order of the csv.
        missing: split -> names in it that are no file.

    Raises:
        ValueError: it has not these columns, or an image is in two splits.
    """
    raw = dialect.read(path)
    if not {"image", "split"} <= set(raw.columns):
        raise ValueError(
            f"{path.name} needs the columns image, split. Received: {', '.join(raw.columns)}"
        )
    frame = pd.DataFrame({"image": dialect.text(raw["image"]), "split": dialect.text(raw["split"])})
    named = frame["image"].map(resolver(files))
    frame = frame.assign(image=named.fillna(frame["image"]), there=named.notna()).drop_duplicates()
    twice = frame.loc[frame["image"].duplicated(), "image"]
    if len(twice):
        raise ValueError(f"An image is in two splits. Received: {', '.join(twice)}")
    odd = sorted(name for name in set(frame["split"]) if not re.fullmatch(r"[a-z]\w{0,63}", name))
    if odd:
        raise ValueError(f"A split's name is like train, val_2. Received: {odd[0]:.80}")
    there, missing = (
        {split: rows["image"].tolist() for split, rows in part.groupby("split", sort=False)}
        for part in (frame[frame["there"]], frame[~frame["there"]])
    )
    return there, missing


def natural(text):
    """A sort key that puts s2 before s10."""
    return [
        (int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", text)
    ]
