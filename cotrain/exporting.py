"""A run's groups and tasks as folders to give away, each with a card and each checked."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cotrain.loaded_run import LoadedRun
from cotrain.recommendation import group_name
from reports.card import CardInfo, card
from tasks.errors import InputError
from trainers.written_folder import written_folder

if TYPE_CHECKING:
    from trainers.loaded import LoadedGroups

READERS = {"full": "transformers", "serial": None, "parallel": None, "head": None}
"""What reads the weights of a method that PEFT does not have, heads aside; None if only cotrain does."""
ROWS = 4
"""Texts on which an export is compared with the trained group."""
POOLED = "No server of classification models runs its heads, which pool and normalise features: load it by cotrain."
WRITES = "The base model's own map to tokens writes; the adapter's weights are named as on the base model without it."
_OURS = """\
from pathlib import Path

from trainers.loaded import load_groups

print(load_groups([Path({folder!r})]).predict({task!r}, {texts}))
"""


@dataclass(frozen=True)
class Exported:
    """One folder.

    Args:
        name: Task or group.
        folder: Where it is.
        readers: What reads it.
        apart: The largest difference between its logits, read in a fresh process without this project, and ours,
            relative to the largest; None where only cotrain reads the heads.
    """

    name: str
    folder: Path
    readers: str
    apart: float | None

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"name": self.name, "folder": str(self.folder), "readers": self.readers, "apart": self.apart}


def export_run(run: LoadedRun, *, out: Path, tasks: Sequence[str] | None = None) -> list[Exported]:
    """Writes ``out/groups/<group>`` with adapter and heads, and ``out/tasks/<task>`` for tasks that PEFT alone reads.

    Args:
        tasks: Only these tasks and their groups.

    Raises:
        InputError: If a task is unknown, the groups were not trained, or an export scores otherwise than its group.
    """
    from trainers.vanilla import check_vanilla, save_vanilla, snippet

    groups = run.groups(device="cpu")
    wanted = list(groups.tasks) if tasks is None else [name for name in tasks if groups.task(name)]
    folders = dict.fromkeys(groups.task(name).folder for name in wanted)
    found = [_group(run, groups, folder, out / "groups" / folder.name) for folder in folders]
    for name in wanted:
        task = groups.task(name)
        if task.described["head"] != "native":
            continue
        folder = save_vanilla(out / "tasks" / name, groups, name)
        apart = check_vanilla(folder, groups, name, _samples(groups, name))
        members = next(group for group in run.recommendation.groups if group_name(group) == task.folder.name)
        info = CardInfo(
            title=name,
            base_model=groups.checkpoint.public,
            library=(READERS.get(_method(task.folder)["name"]) or "peft"),
            method=_method(task.folder),
            group=members,
            outcomes={name: run.recommendation.tasks[name]},
            verdict=run.recommendation.verdict,
            fingerprints=_fingerprints(run, [name]),
            snippet=snippet(folder.resolve(), groups, name),
            served=[*few_bits(groups.checkpoint.bits), *_servers(groups, name)],
        )
        (folder / "README.md").write_text(card(info), encoding="utf-8")
        found.append(Exported(name, folder, "transformers, PEFT", apart))
    return found


def _group(run: LoadedRun, groups: "LoadedGroups", source: Path, folder: Path) -> Exported:
    """Copies a group's folder and adds its card."""
    members = next(group for group in run.recommendation.groups if group_name(group) == source.name)
    described = groups.task(members[0]).described
    texts = ", ".join(['["def f(): pass"]'] * int(described["sides"]))
    method = _method(source)
    reader = READERS.get(method["name"], "PEFT")
    writes = all(groups.task(name).described["head"] == "language" for name in members)
    info = CardInfo(
        title=" + ".join(members),
        base_model=groups.checkpoint.public,
        library=(reader or "cotrain").lower(),
        method=method,
        group=members,
        outcomes={name: run.recommendation.tasks[name] for name in members},
        verdict=run.recommendation.verdict,
        fingerprints=_fingerprints(run, members),
        snippet=_OURS.format(folder=str(folder.resolve()), task=members[0], texts=texts),
        served=[
            *few_bits(groups.checkpoint.bits),
            WRITES if writes else POOLED,
            *([] if reader else ["PEFT has no such method and reads nothing here."]),
        ],
    )
    with written_folder(folder) as temporary:
        shutil.copytree(source, temporary, dirs_exist_ok=True)
        (temporary / "README.md").write_text(card(info), encoding="utf-8")
    readers = f"cotrain; the adapter alone: {reader}" if reader else "cotrain"
    return Exported(source.name, folder, readers, None)


def few_bits(bits: int | None) -> list[str]:
    """What a card says of a base model of few bits: what was measured, and that exports are read over all bits."""
    if bits is None:
        return []
    return [
        f"Trained and measured over a base model of {bits} bits; over one of all bits, scores differ by its rounding."
    ]


def _method(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "heads.json").read_text(encoding="utf-8"))["method"]
    return found


def _fingerprints(run: LoadedRun, names: Sequence[str]) -> dict[str, str]:
    place = run.path / "fingerprints.json"
    try:
        known = json.loads(place.read_text(encoding="utf-8"))
        return {name: str(known[f"tasks.{name}"]) for name in names}
    except (OSError, ValueError, KeyError):
        raise InputError("expected the fingerprints of the run's data; name a finished run", place=str(place)) from None


def _samples(groups: "LoadedGroups", name: str) -> list[list[int]]:
    """Token ids of some texts of different length."""
    words = ["def", "return", "x", "+", "1", "if", "not", "found", ":", "raise"]
    texts = [" ".join(words[: 2 + 2 * row] * (row + 1)) for row in range(ROWS)]
    return groups.tokenize(texts, groups.task(name).described["max_length"])


def _servers(groups: "LoadedGroups", name: str) -> list[str]:
    """What serves a classification adapter, as vLLM's code has it."""
    from trainers.native import NativeHead

    head = groups.task(name).head
    assert isinstance(head, NativeHead)
    parts = list(head.parts)
    if parts in (["score"], ["classifier"]):
        return [
            f"vLLM serves such an adapter only where the base checkpoint itself has {head.last.out_features} labels; "
            "its older releases refuse trained heads and DoRA."
        ]
    return [f"vLLM does not serve it: the head has the parts {', '.join(parts)}, and it takes `score` or `classifier`."]
