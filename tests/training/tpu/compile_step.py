"""Compile an HLO module with the real TPU compiler, without a TPU: `compile_step.py FILE`.

Prints one line of json: the seconds it took, and the compiler's memory figures in bytes. It reaches
jax's compile-only client by private calls, hence the exact versions of `requirements.txt`.
"""

import json
import os
import pathlib
import sys
import time

# A v5e slice that is not there: off-cloud the import would wait for its metadata server.
os.environ |= {
    "JAX_PLATFORMS": "cpu",
    "TPU_SKIP_MDS_QUERY": "1",
    "TPU_ACCELERATOR_TYPE": "v5litepod-4",
    "TPU_WORKER_HOSTNAMES": "localhost",
}

import numpy as np
from jax._src import compiler
from jax._src.interpreters import mlir
from jax._src.lib import _jax, xla_client
from jax.experimental import topologies
from jaxlib.mlir import ir

FIGURES = (
    "generated_code_size_in_bytes",
    "argument_size_in_bytes",
    "output_size_in_bytes",
    "alias_size_in_bytes",
    "temp_size_in_bytes",
)


def stablehlo(hlo):
    """A module that jax takes: TensorFlow's copies of its outputs have no StableHLO, and go."""
    with mlir.make_ir_context():
        module = ir.Module.parse(_jax.mlir.hlo_to_stablehlo(hlo))
        copies = []

        def collect(operation):
            if operation.name == "mhlo.copy":
                copies.append(operation)
            return ir.WalkResult.ADVANCE

        module.operation.walk(collect)
        for copy in copies:
            copy.result.replace_all_uses_with(copy.operands[0])
            copy.erase()
    return module


def main(path):
    device, *_ = topologies.get_topology_desc("v5e:2x2", platform="tpu").devices
    options = compiler.get_compile_options(num_replicas=1, num_partitions=1)
    options.executable_build_options.device_assignment = xla_client.DeviceAssignment.create(
        np.array([[device.id]])
    )
    module = stablehlo(pathlib.Path(path).read_bytes())
    started = time.monotonic()
    executable = device.client.compile(module, _jax.DeviceList((device,)), options)
    stats = executable.get_compiled_memory_stats()
    facts = {name: getattr(stats, name) for name in FIGURES}
    print(json.dumps({"seconds": round(time.monotonic() - started, 1), **facts}))


if __name__ == "__main__":
    main(sys.argv[1])
