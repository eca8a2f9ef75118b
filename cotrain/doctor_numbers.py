"""Devices, and how fast they multiply in the number types that training takes."""

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from cotrain.doctor import Check, advice, wrong

if TYPE_CHECKING:
    import torch

SIZES = {"cpu": 512, "cuda": 4096}
"""Rows and columns of the matrices that are multiplied, by type of device: some milliseconds each."""
REPEATS = 5
PATIENCE = 1.0
"""Seconds after which no further product is timed."""


def devices() -> Iterator[Check]:
    """Every GPU with its free memory; without one, why."""
    import torch

    if torch.cuda.is_available():
        for index in range(torch.cuda.device_count()):
            free, total = torch.cuda.mem_get_info(index)
            name = torch.cuda.get_device_name(index)
            yield Check(f"cuda:{index}", f"{name}, {free / 2**30:.1f} of {total / 2**30:.1f} GiB free")
    elif torch.backends.mps.is_available():
        yield Check("device", "mps; the base model runs in fp32")
    elif torch.version.cuda is not None:
        yield advice(
            "device",
            f"cpu (torch is built for CUDA {torch.version.cuda}, but finds no GPU); the base model runs in fp32",
            "if there is a GPU, see whether `nvidia-smi` lists it and its driver knows that CUDA; if there is none, "
            "PyTorch's CPU build (pytorch.org) does the same in some GB less",
        )
    else:
        yield Check("device", "cpu (torch is built without CUDA); the base model runs in fp32")


def numbers() -> Iterator[Check]:
    """bf16 beside fp32, timed, where one of them is chosen: not on MPS, which always has fp32."""
    import torch

    from trainers.backbone import base_dtype

    cuda = torch.cuda.is_available()
    if not cuda and torch.backends.mps.is_available():
        return
    device = torch.device("cuda" if cuda else "cpu")
    yield judged(
        speed(torch.float32, device), speed(torch.bfloat16, device), taken=base_dtype(device) == torch.bfloat16
    )


def judged(fp32: float, bf16: float, *, taken: bool) -> Check:
    """What two measured speeds mean.

    Args:
        fp32: Operations per second.
        bf16: Operations per second.
        taken: Whether the base model runs in bf16 on this device.
    """
    times = f"{bf16 / fp32:.1f} times as fast as" if bf16 >= fp32 else f"{fp32 / bf16:.1f} times slower than"
    figures = f"{times} fp32 here ({bf16 / 1e9:,.0f} against {fp32 / 1e9:,.0f} GFLOP/s in one product of matrices)"
    if not taken:
        return Check("bf16", f"{figures}; the base model runs in fp32")
    if bf16 < fp32:
        return wrong("bf16", figures, "this GPU has no units for it; name a newer one with --device, or --device cpu")
    return Check("bf16", f"{figures}; the base model runs in it")


def speed(dtype: "torch.dtype", device: "torch.device") -> float:
    """Operations per second of the fastest of some products of square matrices, after one that warms up."""
    import torch

    size = SIZES[device.type]
    matrix = torch.ones(size, size, dtype=dtype, device=device)
    best, began = float("inf"), time.perf_counter()
    for turn in range(REPEATS + 1):
        start = time.perf_counter()
        (matrix @ matrix)[0, 0].item()  # waits for a GPU
        taken = time.perf_counter() - start
        best = min(best, taken) if turn else best
        if turn and time.perf_counter() - began > PATIENCE:
            break
    return 2 * size**3 / best
