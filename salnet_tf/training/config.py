"""What a training run is: one frozen dataclass, checked before any data is read."""

import dataclasses

from salnet_tf.models import presets
from salnet_tf.objectives import losses

SCHEDULES = ("cosine", "plateau", "constant")
PRECISIONS = ("float32", "mixed_bfloat16")
STRATEGIES = ("auto", "one_device", "mirrored", "multi_worker", "tpu")
SELECTORS = ("cc", "nss", "sim", "kld")


@dataclasses.dataclass(frozen=True)
class TrainConfig:
    """A training run; `trainers/train.py` makes it of flags, whose help says what each means."""

    workdir: str
    data_dir: str
    datasets: tuple[str, ...] = ("synthetic",)
    validation_datasets: tuple[str, ...] = ()
    model: str = "salnet"
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
    unlabelled: tuple[str, ...] = ()

    def __post_init__(self):
        config = presets.preset(self.model)
        losses.parse(self.loss)
        if any(side < 1 or side % config.size_multiple for side in self.image_size):
            raise ValueError(
                f"image_size must be a multiple of {config.size_multiple}. "
                f"Received: {tuple(self.image_size)}"
            )
        if not self.datasets:
            raise ValueError("datasets must name at least one prepared set. Received: none")
        for name, choices in (
            ("schedule", SCHEDULES),
            ("precision", PRECISIONS),
            ("strategy", STRATEGIES),
            ("select_by", SELECTORS),
            ("jit_compile", ("auto", "on", "off")),
        ):
            if getattr(self, name) not in choices:
                raise ValueError(
                    f"{name} must be one of {', '.join(choices)}. Received: {getattr(self, name)!r}"
                )
        if self.calibrate and not self.init_from:
            raise ValueError("calibrate needs the network init_from to start at. Received: none")
        if self.clusters < 0 or self.cluster_radius <= 0:
            raise ValueError(
                f"clusters must be 0 or more and cluster_radius above 0. "
                f"Received: {self.clusters}, {self.cluster_radius}"
            )
        if not 0 <= self.crop < 1:
            raise ValueError(f"crop must be in 0..1, below 1. Received: {self.crop}")
        if len(self.sigma) > 1 and len(self.sigma) != len(self.datasets):
            raise ValueError(
                f"sigma must be one for all or one for each of {len(self.datasets)} sets. "
                f"Received: {','.join(self.sigma)}"
            )
        if self.shard_reading and self.unlabelled:
            raise ValueError(
                f"shard_reading is for prepared sets, not for folders. "
                f"Received: {self.unlabelled[0]!r}"
            )
        if self.freeze and not self.init_from:
            raise ValueError(
                f"freeze holds layers at the weights of init_from, which is empty. "
                f"Received: freeze {','.join(self.freeze)}"
            )
        if not 0 <= self.soft_share <= 1 or self.soft_temperature <= 0:
            raise ValueError(
                f"soft_share must be in 0..1 and soft_temperature above 0. "
                f"Received: {self.soft_share}, {self.soft_temperature}"
            )
        if self.unlabelled and not self.soft_targets:
            raise ValueError(
                f"unlabelled photos need the folder soft_targets of a teacher's densities. "
                f"Received: {self.unlabelled[0]!r} and none"
            )
        if self.schedule == "cosine" and self.warmup_epochs >= self.epochs:
            raise ValueError(
                f"warmup_epochs must be below epochs ({self.epochs}). "
                f"Received: {self.warmup_epochs}"
            )

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
        passing += [n for n in ("crop", "mixing", "sigma", "shard_reading") if not getattr(self, n)]
        if not self.soft_targets:
            passing += ["soft_targets", "soft_share", "soft_temperature", "unlabelled"]
        return {k: v for k, v in dataclasses.asdict(self).items() if k not in passing}
