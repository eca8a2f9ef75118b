"""A run's groups and tasks as folders to give away, each with a card and each checked."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cotrain.export_cards import (
    READERS,
    card_of,
    few_bits,
    fingerprints_of,
    helper_words,
    joined_from,
    joined_words,
    members_of,
    method_of,
)
from cotrain.exported import Exported, sample_rows
from cotrain.loaded_run import LoadedRun
from cotrain.progress import Progress, Silent
from cotrain.text_exports import export_causal, export_training
from reports.card import CardInfo, card
from reports.smoke_words import labelled_verdict
from trainers.written_folder import written_folder

if TYPE_CHECKING:
    from trainers.loaded import LoadedGroups

POOLED = "No server of classification models runs its heads, which pool and normalise features: load it by cotrain."
WRITES = "The base model's own map to tokens writes; the adapter's weights are named as on the base model without it."
_OURS = """\
from pathlib import Path

from trainers.loaded import load_groups

print(load_groups([Path({folder!r})]).predict({task!r}, {texts}))
"""


def export_run(
    run: LoadedRun, *, out: Path, tasks: Sequence[str] | None = None, progress: Progress | None = None
) -> list[Exported]:
    """Writes ``out/groups/<group>`` with adapter and heads, and ``out/tasks/<task>`` for tasks that PEFT alone reads.

    A group of `text` tasks has ``out/causal/<group>``, which `transformers` and PEFT alone read, and
    ``out/training/<group>`` with files for LLaMA-Factory and Axolotl.

    Args:
        tasks: Only these tasks and their groups.
        progress: Where progress is shown; nowhere by default.

    Raises:
        InputError: If a task is unknown, the groups were not trained, or an export scores otherwise than its group.
    """
    from trainers.causal_export import is_causal

    shown = progress or Silent()
    with shown.phase("reading the groups", 1):
        groups = run.groups(device="cpu")
    wanted = list(groups.tasks) if tasks is None else [name for name in tasks if groups.task(name)]
    folders = dict.fromkeys(groups.task(name).folder for name in wanted)
    found: list[Exported] = []
    with shown.phase("writing and checking", len(folders) + len(wanted)) as phase:
        for folder in folders:
            found.append(_group(run, groups, folder, out / "groups" / folder.name))
            phase.advance(1, folder.name)
        for folder in folders:
            if is_causal(groups, folder):
                found.append(export_causal(run, groups, folder, out / "causal" / folder.name))
                found += export_training(run, groups, folder, out / "training" / folder.name)
        for name in wanted:
            if groups.task(name).described["head"] == "native":
                found.append(_alone(run, groups, name, out / "tasks" / name))
            phase.advance(1, name)
    return found


def _alone(run: LoadedRun, groups: "LoadedGroups", name: str, folder: Path) -> Exported:
    """One task with the architecture's own head, checked in another process."""
    from trainers.vanilla import check_vanilla, save_vanilla, snippet

    task = groups.task(name)
    folder = save_vanilla(folder, groups, name)
    apart = check_vanilla(folder, groups, name, sample_rows(groups, name))
    info = CardInfo(
        title=name,
        base_model=groups.checkpoint.public,
        library=(READERS.get(method_of(task.folder)["name"]) or "peft"),
        method=method_of(task.folder),
        group=members_of(run, task.folder),
        outcomes={name: run.recommendation.tasks[name]},
        verdict=labelled_verdict(run.recommendation),
        fingerprints=fingerprints_of(run, [name]),
        snippet=snippet(folder.resolve(), groups, name),
        served=[
            *helper_words(run, members_of(run, task.folder)),
            *few_bits(groups.checkpoint.bits),
            *_servers(groups, name),
        ],
    )
    (folder / "README.md").write_text(card(info), encoding="utf-8")
    return Exported(name, folder, "transformers, PEFT", apart)


def _group(run: LoadedRun, groups: "LoadedGroups", source: Path, folder: Path) -> Exported:
    """Copies a group's folder and adds its card."""
    members = members_of(run, source)
    described = groups.task(members[0]).described
    texts = ", ".join(['["def f(): pass"]'] * int(described["sides"]))
    reader = READERS.get(method_of(source)["name"], "PEFT")
    writes = all(groups.task(name).described["head"] == "language" for name in members)
    info = card_of(
        run,
        groups,
        source,
        snippet=_OURS.format(folder=str(folder.resolve()), task=members[0], texts=texts),
        served=[
            *few_bits(groups.checkpoint.bits),
            WRITES if writes else POOLED,
            *([] if reader else ["PEFT has no such method and reads nothing here."]),
            *joined_words(joined_from(run, source)),
        ],
    )
    with written_folder(folder) as temporary:
        shutil.copytree(source, temporary, dirs_exist_ok=True)
        (temporary / "README.md").write_text(card(info), encoding="utf-8")
    readers = f"cotrain; the adapter alone: {reader}" if reader else "cotrain"
    return Exported(source.name, folder, readers, None)


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
