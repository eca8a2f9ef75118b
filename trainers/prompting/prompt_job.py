"""Prompting one task, as a job."""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import ClassVar

import numpy as np
from safetensors.numpy import load, save

from tasks.task import Task
from trainers.checkpoint import Checkpoint
from trainers.cost import Cost
from trainers.prompting.answers import Answers, answer
from trainers.prompting.causal_model import CausalModel
from trainers.prompting.question import Question

CHAT_FILES = ("tokenizer_config.json", "special_tokens_map.json", "chat_template.jinja")
"""Files of a model's folder that lay a chat out, beside those in the checkpoint's identity."""
RESULTS_VERSION = 2
"""Raised whenever a change of code may change an answer."""


@dataclass(frozen=True, eq=False)
class Prompted:
    """Answers and what they cost."""

    answers: Answers
    cost: Cost


@dataclass(frozen=True, kw_only=True)
class PromptJob:
    """One task, one draw of shown examples; its context is a :class:`CausalModel`."""

    task: str
    """Its name."""
    question: Question
    """How it is asked."""
    split: str
    """Whose examples are asked about."""
    shots: int
    """Examples of train that are shown."""
    seed: int
    """Draws them; without any, it changes nothing."""
    max_length: int
    """Tokens per text of an example."""
    identity: str
    """Of model, data and device."""
    size: float
    """Examples times questions."""

    trains: ClassVar[bool] = False
    """It is no training run."""

    @property
    def key(self) -> str:
        content = {name: value for name, value in asdict(self).items() if name != "size"}
        if self.shots == 0:
            del content["seed"]
        return hashlib.sha256(json.dumps(["prompting", RESULTS_VERSION, content], sort_keys=True).encode()).hexdigest()

    @property
    def label(self) -> str:
        return f"{self.task}, prompted with {self.shots} examples, seed {self.seed}"

    def run(self, context: CausalModel) -> Prompted:
        start = perf_counter()
        found = answer(
            context,
            context.spec.tasks[self.task],
            self.question,
            split=self.split,
            shots=self.shots,
            seed=self.seed,
            max_length=self.max_length,
        )
        seconds = perf_counter() - start
        return Prompted(found, Cost(seconds=seconds, flops=context.flops * found.tokens, tokens_forward=found.tokens))

    def encode(self, result: Prompted) -> bytes:
        of = result.answers
        cost = np.array([result.cost.seconds, result.cost.flops])
        return save({"scores": of.scores, "written": of.written, "tokens": np.array([of.tokens]), "cost": cost})

    def decode(self, data: bytes) -> Prompted:
        try:
            of = load(data)
            tokens = int(of["tokens"][0])
            seconds, flops = of["cost"].tolist()
            return Prompted(
                Answers(of["scores"], of["written"], tokens), Cost(seconds=seconds, flops=flops, tokens_forward=tokens)
            )
        except Exception as error:  # safetensors raises its own types, which change between releases
            raise ValueError(f"Expected packed answers, but got damaged bytes: {error}") from error


def prompt_job(
    task: str, question: Question, *, split: str, shots: int, seed: int, max_length: int, identity: str, examples: int
) -> PromptJob:
    """A job for one task.

    Args:
        identity: Of model, data and device.
        examples: In the split.
    """
    return PromptJob(
        task=task,
        question=question,
        split=split,
        shots=shots,
        seed=seed,
        max_length=max_length,
        identity=identity,
        size=float(examples * len(question.asks)),
    )


def prompt_identity(checkpoint: Checkpoint, task: Task, *, device: str, threads: int) -> str:
    """What a job's answers follow from, beside how it asks: model, chat, data, device and threads."""
    files = [Path(checkpoint.location) / name for name in CHAT_FILES]  # of a hub model, its revision tells of them
    chat = hashlib.sha256(b"".join(hashlib.sha256(of.read_bytes()).digest() for of in files if of.is_file()))
    return ":".join((checkpoint.identity, chat.hexdigest(), task.fingerprint, device.split(":")[0], str(threads)))
