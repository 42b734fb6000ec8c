"""What a builder left out, and why: counted, summed up in a sentence, listed in `dropped.csv`."""

import csv

from salnet_tf.fixations import table

OUTSIDE = "outside the image"
NOT_A_NUMBER = "coordinate not a number"
FIRST = "first fixation, on the cross before the image"
NO_IMAGE = table.NO_IMAGE
NO_SPLIT = "image in no split"
BAD_IMAGE = "image does not decode"
NO_MAP = "image without a map"
UNREAD = "image file that is not read"

_COLUMNS = ("reason", "image", "observer", "order", "x", "y", "detail")


class DropReport:
    """The images and fixations left out of a set."""

    def __init__(self):
        self.images = []  # (reason, image, detail)
        self.fixations = []  # (reason, image, observer, order, x, y)

    def drop_image(self, reason, image_id, fixations=(), detail=""):
        """A whole image was left out, and with it its fixations."""
        self.images.append((reason, image_id, detail))
        self.drop_fixations(reason, image_id, fixations)

    def drop_fixations(self, reason, image_id, fixations):
        """Some fixations (`schema.Fixations`) of one image were left out."""
        if len(fixations):
            columns = (fixations.observer, fixations.order, fixations.x, fixations.y)
            rows = zip(*(column.tolist() for column in columns), strict=True)
            self.fixations += [(reason, image_id, *row) for row in rows]

    def counts(self):
        """reason -> {"images": n, "fixations": n}."""
        reasons = sorted({row[0] for row in self.images + self.fixations})
        return {
            reason: {
                "images": sum(row[0] == reason for row in self.images),
                "fixations": sum(row[0] == reason for row in self.fixations),
            }
            for reason in reasons
        }

    def places(self, reason):
        """(image, x, y) of the fixations left out for a reason."""
        return [(row[1], row[4], row[5]) for row in self.fixations if row[0] == reason]

    def write(self, path):
        """List all of it in a csv file."""
        rows = [(reason, image, "", "", "", "", detail) for reason, image, detail in self.images]
        with open(path, "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(_COLUMNS)
            writer.writerows(rows + [(*row, "") for row in self.fixations])

    def __str__(self):
        parts = [
            f"{reason}: " + ", ".join(f"{count[what]} {what}" for what in count if count[what])
            for reason, count in self.counts().items()
        ]
        return "; ".join(parts) or "nothing"
