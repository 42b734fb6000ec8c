"""Train a network: `python -m trainers.train --flagfile=FILE.flags --workdir=DIR`."""

from absl import flags

from salnet_tf import command_line
from salnet_tf.models import presets
from trainers import common_flags

_WORKDIR = flags.DEFINE_string(
    "workdir", None, "Folder of the run, a path or gs://...; made anew, or resumed."
)
_DATASETS = flags.DEFINE_list("dataset", ["synthetic"], "Prepared sets to train on, by full name.")
_VALIDATION = flags.DEFINE_list(
    "validation_dataset", [], "Prepared sets to validate on; by default those trained on."
)
_MODEL = flags.DEFINE_string("model", "salnet", f"Preset to train: {', '.join(presets.PRESETS)}.")
_INIT_FROM = flags.DEFINE_string(
    "init_from",
    "",
    "A preset with shipped weights, a .keras file or a workdir to start from; a narrower network "
    "grows.",
)
_FREEZE = flags.DEFINE_list(
    "freeze",
    [],
    "Prefixes of layers' names, stem,module1_, or batch_norm: held fixed (with --init_from). With "
    "batch_norm a run goes on from good weights as they predict, by statistics of all photos.",
)
_LOSS = flags.DEFINE_string(
    "loss",
    "kld:1,cc:1",
    "Weighted mix of losses, NAME:WEIGHT,...: kld, cc, sim, nss, exp_nss, ig, bce, mse, "
    "sparse@WINDOW (odd pixels of the canvas; 15 by default); weights above 0.",
)
_BATCH_SIZE = flags.DEFINE_integer(
    "batch_size", 8, "Images in a global batch, a multiple of the replicas.", 1
)
_ACCUMULATION = flags.DEFINE_integer(
    "accumulation", 1, "Batches whose gradients are summed for an optimiser step.", 1
)
_EPOCHS = flags.DEFINE_integer("epochs", 24, "Passes over the training images.", 1)
_LEARNING_RATE = flags.DEFINE_float("learning_rate", 2e-3, "Peak learning rate, above 0.", 0.0)
_SCHEDULE = flags.DEFINE_enum(
    "schedule",
    "cosine",
    ["cosine", "plateau", "constant"],
    "Course of the learning rate: down to 0 over all epochs, down where the score stays, or none.",
)
_WARMUP = flags.DEFINE_float(
    "warmup_epochs",
    None,
    "Epochs of linear warm-up, below --epochs (cosine); by default 1, or half of a run of one.",
    0.0,
)
_PLATEAU_PATIENCE = flags.DEFINE_integer(
    "plateau_patience", 3, "Epochs without a better score before the rate falls (plateau).", 1
)
_PLATEAU_FACTOR = flags.DEFINE_float(
    "plateau_factor",
    0.3,
    "What the rate is multiplied with then, between 0 and 1 (plateau).",
    0.0,
    1.0,
)
_EARLY_STOPPING = flags.DEFINE_integer(
    "early_stopping", 0, "Epochs without a better score before the run ends; 0 for never.", 0
)
_WEIGHT_DECAY = flags.DEFINE_float("weight_decay", 1e-2, "Decoupled weight decay, 0 or more.", 0.0)
_CLIP_NORM = flags.DEFINE_float("clip_norm", 1.0, "Bound of the gradient's norm; 0 for none.", 0.0)
_EMA = flags.DEFINE_float(
    "ema_momentum",
    0.999,
    "Momentum of the weights' moving average, per step, below 1; less where the average would span "
    "more than a tenth of the run; 0 for none.",
    0.0,
    1.0,
)
_MIRROR = flags.DEFINE_bool("mirror", True, "Mirror half of the photos.")
_PHOTOMETRIC = flags.DEFINE_float(
    "photometric",
    1.0,
    "Strength of changes of brightness, contrast and colour, 1 as usual; 0 for none.",
    0.0,
)
_CLUSTERS = flags.DEFINE_integer(
    "clusters",
    0,
    "Points an image's fixations are clustered to for the loss `sparse`; 0 for all.",
    0,
)
_CLUSTER_RADIUS = flags.DEFINE_float(
    "cluster_radius", 20.0, "Radius of a cluster, pixels of the canvas, above 0.", 0.0
)
_CROP = flags.DEFINE_float(
    "crop", 0.0, "Up to this share of the sides is cut away, below 1; slight ones (0.1).", 0.0, 1.0
)
_MIXING = flags.DEFINE_list(
    "mixing",
    [],
    "Weights above 0 of each --dataset, then of each --unlabelled, in an epoch: 2,1; by default "
    "every image comes once.",
)
_SIGMA = flags.DEFINE_list(
    "sigma",
    [],
    "Ground-truth sigma, 24px (of the image) or 1deg (of view): one for all or each --dataset.",
)
_SHARD_READING = flags.DEFINE_bool(
    "shard_reading", False, "Each worker reads its part of the images only (multi_worker)."
)
_SELECT_BY = flags.DEFINE_enum(
    "select_by", "cc", ["cc", "nss", "sim", "kld"], "Validation score that chooses best.keras."
)
_PRECISION = flags.DEFINE_enum(
    "precision", "float32", ["float32", "mixed_bfloat16"], "Compute dtype; float32 is best on CPU."
)
_STRATEGY = flags.DEFINE_enum(
    "strategy",
    "auto",
    ["auto", "one_device", "mirrored", "multi_worker", "tpu"],
    "tf.distribute strategy; auto follows TF_CONFIG and the number of GPUs.",
)
_JIT = flags.DEFINE_enum(
    "jit_compile", "auto", ["auto", "on", "off"], "XLA; auto is on for GPU, off on CPU."
)
_STEPS_PER_CALL = flags.DEFINE_integer(
    "steps_per_call", 10, "Optimiser steps inside one call of the compiled loop.", 1
)
_CHECKPOINT_MINUTES = flags.DEFINE_float(
    "checkpoint_minutes",
    5.0,
    "Minutes between checkpoints within an epoch; 0 for one every call.",
    0.0,
)
_THREADS = flags.DEFINE_integer("threads", 0, "CPU threads; 0 for one a core.", 0)
_DETERMINISTIC = flags.DEFINE_bool("deterministic", True, "Same seed, same weights, bit for bit.")
_FINAL_SCORES = flags.DEFINE_bool(
    "final_scores", True, "Score best.keras at the images' own size when the run ends."
)
_SEED = flags.DEFINE_integer("seed", 0, "Seed of weights, order and augmentation.", 0, 2**31 - 1)
_SOFT_TARGETS = flags.DEFINE_string(
    "soft_targets",
    "",
    "Folder of a teacher's densities (`python -m trainers.distill`); none by default.",
)
_SOFT_SHARE = flags.DEFINE_float(
    "soft_share",
    0.5,
    "Weight of the teacher against the fixations, 0..1 (with --soft_targets).",
    0.0,
    1.0,
)
_SOFT_TEMPERATURE = flags.DEFINE_float(
    "soft_temperature",
    1.0,
    "Above 0; above 1 flattens the teacher's densities (with --soft_targets).",
    0.0,
)
_HINT_WEIGHT = flags.DEFINE_float(
    "hint_weight",
    0.0,
    "Weight of the teacher's features beside its densities, 0 or more (made by trainers.distill "
    "--hints).",
    0.0,
)
_UNLABELLED = flags.DEFINE_list(
    "unlabelled", [], "Folders of photos to learn from the teacher alone (with --soft_targets)."
)
_FOLLOW = flags.DEFINE_string(
    "follow",
    "",
    "A network with more expanded channels, whose modules' outputs are targets too, for one that "
    "trainers.trim made of it: a preset with shipped weights, a .keras file or a workdir.",
)
_FOLLOW_WEIGHT = flags.DEFINE_float(
    "follow_weight", 1.0, "Weight of these outputs, 0 or more (with --follow).", 0.0
)

