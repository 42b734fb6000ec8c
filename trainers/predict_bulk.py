"""Predict a million photos on Ray Data: `python -m trainers.predict_bulk --input=DIR --output=DIR`.

Stopped and started again, it does only what is missing. `pyarrow.dataset.dataset("DIR/rows")` (or
pandas, Spark, DuckDB) reads the rows.
"""

import os
import sys
import time

from absl import flags

from salnet_tf import command_line, options, quiet
from salnet_tf.images import crop
from salnet_tf.serving import areas, bulk, predictor, results

_INPUT = flags.DEFINE_string(
    "input",
    None,
    "A folder (with its sub-folders), a glob, a .txt of a path a line, a .parquet with a column "
    "path; on disk or anywhere fsspec reads (s3://..., gs://...).",
)
_OUTPUT = flags.DEFINE_string("output", None, "Folder of the rows; on disk or as above.")
_ADDRESS = flags.DEFINE_string("address", "", "Of a Ray cluster; by default one of this machine.")
_MODEL = flags.DEFINE_string("model", predictor.DEFAULT_MODEL, "As in trainers.predict.")
_PROCESSES = flags.DEFINE_integer("processes", 0, "Each with a network; 0: one per CPU.", 0, 10_000)
_BLOCK = flags.DEFINE_integer("block", 500, "Photos of a file of rows.", 1, 100_000)
_GRID = flags.DEFINE_string(
    "grid", "", "HEIGHTxWIDTH in cells: a column density, float16, in multiples of a uniform one."
)
_FORMATS = flags.DEFINE_list("formats", [], "Files per photo: npy, log_npy, grey, map, overlay...")
_CROP = flags.DEFINE_list("crop", [], "Windows in columns: WIDTH:HEIGHT, as in 1:1,16:9.")
_AOIS = flags.DEFINE_string("aois", None, "A csv of areas of interest, as in trainers.predict.")
_SIZE = flags.DEFINE_integer("size", 2048, "Most pixels of a density's longer side.", 1, 65535)

flags.mark_flags_as_required(["input", "output"])

_SECONDS = 30  # between lines of progress


class Worker:
    """A network in a process of its own, which Ray hands a block of paths at a time."""

    def __init__(self, config):
        self._config = config
        self._network = predictor.load(config.model, threads=1)

    def __call__(self, batch):
        """`{"block": [one list of paths]}` -> how many photos it had, and how many failed."""
        records = [bulk.Record(path) for path in batch["block"][0]]
        failed = bulk.write_block(records, self._network, self._config)
        return {"photos": [len(records)], "failed": [failed]}


def main(_):
    ray = _import_ray()
    config = _config()
    paths = bulk.find(_INPUT.value)
    bulk.prepare(config)
    blocks = bulk.missing(paths, config)
    left = sum(map(len, blocks))
    print(f"{len(paths)} photos, {len(paths) - left} done before", file=sys.stderr, flush=True)
    started = time.monotonic()
    done, failed = _predict(ray, blocks, config, left) if blocks else (0, 0)
    seconds = time.monotonic() - started
    print(f"{done} done in {seconds:.0f} s, {failed} of them failed -> {config.output_dir}/rows")
    return 1 if failed else 0


def _config():
    return bulk.BulkConfig(
        output_dir=_OUTPUT.value,
        model=_MODEL.value,
        result=results.ResultConfig(
            formats=tuple(_FORMATS.value),
            crops=tuple(crop.parse_shape(text) for text in dict.fromkeys(_CROP.value)),
            areas=areas.read(_AOIS.value) if _AOIS.value is not None else {},
            table="parquet",
            max_size=_SIZE.value,
        ),
        grid=options.size(_GRID.value) if _GRID.value else None,
        block_size=_BLOCK.value,
    )


def _import_ray():
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # it reports its use to its makers
    try:
        import ray
        import ray.data
    except ModuleNotFoundError as error:
        raise ValueError(
            f"Bulk prediction needs {error.name} (pip install 'salnet-tf[bulk]')."
        ) from error
    return ray


def _predict(ray, blocks, config, total):
    """Have Ray predict blocks; (photos done, of them failed)."""
    done, failed = 0, 0
    with quiet.silent_stderr() as stderr:  # Ray tells much of itself
        try:
            _start(ray)
            began = said = time.monotonic()
            for answer in _answers(ray, blocks, config):
                done, failed = done + answer["photos"], failed + answer["failed"]
                if time.monotonic() - said > _SECONDS:
                    said = time.monotonic()
                    rate = done / (said - began)
                    line = f"{done} of {total}, {rate:.1f} a second, {failed} failed"
                    print(line, file=stderr, flush=True)
        except ray.exceptions.RayError as error:
            raise OSError(_reason(error)) from error
        finally:
            ray.shutdown()
    return done, failed


def _start(ray):
    """Join the cluster, or start one of this machine."""
    try:
        ray.init(
            address=_ADDRESS.value or None,
            include_dashboard=None if _ADDRESS.value else False,
            log_to_driver=False,
        )
    except Exception as error:  # it raises no kind of its own
        raise OSError(f"Ray did not start: {' '.join(str(error).split())}") from error
    ray.data.DataContext.get_current().enable_progress_bars = False


def _answers(ray, blocks, config):
    """What `Worker`s answer, in the order in which blocks are done."""
    items = ray.data.from_items(
        [{"block": block} for block in blocks], override_num_blocks=len(blocks)
    )
    processes = _PROCESSES.value or int(ray.cluster_resources().get("CPU", 1))
    answers = items.map_batches(
        Worker,
        fn_constructor_args=(config,),
        batch_size=1,
        num_cpus=1,
        compute=ray.data.ActorPoolStrategy(size=min(processes, len(blocks))),
    )
    return answers.iter_rows()


def _reason(error):
    """Why Ray gave up: the worker's own words."""
    while error.__cause__ is not None:
        error = error.__cause__
    return str(error).strip().splitlines()[-1]


if __name__ == "__main__":
    command_line.run(main, needs_tensorflow=False)
