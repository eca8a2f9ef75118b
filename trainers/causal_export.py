"""A group of `text` tasks as PEFT and `transformers` alone read it: the adapter on the causal language model."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from trainers.adapters.full_adapter import FullAdapter
from trainers.adapters.peft_adapter import PeftAdapter
from trainers.loaded import LoadedGroups
from trainers.quiet import quiet
from trainers.separate_reader import check_logits
from trainers.written_folder import written_folder

_ADAPTED = """\
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer

base = AutoModelForCausalLM.from_pretrained({base!r})
model = PeftModel.from_pretrained(base, {folder!r}).eval()
"""
_WHOLE = """\
from transformers import AutoModelForCausalLM, AutoTokenizer

model = AutoModelForCausalLM.from_pretrained({folder!r}).eval()
"""
_USE = """\
tokenizer = AutoTokenizer.from_pretrained({base!r})
inputs = tokenizer("def f(", return_tensors="pt")
print(tokenizer.decode(model.generate(**inputs, max_new_tokens={longest})[0]))
"""


def is_causal(groups: LoadedGroups, source: Path) -> bool:
    """Whether all tasks of a group are of kind `text`, by a method that a causal language model takes as it is."""
    forms = {task.described["head"] for task in groups.tasks.values() if task.folder == source}
    taken = isinstance(groups.adapter, FullAdapter) or (
        isinstance(groups.adapter, PeftAdapter) and not groups.adapter.apart
    )
    return forms == {"language"} and taken


def save_causal(folder: Path, groups: LoadedGroups, source: Path) -> Path:
    """Writes one group; the folder is written under a temporary name and renamed.

    ``PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(base), folder)`` reads it; of full fine-tuning,
    ``AutoModelForCausalLM.from_pretrained(folder)``.

    Args:
        source: The group's folder in the run.
    """
    from peft import PeftConfig
    from safetensors.torch import save_file
    from transformers import AutoModelForCausalLM

    weights = {key: of.cpu().contiguous() for key, of in groups.weights[source].items()}
    with written_folder(folder) as temporary, quiet():
        if isinstance(groups.adapter, PeftAdapter):
            config = PeftConfig.from_pretrained(str(source))
            config.task_type, config.inference_mode = "CAUSAL_LM", True
            config.base_model_name_or_path = groups.checkpoint.public
            config.save_pretrained(str(temporary))
            inside = "base_model.model."
            renamed = {key.replace(inside, f"{inside}{groups.prefix}.", 1): of for key, of in weights.items()}
            save_file(renamed, temporary / "adapter_model.safetensors", metadata={"format": "pt"})
        else:
            model: Any = AutoModelForCausalLM.from_pretrained(
                groups.checkpoint.location, use_safetensors=True, trust_remote_code=False, dtype=torch.float32
            )
            model.base_model.load_state_dict(weights, strict=False)
            model.save_pretrained(temporary)
    return folder


def causal_snippet(folder: Path | str, groups: LoadedGroups, *, base: str | None = None, longest: int = 64) -> str:
    """Lines of Python that load the exported group and complete a prompt, without this project.

    Args:
        base: Where the base model is; by default as others load it.
        longest: Most tokens that are written.
    """
    load = _ADAPTED if isinstance(groups.adapter, PeftAdapter) else _WHOLE
    return (load + _USE).format(base=base or groups.checkpoint.public, folder=str(folder), longest=longest)


def check_causal_export(folder: Path, groups: LoadedGroups, source: Path, rows: Sequence[Sequence[int]]) -> float:
    """Reads an exported group in another process and compares what it expects after texts with ours.

    Args:
        rows: Token ids of some texts.

    Returns:
        The largest difference of a logit, relative to the largest logit.

    Raises:
        InputError: As :func:`trainers.separate_reader.check_logits`.
    """
    lines = causal_snippet(folder, groups, base=groups.checkpoint.location).splitlines()
    load = "\n".join(line for line in lines[: next(i for i, line in enumerate(lines) if line.startswith("tokenizer"))])
    return check_logits(folder, load, rows, groups.next_logits(source, rows))