flags.adopt_module_key_flags(common_flags)
flags.mark_flags_as_required(["workdir", "data_dir"])


def _warmup_epochs():
    if _WARMUP.value is not None:
        return _WARMUP.value
    return 0.5 if _EPOCHS.value == 1 and _SCHEDULE.value == "cosine" else 1.0


def main(_):
    from salnet_tf.training import config as config_lib
    from salnet_tf.training import loop

    config = config_lib.TrainConfig(
        workdir=_WORKDIR.value,
        data_dir=common_flags.DATA_DIR.value,
        datasets=tuple(_DATASETS.value),
        validation_datasets=tuple(_VALIDATION.value),
        model=_MODEL.value,
        model_changes=tuple(common_flags.MODEL_CHANGES.value),
        image_size=common_flags.image_size(
            common_flags.IMAGE_SIZE.value, presets.image_size(_MODEL.value)
        ),
        init_from=_INIT_FROM.value,
        freeze=tuple(_FREEZE.value),
        loss=_LOSS.value,
        batch_size=_BATCH_SIZE.value,
        accumulation=_ACCUMULATION.value,
        epochs=_EPOCHS.value,
        learning_rate=_LEARNING_RATE.value,
        schedule=_SCHEDULE.value,
        warmup_epochs=_warmup_epochs(),
        plateau_patience=_PLATEAU_PATIENCE.value,
        plateau_factor=_PLATEAU_FACTOR.value,
        early_stopping=_EARLY_STOPPING.value,
        weight_decay=_WEIGHT_DECAY.value,
        clip_norm=_CLIP_NORM.value,
        ema_momentum=_EMA.value,
        mirror=_MIRROR.value,
        photometric=_PHOTOMETRIC.value,
        crop=_CROP.value,
        clusters=_CLUSTERS.value,
        cluster_radius=_CLUSTER_RADIUS.value,
        mixing=_numbers(_MIXING),
        sigma=tuple(_SIGMA.value),
        shard_reading=_SHARD_READING.value,
        select_by=_SELECT_BY.value,
        precision=_PRECISION.value,
        strategy=_STRATEGY.value,
        jit_compile=_JIT.value,
        steps_per_call=_STEPS_PER_CALL.value,
        checkpoint_minutes=_CHECKPOINT_MINUTES.value,
        threads=_THREADS.value,
        deterministic=_DETERMINISTIC.value,
        seed=_SEED.value,
        final_scores=_FINAL_SCORES.value,
        soft_targets=_SOFT_TARGETS.value,
        soft_share=_SOFT_SHARE.value,
        soft_temperature=_SOFT_TEMPERATURE.value,
        hint_weight=_HINT_WEIGHT.value,
        unlabelled=tuple(_UNLABELLED.value),
        follow=_FOLLOW.value,
        follow_weight=_FOLLOW_WEIGHT.value,
    )
    result = loop.train(config, on_start=common_flags.record_flags)
    print(f"{config.workdir}: step {result['step']}, best {config.select_by} {result['best']:.4f}")


def _numbers(flag):
    try:
        return tuple(float(text) for text in flag.value)
    except ValueError as error:
        raise ValueError(
            f"{flag.name} must be numbers joined by commas. Received: {','.join(flag.value)}"
        ) from error


if __name__ == "__main__":
    command_line.run(main)
