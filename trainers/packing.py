"""Results of runs as safetensors bytes: arrays as they are, the rest as JSON beside them; nothing is unpickled."""

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load, save

from trainers.cost import Cost
from trainers.result import GroupResult, MemberResult


def pack(result: GroupResult) -> bytes:
    """A result as bytes."""
    arrays: dict[str, NDArray[Any]] = {"grid": result.grid}
    members: dict[str, Any] = {}
    for name, member in result.members.items():
        arrays[f"{name}/curve"], arrays[f"{name}/train_curve"] = member.curve, member.train_curve
        if len(member.share_curve):
            arrays[f"{name}/share_curve"] = member.share_curve
        for split, losses in member.losses.items():
            arrays[f"{name}/losses/{split}"] = losses
            arrays[f"{name}/scores/{split}"] = member.scores[split]
        members[name] = {"splits": list(member.losses), "metric": dict(member.metric)}
    arrays |= {f"weights/{name}": values for name, values in result.weights.items()}
    header = {
        "group": result.group,
        "seed": result.seed,
        "reference": result.reference,
        "chosen": result.chosen,
        "members": members,
        "steps": result.steps,
        "cost": result.cost.to_dict(),
        "peak_memory": result.peak_memory,
        "failed": result.failed,
    }
    arrays["header"] = np.frombuffer(json.dumps(header).encode(), dtype=np.uint8)
    return save({name: np.asarray(values, order="C") for name, values in arrays.items()})  # a scalar stays one


def unpack(data: bytes) -> GroupResult:
    """A result from its bytes.

    Raises:
        ValueError: If the bytes are damaged.
    """
    try:
        arrays = load(data)
        header = json.loads(arrays["header"].tobytes())
        return GroupResult(
            group=tuple(header["group"]),
            seed=header["seed"],
            reference=header["reference"],
            grid=arrays["grid"],
            chosen=header["chosen"],
            members={
                name: MemberResult(
                    curve=arrays[f"{name}/curve"],
                    train_curve=arrays[f"{name}/train_curve"],
                    losses={split: arrays[f"{name}/losses/{split}"] for split in member["splits"]},
                    scores={split: arrays[f"{name}/scores/{split}"] for split in member["splits"]},
                    metric=member["metric"],
                    share_curve=arrays.get(f"{name}/share_curve", np.empty(0)),
                )
                for name, member in header["members"].items()
            },
            steps=header["steps"],
            cost=Cost(**header["cost"]),
            peak_memory=header["peak_memory"],
            weights={
                name.removeprefix("weights/"): values for name, values in arrays.items() if name.startswith("weights/")
            },
            failed=header.get("failed"),
        )
    except Exception as error:  # safetensors raises its own types, which change between releases
        raise ValueError(f"Expected a packed result, but got damaged bytes: {error}") from error
