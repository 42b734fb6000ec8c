"""What a training run is: one frozen dataclass, checked before any data is read."""

import dataclasses

from salnet_tf import options
from salnet_tf.models import presets
from salnet_tf.pipeline import sigma

DEFAULT_MODEL = "salnet"

# An option that would change nothing is refused: whoever set it expects something of it.
_NEEDS = (
    ("clusters", "the loss sparse", lambda c: "sparse" in c.loss),
    ("warmup_epochs", "schedule cosine", lambda c: c.schedule == "cosine" or not c.warmup_epochs),
    ("cluster_radius", "clusters", lambda c: c.clusters),
    ("plateau_patience", "schedule plateau", lambda c: c.schedule == "plateau"),
    ("plateau_factor", "schedule plateau", lambda c: c.schedule == "plateau"),
    ("unlabelled", "soft_targets", lambda c: c.soft_targets),
    ("soft_share", "soft_targets", lambda c: c.soft_targets),
    ("soft_temperature", "soft_targets", lambda c: c.soft_targets),
    ("shard_reading", "strategy multi_worker", lambda c: c.strategy in ("auto", "multi_worker")),
)
_OF_SOFT_TARGETS = ("soft_targets", "soft_share", "soft_temperature", "unlabelled")


@dataclasses.dataclass(frozen=True)
class TrainConfig:
    """A training run; the flags of `trainers.train` are its options.

    Args:
        network: a `SalNetConfig` to train in place of a preset's.
        calibrate: append a `Calibration` to the network of `init_from` and train it alone.
    """

    workdir: str = options.option("Folder of the run, a path or gs://...; made anew, or resumed.")
    data_dir: str = options.option(
        "Folder of the prepared data sets (`python -m data.build` fills it)."
    )
    datasets: tuple[str, ...] = options.option(
        "Prepared sets to train on, by full name.", ("synthetic",), flag="dataset"
    )
    validation_datasets: tuple[str, ...] = options.option(
        "Prepared sets to validate on; by default those trained on.", (), flag="validation_dataset"
    )
    model: str = options.option(
        f"Preset to train: {', '.join(presets.PRESETS)}; by default the network of --init_from, "
        f"or {DEFAULT_MODEL}.",
        "",
    )
    image_size: tuple[int, int] | None = options.option(
        "HEIGHTxWIDTH of the canvas in pixels, multiples of the stride, 16; by default that of "
        "--init_from, or the preset's.",
        None,
        at_most=4096,
    )
    init_from: str = options.option(
        "A preset with shipped weights, a .keras file or a workdir to start from.", ""
    )
    freeze: tuple[str, ...] = options.option(
        "Prefixes of layers' names, stem,module1_, whose weights stay (with --init_from). "
        "batch_norm freezes the normalisation statistics; use it when fine-tuning.",
        (),
    )
    images: int = options.option(
        "Train on so many images, chosen by the seed; 0 for all.", 0, at_least=0, at_most=10**9
    )
    loss: str = options.option(
        "Weighted mix of losses, NAME:WEIGHT,...: kld, cc, sim, nss, exp_nss, ig, bce, mse, "
        "sparse@WINDOW (odd pixels of the canvas; 15 by default); weights above 0.",
        "kld:1,cc:1",
    )
    batch_size: int = options.option(
        "Images in a global batch, a multiple of the replicas.", 8, at_least=1, at_most=65536
    )
    accumulation: int = options.option(
        "Batches whose gradients are summed for an optimiser step.", 1, at_least=1, at_most=65536
    )
    epochs: int = options.option("Passes over the training images.", 24, at_least=1, at_most=10**6)
    learning_rate: float = options.option("Peak learning rate.", 2e-3, above=0, at_most=1000)
    schedule: str = options.option(
        "Course of the learning rate: down to 0 over all epochs, down where the score stays, or "
        "none.",
        "cosine",
        choices=("cosine", "plateau", "constant"),
    )
    warmup_epochs: float | None = options.option(
        "Epochs of linear warm-up, below --epochs (cosine); by default 1, or half of a run of one.",
        None,
        at_least=0,
        at_most=10**6,
    )
    plateau_patience: int = options.option(
        "Epochs without a better score before the rate falls (plateau).",
        3,
        at_least=1,
        at_most=10**6,
    )
    plateau_factor: float = options.option(
        "What the rate is multiplied with then (plateau).", 0.3, above=0, below=1
    )
    early_stopping: int = options.option(
        "Epochs without a better score before the run ends; 0 for never.",
        0,
        at_least=0,
        at_most=10**6,
    )
    weight_decay: float = options.option("Decoupled weight decay.", 1e-2, at_least=0, at_most=1000)
    clip_norm: float = options.option(
        "Bound of the gradient's norm; 0 for none.", 1.0, at_least=0, at_most=10**9
    )
    ema_momentum: float = options.option(
        "Momentum of the weights' moving average, per step; less where the average would span more "
        "than a tenth of the run; 0 for none.",
        0.999,
        at_least=0,
        below=1,
    )
    mirror: bool = options.option("Mirror half of the photos.", True)
    photometric: float = options.option(
        "Strength of changes of brightness, contrast and colour, 1 as usual; 0 for none.",
        1.0,
        at_least=0,
        at_most=5,
    )
    crop: float = options.option(
        "Up to this share of the sides is cut away; 0.1 leaves gaze where it was.",
        0.0,
        at_least=0,
        below=1,
    )
    clusters: int = options.option(
        "Points an image's fixations are clustered to for the loss `sparse`; 0 for all.",
        0,
        at_least=0,
        at_most=10**4,
    )
    cluster_radius: float = options.option(
        "Radius of a cluster, pixels of the canvas.", 20.0, above=0, at_most=10**4
    )
    mixing: tuple[float, ...] = options.option(
        "Weights of each --dataset, then of each --unlabelled, in an epoch: 2,1; by default every "
        "image comes once.",
        (),
        above=0,
        at_most=10**9,
    )
    sigma: tuple[str, ...] = options.option(
        "Ground-truth sigma, 24px (of the image) or 1deg (of view): one for all or each --dataset.",
        (),
    )
    shard_reading: bool = options.option(
        "Each worker reads its part of the images only (multi_worker).", False
    )
    select_by: str = options.option(
        "Validation score that chooses best.keras.", "cc", choices=("cc", "nss", "sim", "kld")
    )
    precision: str = options.option(
        "Compute dtype; float32 is best on CPU.", "float32", choices=("float32", "mixed_bfloat16")
    )
    strategy: str = options.option(
        "tf.distribute strategy; auto follows TF_CONFIG and the number of GPUs.",
        "auto",
        choices=("auto", "one_device", "mirrored", "multi_worker", "tpu"),
    )
    jit_compile: str = options.option(
        "XLA; auto is on for GPU, off on CPU.", "auto", choices=("auto", "on", "off")
    )
    steps_per_call: int = options.option(
        "Optimiser steps inside one call of the compiled loop.", 10, at_least=1, at_most=10**5
    )
    checkpoint_minutes: float = options.option(
        "Minutes between checkpoints within an epoch; 0 for one every call.",
        5.0,
        at_least=0,
        at_most=10**6,
    )
    threads: int = options.option("CPU threads; 0 for one a core.", 0, at_least=0, at_most=1024)
    deterministic: bool = options.option("Same seed, same weights, bit for bit.", True)
    seed: int = options.option(
        "Seed of weights, order and augmentation.", 0, at_least=0, at_most=2**31 - 1
    )
    final_scores: bool = options.option(
        "Score best.keras at the images' own size when the run ends.", True
    )
    soft_targets: str = options.option(
        "Folder of a teacher's densities (`python -m trainers.distill`); none by default.", ""
    )
    soft_share: float = options.option(
        "Weight of the teacher against the fixations (with --soft_targets).",
        0.5,
        at_least=0,
        at_most=1,
    )
    soft_temperature: float = options.option(
        "Above 1 flattens the teacher's densities (with --soft_targets).",
        1.0,
        above=0,
        at_most=1000,
    )
    unlabelled: tuple[str, ...] = options.option(
        "Folders of photos to learn from the teacher alone (with --soft_targets).", ()
    )
    network: presets.SalNetConfig | None = None
    calibrate: bool = False

    def __post_init__(self):
        if self.warmup_epochs is None:
            epochs = {"cosine": 0.5 if self.epochs == 1 else 1.0}.get(self.schedule, 0.0)
            object.__setattr__(self, "warmup_epochs", epochs)
        options.check(self)
        self._check_network()
        self._check_sets()
        self._check_combinations()
        from salnet_tf.objectives import losses  # with Keras, which the checks above do not need

        losses.parse(self.loss)

    @property
    def architecture(self):
        """The `SalNetConfig` to train; None where `init_from` alone tells it."""
        if self.network:
            return self.network
        if self.model or not self.init_from:
            return presets.preset(self.model or DEFAULT_MODEL).config
        return None

    @property
    def validation(self):
        """The sets validated on: `validation_datasets`, or those trained on."""
        return self.validation_datasets or self.datasets

    def sigma_of(self, dataset):
        """The text of `sigma` for a set, empty for the set's own."""
        if len(self.sigma) > 1 and dataset in self.datasets:
            return self.sigma[self.datasets.index(dataset)]
        return self.sigma[0] if len(self.sigma) == 1 else ""

    def identity(self):
        """What must agree for a workdir to be resumed: all but where and how fast it runs."""
        passing = ["workdir", "data_dir", "checkpoint_minutes", "steps_per_call", "threads"]
        passing += ["final_scores"]
        if not self.clusters:
            passing += ["clusters", "cluster_radius"]
        passing += [
            name
            for name in ("crop", "mixing", "sigma", "shard_reading", "network")
            if not getattr(self, name)
        ]
        passing += [] if self.soft_targets else _OF_SOFT_TARGETS
        return {k: v for k, v in dataclasses.asdict(self).items() if k not in passing}

    def _check_network(self):
        architecture = self.architecture
        multiple = architecture.size_multiple if architecture else 1
        if self.image_size and any(side < 1 or side % multiple for side in self.image_size):
            raise ValueError(
                f"image_size must be a multiple of {multiple}. Received: {tuple(self.image_size)}"
            )

    def _check_sets(self):
        if not self.datasets:
            raise ValueError("datasets must name at least one prepared set. Received: none")
        if len(self.sigma) > 1 and len(self.sigma) != len(self.datasets):
            raise ValueError(
                f"sigma must be one for all or one for each of {len(self.datasets)} sets. "
                f"Received: {','.join(self.sigma)}"
            )
        for text in self.sigma:
            sigma.parse(text)
        tables = len(self.datasets) + len(self.unlabelled)
        if self.mixing and len(self.mixing) != tables:
            raise ValueError(
                f"mixing must have a weight for each of {tables} sets. Received: {self.mixing}"
            )

    def _check_combinations(self):
        if self.calibrate and not self.init_from:
            raise ValueError("calibrate needs the network init_from to start at. Received: none")
        if self.freeze and not self.init_from:
            raise ValueError(
                f"freeze holds layers at the weights of init_from, which is empty. "
                f"Received: freeze {','.join(self.freeze)}"
            )
        if self.shard_reading and self.unlabelled:
            raise ValueError(
                f"shard_reading is for prepared sets, not for folders. "
                f"Received: {self.unlabelled[0]!r}"
            )
        if self.schedule == "cosine" and self.warmup_epochs >= self.epochs:
            raise ValueError(
                f"warmup_epochs must be below epochs ({self.epochs}). "
                f"Received: {self.warmup_epochs}"
            )
        if self.jit_compile == "on" and self.strategy == "tpu":
            raise ValueError(
                "jit_compile is auto or off with strategy tpu, which compiles by itself. "
                "Received: on"
            )
        defaults = {field.name: field.default for field in dataclasses.fields(self)}
        for name, needed, fits in _NEEDS:
            value = getattr(self, name)
            if value != defaults[name] and not fits(self):
                raise ValueError(f"{name} has no effect without {needed}. Received: {value}")
