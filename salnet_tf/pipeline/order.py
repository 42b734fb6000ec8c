"""Which image comes when: a function of (seed, epoch), shared out to workers."""

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class Epochs:
    """How often all images are passed over, and in batches of how many.

    `batch_size` counts a global batch, `accumulation` the batches of an optimiser step (an epoch
    holds whole steps); `seed` is that of order and augmentation.
    """

    count: int
    batch_size: int
    seed: int
    accumulation: int = 1


@dataclasses.dataclass(frozen=True)
class Share:
    """The part of every global batch that a worker's stream holds.

    Worker number `worker` of `workers` takes that part of it; a batch of its stream is one of its
    `replicas`'. `sharded`: its image set is what it alone has read (`canvases.load(..., shard)`),
    and a global batch has as many images of every worker's.
    """

    worker: int = 0
    workers: int = 1
    replicas: int = 1
    sharded: bool = False

    def batch_size(self, whole):
        """Images in one replica's batch.

        Raises:
            ValueError: the replicas do not divide the global batch of `whole` images.
        """
        replicas = self.workers * self.replicas
        if whole % replicas:
            raise ValueError(
                f"batch_size must be a multiple of the number of replicas, {replicas}. "
                f"Received: {whole}"
            )
        return whole // replicas

    @property
    def shard(self):
        """The worker whose own image set this is, or None."""
        return self.worker if self.sharded else None


def visits(image_set, epochs, share, start_step=0):
    """The images of a worker's stream in order.

    Args:
        image_set: an `ImageSet`.
        epochs: an `Epochs`.
        share: a `Share`.
        start_step: global batches to leave out at the beginning.

    Returns:
        Indices of images and the epochs to augment them by, each `[images]` int64. An image's
        second time in an epoch is augmented as if it came in a later epoch.

    Raises:
        ValueError: the image set holds less than one step.
    """
    part = epochs.batch_size // share.workers
    drawn = part if share.sharded else epochs.batch_size  # of this image set, in a global batch
    length = len(image_set) // (drawn * epochs.accumulation) * drawn * epochs.accumulation
    if not length:
        raise ValueError(
            f"The training split has {len(image_set)} images, less than one step of "
            f"{epochs.accumulation} batches. Received: batch_size {epochs.batch_size}"
        )
    order = [
        epoch_order(len(image_set), epochs.seed, epoch, image_set.chances, share.shard)[:length]
        for epoch in range(epochs.count)
    ]
    augmented_by = [
        epoch + epochs.count * times_before(indices) for epoch, indices in enumerate(order)
    ]
    taken = 0 if share.sharded else share.worker
    return tuple(
        np.concatenate(values).reshape(-1, drawn // part, part)[start_step:, taken].ravel()
        for values in (order, augmented_by)
    )


def epoch_order(count, seed, epoch, chances=None, shard=None):
    """The order of images in an epoch, `[count]` int64.

    A permutation; with `chances` (`[count]`, 1 on average) an image comes that often, rounded up or
    down at random. Every `shard` of a set that workers read in parts has an order of its own.
    """
    random = np.random.default_rng([seed, epoch] if shard is None else [seed, epoch, shard])
    if chances is None:
        return random.permutation(count)
    # Systematic sampling: one comb of `count` teeth over the chances laid end to end.
    ends = np.cumsum(chances, dtype=np.float64)
    ends = np.floor(ends * (count / ends[-1]) + random.uniform())
    ends[-1] = count
    copies = np.diff(np.minimum(ends, count), prepend=0).astype(int)
    return random.permutation(np.repeat(np.arange(count), copies))


def times_before(order):
    """How often each entry of `[n]` integers has come before: `[n]`."""
    sorted_ = np.argsort(order, kind="stable")
    values = order[sorted_]
    starts = np.flatnonzero(np.diff(values, prepend=values[0] - 1))
    counts = np.arange(len(order)) - np.repeat(starts, np.diff(starts, append=len(order)))
    times = np.empty(len(order), np.int64)
    times[sorted_] = counts
    return times
