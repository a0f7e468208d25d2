"""What the machine can do."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import tensorflow as tf

from minibert.errors import InputError

AUTO, BFLOAT16, FLOAT32 = "auto", "bfloat16", "float32"
_BFLOAT16_INSTRUCTIONS = ("avx512_bf16", "amx_bf16")


def resolve_precision(precision: str) -> str:
    """What `auto`, `bfloat16` or `float32` mean on this machine: one of the last two.

    `auto` is bfloat16 on a CPU that has instructions for it, and float32 elsewhere: what
    `matmul_precision` sets is of oneDNN, which multiplies on the CPU alone.

    Raises:
      InputError: bfloat16 is wanted where a GPU multiplies.
    """
    has_gpu = bool(tf.config.list_physical_devices("GPU"))
    if precision == BFLOAT16 and has_gpu:
        raise InputError(
            "--precision=bfloat16: is for the CPU, and this machine has a GPU; leave it out, or "
            "hide the GPU with CUDA_VISIBLE_DEVICES="
        )
    if precision != AUTO:
        return precision
    flags = cpu_info()
    has_instructions = any(name in flags for name in _BFLOAT16_INSTRUCTIONS)
    return BFLOAT16 if has_instructions and not has_gpu else FLOAT32


def cpu_info() -> str:
    """What Linux says of the CPU; empty elsewhere."""
    path = Path("/proc/cpuinfo")
    return path.read_text() if path.exists() else ""


@contextmanager
def matmul_precision(precision: str) -> Iterator[None]:
    """Sets the precision of matrix products for the graphs that are called inside.

    With `bfloat16` oneDNN reads float32 operands as bfloat16 and accumulates in float32; the
    variables and everything between stay float32. Kept to where it is wanted, because TensorFlow
    notes on standard error each graph in which there is nothing to convert.
    """
    option = "auto_mixed_precision_onednn_bfloat16"
    tf.config.optimizer.set_experimental_options({option: precision == BFLOAT16})
    try:
        yield
    finally:
        tf.config.optimizer.set_experimental_options({option: False})
