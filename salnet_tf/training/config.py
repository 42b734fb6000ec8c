"""What a training run is: one frozen dataclass, checked before any data is read."""

import dataclasses
import math

from salnet_tf.models import ablation, presets
from salnet_tf.objectives import losses
from salnet_tf.pipeline import sigma

_CHOICES = {
    "schedule": ("cosine", "plateau", "constant"),
    "precision": ("float32", "mixed_bfloat16"),
    "strategy": ("auto", "one_device", "mirrored", "multi_worker", "tpu"),
    "select_by": ("cc", "nss", "sim", "kld"),
    "jit_compile": ("auto", "on", "off"),
}
_RANGES = (
    (
        ("batch_size", "accumulation", "epochs", "steps_per_call", "plateau_patience"),
        lambda value: value >= 1,
        "at least 1",
    ),
    (
        ("images", "early_stopping", "threads", "clusters", "checkpoint_minutes"),
        lambda value: value >= 0,
        "0 or more",
    ),
    (
        (
            "warmup_epochs",
            "weight_decay",
            "clip_norm",
            "photometric",
            "hint_weight",
            "follow_weight",
        ),
        lambda value: 0 <= value < math.inf,
        "0 or more",
    ),
    (
        ("learning_rate", "cluster_radius", "soft_temperature"),
        lambda value: 0 < value < math.inf,
        "above 0",
    ),
    (("ema_momentum", "crop"), lambda value: 0 <= value < 1, "in 0..1, below 1"),
    (("plateau_factor",), lambda value: 0 < value < 1, "between 0 and 1"),
    (("soft_share",), lambda value: 0 <= value <= 1, "in 0..1"),
    (("seed",), lambda value: 0 <= value < 2**31, "in 0..2147483647"),
)
# An option that would change nothing is refused: whoever set it expects something of it.
_NEEDS = (
    ("clusters", "the loss sparse", lambda c: losses.Sparse.short_name in c.loss),
    ("warmup_epochs", "schedule cosine", lambda c: c.schedule == "cosine" or not c.warmup_epochs),
    ("cluster_radius", "clusters", lambda c: c.clusters),
    ("plateau_patience", "schedule plateau", lambda c: c.schedule == "plateau"),
    ("plateau_factor", "schedule plateau", lambda c: c.schedule == "plateau"),
    ("unlabelled", "soft_targets", lambda c: c.soft_targets),
    ("hint_weight", "soft_targets", lambda c: c.soft_targets),
    ("follow_weight", "follow", lambda c: c.follow),
    ("soft_share", "soft_targets", lambda c: c.soft_targets),
    ("soft_temperature", "soft_targets", lambda c: c.soft_targets),
    (
        "shard_reading",
        "strategy multi_worker",
        lambda c: c.strategy in ("auto", "multi_worker"),
    ),
)


@dataclasses.dataclass(frozen=True)
class TrainConfig:
    """A training run; `trainers/train.py` makes it of flags, whose help says what each means."""

    workdir: str
    data_dir: str
    datasets: tuple[str, ...] = ("synthetic",)
    validation_datasets: tuple[str, ...] = ()
    model: str = "salnet"
    model_changes: tuple[str, ...] = ()
    image_size: tuple[int, int] = (240, 320)
    init_from: str = ""
    freeze: tuple[str, ...] = ()
    calibrate: bool = False
    images: int = 0
    loss: str = "kld:1,cc:1"
    batch_size: int = 8
    accumulation: int = 1
    epochs: int = 24
    learning_rate: float = 2e-3
    schedule: str = "cosine"
    warmup_epochs: float = 1.0
    plateau_patience: int = 3
    plateau_factor: float = 0.3
    early_stopping: int = 0
    weight_decay: float = 1e-2
    clip_norm: float = 1.0
    ema_momentum: float = 0.999
    mirror: bool = True
    photometric: float = 1.0
    crop: float = 0.0
    clusters: int = 0
    cluster_radius: float = 20.0
    mixing: tuple[float, ...] = ()
    sigma: tuple[str, ...] = ()
    shard_reading: bool = False
    select_by: str = "cc"
    precision: str = "float32"
    strategy: str = "auto"
    jit_compile: str = "auto"
    steps_per_call: int = 10
    checkpoint_minutes: float = 5.0
    threads: int = 0
    deterministic: bool = True
    seed: int = 0
    final_scores: bool = True
    soft_targets: str = ""
    soft_share: float = 0.5
    soft_temperature: float = 1.0
    hint_weight: float = 0.0
    unlabelled: tuple[str, ...] = ()
    follow: str = ""
    follow_weight: float = 1.0

    def __post_init__(self):
        config = self.network
        losses.parse(self.loss)
        if any(side < 1 or side % config.size_multiple for side in self.image_size):
            raise ValueError(
                f"image_size must be a multiple of {config.size_multiple}. "
                f"Received: {tuple(self.image_size)}"
            )
        check_values(self)
        _check_sets(self)
        _check_combinations(self)

    @property
    def network(self):
        """The `SalNetConfig` of `model` with `model_changes`."""
        return ablation.changed(presets.preset(self.model), self.model_changes)

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
            n
            for n in ("crop", "mixing", "sigma", "shard_reading", "hint_weight", "model_changes")
            if not getattr(self, n)
        ]
        if not self.soft_targets:
            passing += ["soft_targets", "soft_share", "soft_temperature", "unlabelled"]
        if not self.follow:
            passing += ["follow", "follow_weight"]
        return {k: v for k, v in dataclasses.asdict(self).items() if k not in passing}


