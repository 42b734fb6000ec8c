"""Maps to be scored: from a model, or from a folder of files that another program wrote."""

import pathlib

from salnet_tf.images import map_files


def from_model(name, threads=None):
    """A function from a `Stimulus` to the density that `serving.predictor` gives it."""
    from salnet_tf.serving import predictor  # scoring a folder of maps needs no engine

    model = predictor.load(name, threads=threads)
    return lambda stimulus: model.predict(stimulus.image())


class Folder:
    """Maps from `<stem>.npy|.mat|.png|.jpg`, the stem being the image's name without its ending.

    Args:
        folder: path.

    Raises:
        ValueError: the folder holds no such file.
    """

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self._by_stem = map_files.by_stem(folder)

    def __call__(self, stimulus):
        path = self._by_stem.get(map_files.stem(stimulus.image_id))
        if path is None:
            raise ValueError(f"{self.folder} has no map for it")
        return map_files.read_map(path)

    def extra(self, stimuli):
        """Names of the files that belong to no image of the split.

        Raises:
            ValueError: two images would have one file.
        """
        stems = {}
        for stimulus in stimuli:
            other = stems.setdefault(map_files.stem(stimulus.image_id), stimulus)
            if other is not stimulus:
                raise ValueError(
                    f"Images must differ in more than their ending or folder to have maps of their "
                    f"own in {self.folder}. Received: {other.image_id}, {stimulus.image_id}"
                )
        return sorted(path.name for stem, path in self._by_stem.items() if stem not in stems)
