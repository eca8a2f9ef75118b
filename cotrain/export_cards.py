"""What is known of a run's groups, as the cards of their exports say it."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cotrain.loaded_run import LoadedRun
from cotrain.recommendation import folder_name, group_name
from reports.card import CardInfo
from reports.smoke_words import labelled_verdict
from tasks.errors import InputError
from trainers.forms.helped import helpers_named

if TYPE_CHECKING:
    from trainers.loaded import LoadedGroups

READERS = {"full": "transformers", "serial": None, "parallel": None, "head": None}
"""What reads the weights of a method that PEFT does not have, heads aside; None if only cotrain does."""


def members_of(run: LoadedRun, source: Path) -> tuple[str, ...]:
    """Tasks that the adapter in a folder serves: a group's, or one of a group whose tasks have private parts."""
    named = {folder_name(group): group for group in run.recommendation.groups}
    return named.get(source.name, (source.name,))


def joined_from(run: LoadedRun, source: Path) -> tuple[str, ...]:
    """Tasks that share a part of a task's adapter, where its private part is joined to it; else none."""
    named = {folder_name(group): group for group in run.recommendation.groups}
    return () if source.name in named else named.get(source.parent.name, ())


def joined_words(members: Sequence[str]) -> list[str]:
    """What a card says of an adapter that holds a shared and a private part; nothing of others."""
    if not members:
        return []
    return [
        f"Trained with {', '.join(members)}: their shared part and this task's own are joined in one LoRA, so a server "
        f"holds {len(members)} adapters for them, as for tasks that were trained alone."
    ]


def helpers_of(run: LoadedRun, members: Sequence[str]) -> tuple[str, ...]:
    """Tasks that a group was trained with and does not serve."""
    return helpers_named((run.recommendation.forms or {}).get(group_name(members), {}))


def helper_words(run: LoadedRun, members: Sequence[str]) -> list[str]:
    """What a card says of a helper; nothing where a group had none."""
    return [
        f"Trained with the examples of {name} too (SHA-256 of its data: `{fingerprints_of(run, [name])[name]}`), "
        "which it does not serve."
        for name in helpers_of(run, members)
    ]


def card_of(run: LoadedRun, groups: "LoadedGroups", source: Path, *, snippet: str, served: Sequence[str]) -> CardInfo:
    """The card of a group."""
    members, method = members_of(run, source), method_of(source)
    return CardInfo(
        title=" + ".join(members),
        base_model=groups.checkpoint.public,
        library=(READERS.get(method["name"], "PEFT") or "cotrain").lower(),
        method=method,
        group=members,
        outcomes={name: run.recommendation.tasks[name] for name in members},
        verdict=labelled_verdict(run.recommendation),
        fingerprints=fingerprints_of(run, members),
        snippet=snippet,
        served=[*helper_words(run, members), *served],
    )


def few_bits(bits: int | None) -> list[str]:
    """What a card says of a base model of few bits: what was measured, and that exports are read over all bits."""
    if bits is None:
        return []
    return [
        f"Trained and measured over a base model of {bits} bits; over one of all bits, scores differ by its rounding."
    ]


def method_of(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "heads.json").read_text(encoding="utf-8"))["method"]
    return found


def fingerprints_of(run: LoadedRun, names: Sequence[str]) -> dict[str, str]:
    place = run.path / "fingerprints.json"
    try:
        known = json.loads(place.read_text(encoding="utf-8"))
        return {name: str(known[f"tasks.{name}"]) for name in names}
    except (OSError, ValueError, KeyError):
        raise InputError("expected the fingerprints of the run's data; name a finished run", place=str(place)) from None
