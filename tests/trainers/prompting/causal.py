"""Tiny random causal models with a tokenizer of whole words."""

import copy
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast

from tasks.kinds import KINDS
from tasks.metrics import METRICS
from tasks.task import Rows, Task
from tests.trainers.samples import CONFIGS, OTHERS, VOCABULARY
from trainers.checkpoint import find_checkpoint
from trainers.prompting.causal_model import CausalModel, CausalSpec, open_causal

END = "</s>"
MARK = "<turn>"
WORDS = (
    *("yes", "no", "maybe", "red", "green", "blue", "code", "text", "user", "assistant", "0", "1"),
    *("Task", "colour", "Answer", "with", "one", "of", "Is", "this", "so", "two", ":", ",", ".", "?"),
)
TEMPLATE = (
    "{% for message in messages %}" + MARK + " {{ message['role'] }} {{ message['content'] }} {% endfor %}"
    "{% if add_generation_prompt %}" + MARK + " assistant {% endif %}"
)


def tokenizer(*, chat: bool) -> PreTrainedTokenizerFast:
    """One token per word; unknown words are one token."""
    names = ["<pad>", "<unk>", END, MARK, *WORDS]
    names += [f"w{place}" for place in range(VOCABULARY - len(names))]
    words = Tokenizer(WordLevel({name: place for place, name in enumerate(names)}, unk_token="<unk>"))
    words.pre_tokenizer = Whitespace()
    found = PreTrainedTokenizerFast(
        tokenizer_object=words, unk_token="<unk>", pad_token="<pad>", eos_token=END, additional_special_tokens=[MARK]
    )
    found.chat_template = TEMPLATE if chat else None
    return found


def save_causal(folder: Path, family: str = "llama", *, chat: bool = False, positions: int = 64) -> Path:
    """A random model of a family, with its head."""
    config = copy.deepcopy({**CONFIGS, **OTHERS}[family])
    config.max_position_embeddings = positions
    with torch.random.fork_rng():
        torch.manual_seed(0)
        AutoModelForCausalLM.from_config(config).save_pretrained(folder)
    tokenizer(chat=chat).save_pretrained(folder)
    return folder


def colours(count: int = 20, *, seed: int = 0) -> Task:
    """Multiclass: the colour that a text names."""
    generator, classes = np.random.default_rng(seed), ("red", "green", "blue")
    splits = {}
    for split in ("train", "stop", "select", "test"):
        targets = np.arange(count) % 3
        texts = [
            " ".join(generator.permutation([classes[of], *(f"w{i}" for i in generator.integers(9, size=3 + of))]))
            for of in targets
        ]
        splits[split] = Rows((tuple(texts),), targets, np.arange(count))
    return Task("colour", KINDS["multiclass"], classes, METRICS["accuracy"], 1.0, splits, "colours")


def opened(folder: Path, task: Task, *, family: str = "llama", chat: bool = False) -> CausalModel:
    """A model that knows a task."""
    checkpoint = find_checkpoint(str(save_causal(folder / family, family, chat=chat)))
    return open_causal(CausalSpec(checkpoint=checkpoint, tasks={task.name: task}, device="cpu", threads=1))