def check_values(config):
    """Check the values of a training's settings, each by itself; those that it has.

    Args:
        config: a dataclass with some of the fields of `TrainConfig`.

    Raises:
        ValueError: one is none of its choices, or out of its range.
    """
    there = {field.name for field in dataclasses.fields(config)}
    for name, choices in _CHOICES.items():
        if name in there and (value := getattr(config, name)) not in choices:
            raise ValueError(f"{name} must be one of {', '.join(choices)}. Received: {value!r}")
    for names, fits, range_ in _RANGES:
        for name in names:
            if name in there and not fits(value := getattr(config, name)):
                raise ValueError(f"{name} must be {range_}. Received: {value}")


def _check_sets(config):
    sets = config.datasets
    if not sets:
        raise ValueError("datasets must name at least one prepared set. Received: none")
    if len(config.sigma) > 1 and len(config.sigma) != len(sets):
        raise ValueError(
            f"sigma must be one for all or one for each of {len(sets)} sets. "
            f"Received: {','.join(config.sigma)}"
        )
    for text in config.sigma:
        sigma.parse(text)
    tables = len(sets) + len(config.unlabelled)
    if config.mixing and (
        len(config.mixing) != tables or not all(0 < w < math.inf for w in config.mixing)
    ):
        raise ValueError(
            f"mixing must have a weight above 0 for each of {tables} sets. "
            f"Received: {config.mixing}"
        )


def _check_combinations(config):
    if config.calibrate and not config.init_from:
        raise ValueError("calibrate needs the network init_from to start at. Received: none")
    if config.freeze and not config.init_from:
        raise ValueError(
            f"freeze holds layers at the weights of init_from, which is empty. "
            f"Received: freeze {','.join(config.freeze)}"
        )
    if config.follow and config.hint_weight:
        raise ValueError(
            "A run has hints or a network to follow, not both. "
            f"Received: hint_weight {config.hint_weight}, follow {config.follow!r}"
        )
    if config.shard_reading and config.unlabelled:
        raise ValueError(
            f"shard_reading is for prepared sets, not for folders. "
            f"Received: {config.unlabelled[0]!r}"
        )
    if config.schedule == "cosine" and config.warmup_epochs >= config.epochs:
        raise ValueError(
            f"warmup_epochs must be below epochs ({config.epochs}). "
            f"Received: {config.warmup_epochs}"
        )
    if config.jit_compile == "on" and config.strategy == "tpu":
        raise ValueError(
            "jit_compile is auto or off with strategy tpu, which compiles by itself. Received: on"
        )
    defaults = {field.name: field.default for field in dataclasses.fields(config)}
    for name, needed, fits in _NEEDS:
        value = getattr(config, name)
        if value != defaults[name] and not fits(config):
            raise ValueError(f"{name} has no effect without {needed}. Received: {value}")
