"""Trained groups read from disk: one base model for all of them, and a head for each task."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import TypeAdapter
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from tasks.encoding import Tokens, tokens_of
from tasks.errors import InputError, did_you_mean
from tasks.kinds import KINDS
from trainers.adapters import Adapter
from trainers.backbone import Backbone, load_backbone, load_tokenizer
from trainers.checkpoint import Checkpoint, find_checkpoint, with_bits
from trainers.evaluate import ROWS
from trainers.heads import empty_head
from trainers.inputs import TokenInputs
from trainers.methods import AnyMethod, LoRA, for_group
from trainers.native import NativeHead
from trainers.pooling import pick, pool
from trainers.predictions import TOP, predictions
from trainers.span_predictions import predict_spans
from trainers.text_predictions import predict_texts
from trainers.tokenizer import CheckpointTokenizer


@dataclass(frozen=True, eq=False)
class LoadedTask:
    """A task of a loaded group.

    Args:
        described: What ``heads.json`` says of it: ``kind``, ``sides``, ``outputs``, ``classes``, and the fields of
            :class:`trainers.export.TextUse`.
        head: Its own head.
        folder: The group that serves it.
    """

    described: Mapping[str, Any]
    head: nn.Module
    folder: Path


@dataclass(frozen=True, eq=False)
class LoadedGroups:
    """Groups of one run, ready to score texts.

    Args:
        checkpoint: Their base model.
        backbone: The same, loaded once.
        adapter: On it, with the weights of one group at a time; where ranks differ, of the largest, with 0 where a
            smaller one has nothing, which is the same update.
        weights: Adapter weights of every group, by its folder.
        tasks: By name.
    """

    checkpoint: Checkpoint
    backbone: Backbone
    adapter: Adapter
    weights: Mapping[Path, Mapping[str, Tensor]]
    tasks: Mapping[str, LoadedTask]
    _present: list[Path] = field(default_factory=list)

    @property
    def prefix(self) -> str:
        """Attribute of a classification model that holds this base model."""
        return str(self.backbone.model.base_model_prefix)

    @cached_property
    def tokenize(self) -> CheckpointTokenizer:
        """The base model's tokenizer."""
        return load_tokenizer(self.checkpoint)

    def task(self, name: str) -> LoadedTask:
        """A task by its name.

        Raises:
            InputError: If there is none.
        """
        if name not in self.tasks:
            raise InputError(
                f"no task `{name}` among those trained{did_you_mean(name, self.tasks)}; tasks are "
                f"{', '.join(self.tasks)}"
            )
        return self.tasks[name]

    def scores(
        self, name: str, sides: Sequence[Tokens], *, read_at: NDArray[np.int32] | None = None
    ) -> NDArray[np.float32]:
        """Scores of ``N`` examples, shape ``(N, outputs)``; of retrieval's queries against all documents, ``(N, P)``.

        Args:
            sides: Token ids of the examples' texts, one or two sides; of retrieval, queries and documents.
            read_at: Tokens: where texts are read, shape ``(N, U)``, -1 where there is no more; scores are then those of
                all places, text after text.

        Raises:
            InputError: If there is no such task.
            ValueError: If the task has another number of sides, or is not read so.
        """
        task = self.task(name)
        if (read_at is None) == KINDS[task.described["kind"]].placed:
            raise ValueError(f"Expected places to read {task.described['kind']} at only if texts are read so.")
        if len(sides) != task.described["sides"]:
            raise ValueError(f"Expected {task.described['sides']} sides for {name}, but got {len(sides)}.")
        self.put_in(task.folder)
        with torch.inference_mode():
            native = task.described["head"] == "native"
            found: Tensor = task.head(*(self._features(side, native=native, read_at=read_at) for side in sides))
        return found.cpu().numpy()

    def predict(self, name: str, *sides: Sequence[Any], top: int = TOP) -> list[dict[str, Any]]:
        """Predictions for new examples of a task, as :func:`trainers.predictions.predictions` gives them.

        Args:
            sides: Texts of the examples: one list, two of equal length for a pair, queries and documents for retrieval;
                of tokens, texts whose lines are labelled, or lists of words; of kind `text`, prompts.
            top: Retrieval: documents per query.

        Raises:
            InputError: If there is no such task, or a text gives no token.
            ValueError: If the task reads another number of texts per example.
        """
        described = self.task(name).described
        if len(sides) != described["sides"]:
            raise ValueError(f"Expected {described['sides']} lists of texts for {name}, but got {len(sides)}.")
        if described["kind"] != "retrieval" and len({len(side) for side in sides}) > 1:
            raise ValueError(f"Expected as many texts on both sides, but got {[len(side) for side in sides]}.")
        if not all(sides):
            return []
        if described["kind"] == "tokens":
            return predict_spans(self, name, sides[0])
        if described["kind"] == "text":
            return predict_texts(self, name, sides[0])
        length = described["max_length"]
        encoded = [tokens_of(side, self.tokenize, max_length=length, place=name) for side in sides]
        return predictions(described, self.scores(name, encoded), top=top)

    def logits(self, name: str, rows: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        """What the architecture's own head of a task gives, shape ``(N, C)``; two columns for two classes.

        Args:
            rows: Token ids of ``N`` texts.

        Raises:
            InputError: If there is no such task.
            ValueError: If it has another head.
        """
        head = self.task(name).head
        if not isinstance(head, NativeHead):
            raise ValueError(f"Expected a task with the architecture's own head, but got {name}.")
        self.put_in(self.task(name).folder)
        lengths = [0, *(len(row) for row in rows)]
        tokens = Tokens(np.array([of for row in rows for of in row], dtype=np.int32), np.cumsum(lengths))
        with torch.inference_mode():
            return head.logits(self._features(tokens, native=True)).cpu().numpy()

    def next_logits(self, folder: Path, rows: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        """What a group's causal language model expects after texts, shape ``(N, V)``.

        Args:
            folder: Of the group.
            rows: Token ids of ``N`` texts.
        """
        self.put_in(folder)
        lengths = [0, *(len(row) for row in rows)]
        tokens = Tokens(np.array([of for row in rows for of in row], dtype=np.int32), np.cumsum(lengths))
        last = np.array([[len(row) - 1] for row in rows], dtype=np.int32)
        with torch.inference_mode():
            states = self._features(tokens, native=False, read_at=last)
            found: Tensor = self.backbone.language_head()(states)
        return found.cpu().numpy()

    def put_in(self, folder: Path) -> None:
        """Lets the adapter have a group's weights."""
        if self._present != [folder]:
            self.adapter.load(padded(self.weights[folder], self.adapter.weights()))
            self._present[:] = [folder]

    def _features(self, tokens: Tokens, *, native: bool, read_at: NDArray[np.int32] | None = None) -> Tensor:
        """Pooled features of texts, ``(N, H)``, or at places of theirs, ``(P, H)``, computed in order of length."""
        inputs, device = TokenInputs(tokens, read_at), self.backbone.device
        order = np.argsort(inputs.lengths, kind="stable")
        known = np.ones((len(tokens), 1), dtype=np.bool_) if read_at is None else read_at >= 0
        number = np.cumsum(known).reshape(known.shape) - 1
        found = torch.empty(int(known.sum()), self.backbone.hidden, device=device)
        for start in range(0, len(order), ROWS):
            rows = order[start : start + ROWS]
            batch = inputs.batch(rows, device)
            with torch.autocast(device.type, dtype=torch.bfloat16, enabled=self.backbone.mixed):
                states = self.adapter(**self.backbone.inputs(batch.values, batch.mask, cut=False))
            own = pool(states, batch.mask, self.backbone.pooling(native=native))
            if batch.read_at is not None:
                own = pick(states, batch.read_at)
            found[torch.from_numpy(number[rows][known[rows]]).to(device)] = own
        return found


def load_groups(folders: Sequence[Path], *, device: torch.device | None = None) -> LoadedGroups:
    """Reads what :func:`trainers.export.save_adapter` wrote; a task of several groups is served by the first.

    Args:
        folders: At least one; all of one base model and method.
        device: Where they will run; the CPU by default.

    Raises:
        InputError: If a file is missing or damaged, the base model is not the one that the groups were trained on, or
            they differ in base model or method.
    """
    described = {folder: _described(folder) for folder in folders}
    first = described[folders[0]]
    for folder, of in described.items():
        if (of.base, of.identity, of.kind) != (first.base, first.identity, first.kind):
            raise InputError(f"another base model or method than in {folders[0]}", place=str(folder))
    try:
        checkpoint = with_bits(find_checkpoint(first.base), first.bits)
    except InputError as error:  # it was somewhere else when the group was trained
        raise error.within(str(folders[0] / "heads.json")) from None
    if checkpoint.identity != first.identity:
        raise InputError(
            f"the base model {first.base} is not the one that this group was trained on: its weights or configuration "
            "differ",
            place=str(folders[0]),
        )
    forms = {str(task["head"]) for of in described.values() for task in of.tasks.values()}
    backbone = load_backbone(
        checkpoint, device=device or torch.device("cpu"), native="native" in forms, language="language" in forms
    )
    method = max((for_group(of.method, len(of.tasks)) for of in described.values()), key=rank_of)
    adapter: Adapter = method.attach(backbone, lowest=backbone.computed_from(method.lowest(backbone.depth)))
    adapter.set_dropout(on=False)
    adapter.to(backbone.device)
    weights: dict[Path, dict[str, Tensor]] = {}
    tasks: dict[str, LoadedTask] = {}
    for folder, of in described.items():
        try:
            weights[folder] = adapter.read(folder)
            adapter.load(padded(weights[folder], adapter.weights()))
            heads = load_file(folder / "heads.safetensors")
            for name, task in of.tasks.items():
                head = _head(name, task, heads, backbone).to(backbone.device)
                tasks.setdefault(name, LoadedTask(task, head, folder))
        except (OSError, KeyError, SafetensorError, RuntimeError) as error:
            raise InputError(f"cannot read the weights of this group: {error!s:.200}", place=str(folder)) from None
    return LoadedGroups(checkpoint, backbone, adapter, weights, tasks)


def rank_of(method: Any) -> int:
    """The rank of a LoRA; 0 of other methods."""
    return method.r if isinstance(method, LoRA) else 0


def padded(weights: Mapping[str, Tensor], like: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Weights of an adapter as those of one of higher rank, with 0 where they have nothing.

    Raises:
        RuntimeError: If a weight is missing, or larger than it may be.
    """
    missing = like.keys() - weights.keys()
    if missing:  # PEFT would leave those that were put in before
        raise RuntimeError(f"expected {min(missing)}, but it is missing")
    found = dict(weights)
    for name, of in weights.items():
        shape = like[name].shape if name in like else of.shape
        if of.shape == shape:
            continue
        if of.dim() != len(shape) or any(own > most for own, most in zip(of.shape, shape, strict=True)):
            raise RuntimeError(f"expected {name} of shape {tuple(shape)} at most, but got {tuple(of.shape)}")
        found[name] = of.new_zeros(shape)
        found[name][tuple(slice(size) for size in of.shape)] = of
    return found


@dataclass(frozen=True)
class _Described:
    """What ``heads.json`` says."""

    base: str
    identity: str
    bits: int | None
    method: Any
    tasks: Mapping[str, Mapping[str, Any]]

    @property
    def kind(self) -> Any:
        """The method but for its rank: LoRAs of one scale, up to rounding, fit into the largest of them."""
        if not isinstance(self.method, LoRA):
            return self.method
        thin = self.method.with_rank(1)
        return replace(thin, alpha=round(thin.alpha, 9), rank_per_task=False)


def _described(folder: Path) -> _Described:
    place = folder / "heads.json"
    try:
        read = json.loads(place.read_text(encoding="utf-8"))
        method = TypeAdapter(AnyMethod).validate_python(read["method"])
        tasks = {str(name): dict(of) for name, of in read["tasks"].items()}
        return _Described(str(read["base_model"]), str(read["base_identity"]), read.get("base_bits"), method, tasks)
    except OSError:
        raise InputError("no trained group here; expected one of a run's `adapters/`", place=str(folder)) from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"not the description of a trained group: {error!r:.200}", place=str(place)) from None


def _head(task: str, described: Mapping[str, Any], weights: Mapping[str, Tensor], backbone: Backbone) -> nn.Module:
    if described["head"] == "language":
        return backbone.language_head()
    head = empty_head(
        kind=described["kind"],
        hidden=backbone.hidden,
        outputs=described["outputs"],
        sides=described["sides"],
        template=backbone.template if described["head"] == "native" else None,
    )
    own = f"{task}."
    head.load_state_dict({key.removeprefix(own): of for key, of in weights.items() if key.startswith(own)})
    return head.eval()
