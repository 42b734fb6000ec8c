"""What a builder left out, and why: counted, summed up in a sentence, listed in `dropped.csv`."""

import collections
import csv

OUTSIDE = "outside the image"
NOT_A_NUMBER = "coordinate not a number"
DUPLICATE = "duplicate row"
NO_IMAGE = "no such image"
BAD_IMAGE = "image does not decode"
NOT_AN_IMAGE = "not an image file"
NO_SPLIT = "image in no split"

_COLUMNS = ("reason", "image", "observer", "order", "x", "y", "detail")


class Report:
    """A list of dropped rows and images."""

    def __init__(self):
        self.rows = []

    def add_image(self, reason, image_id, detail=""):
        """A whole image was left out."""
        self.rows.append((reason, image_id, "", "", "", "", detail))

    def add_fixations(self, reason, image_id, fixations):
        """Fixations of one image were left out."""
        columns = (fixations.observer, fixations.order, fixations.x, fixations.y)
        self.rows += [
            (reason, image_id, *map(_plain, row), "") for row in zip(*columns, strict=True)
        ]

    def counts(self):
        """Number of rows by reason."""
        return dict(collections.Counter(row[0] for row in self.rows))

    def fixations(self):
        """Number of fixations left out."""
        return sum(1 for row in self.rows if row[4] != "")

    def of(self, reason):
        """(image, detail) of the rows with this reason."""
        return [(row[1], row[-1]) for row in self.rows if row[0] == reason]

    def write(self, path):
        """List every row in a csv file."""
        with open(path, "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(_COLUMNS)
            writer.writerows(self.rows)

    def __str__(self):
        counts = sorted(self.counts().items())
        return "; ".join(f"{reason}: {count}" for reason, count in counts) or "nothing"


def _plain(value):
    return value.item() if hasattr(value, "item") else value
