"""A task's model as `transformers` and PEFT alone read it: the adapter with the architecture's own classification head.

PEFT saves heads only under names that it knows, which those of T5, BART, ModernBERT and DeBERTa are not, and leaves
others random without a word. So every part of the head is named in ``modules_to_save``.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from tasks.errors import InputError
from trainers.adapters.peft_adapter import PeftAdapter
from trainers.backbone import load_config
from trainers.loaded import LoadedGroups
from trainers.native import FORMS, NativeHead
from trainers.quiet import quiet
from trainers.separate_reader import check_logits
from trainers.written_folder import written_folder

PROBLEMS = {
    "binary": "single_label_classification",
    "multiclass": "single_label_classification",
    "multilabel": "multi_label_classification",
    "regression": "regression",
}
"""What `transformers` calls a kind of task."""
_ADAPTED = """\
from peft import PeftModel
from transformers import AutoModelForSequenceClassification, AutoTokenizer

base = AutoModelForSequenceClassification.from_pretrained({base!r}, num_labels={labels})
model = PeftModel.from_pretrained(base, {folder!r}).eval()
"""
_WHOLE = """\
from transformers import AutoModelForSequenceClassification, AutoTokenizer

model = AutoModelForSequenceClassification.from_pretrained({folder!r}).eval()
"""
_USE = """\
tokenizer = AutoTokenizer.from_pretrained({base!r})
inputs = tokenizer("def f(): pass", truncation=True, max_length={length}, return_tensors="pt")
print(model(**inputs).logits)
"""


def save_vanilla(folder: Path, groups: LoadedGroups, name: str) -> Path:
    """Writes one task's model; the folder is written under a temporary name and renamed.

    ``PeftModel.from_pretrained(AutoModelForSequenceClassification.from_pretrained(base, num_labels=C), folder)`` reads
    it; of full fine-tuning, ``AutoModelForSequenceClassification.from_pretrained(folder)``.

    Raises:
        InputError: If there is no such task, or its head is not the architecture's own.
    """
    from peft import PeftConfig, get_peft_model, get_peft_model_state_dict, set_peft_model_state_dict
    from transformers import AutoModelForSequenceClassification

    task = groups.task(name)
    head = task.head
    if not isinstance(head, NativeHead):
        raise InputError(
            f"the head of `{name}` is not the architecture's own, so only cotrain reads it; train with `training: "
            "{head: native}`, which tasks on single texts can have",
            place=str(task.folder),
        )
    labels = labels_of(task.described)
    names = task.described["classes"] or [str(index) for index in range(labels)]  # BART would not save `LABEL_0`
    settings: dict[str, Any] = {
        "num_labels": labels,
        "problem_type": PROBLEMS[task.described["kind"]],
        "id2label": dict(enumerate(names)),
        "label2id": {of: index for index, of in enumerate(names)},
    }
    with quiet():
        model: Any = AutoModelForSequenceClassification.from_pretrained(
            groups.checkpoint.location, use_safetensors=True, trust_remote_code=False, dtype=torch.float32, **settings
        )
    paths = FORMS[str(load_config(groups.checkpoint).model_type)].parts
    for path, part in zip(paths, head.parts.values(), strict=True):
        model.get_submodule(path).load_state_dict({key: of.cpu() for key, of in part.state_dict().items()})
    weights = {key: of.cpu() for key, of in groups.weights[task.folder].items()}
    if isinstance(groups.adapter, PeftAdapter):
        config = PeftConfig.from_pretrained(str(task.folder))
        config.task_type, config.inference_mode = "SEQ_CLS", False
        config.base_model_name_or_path = groups.checkpoint.public
        config.modules_to_save = [path.rsplit(".", 1)[-1] for path in paths]
        with quiet():
            model = get_peft_model(model, config)
        inside = "base_model.model."
        deeper = f"{inside}{groups.prefix}."
        renamed = {key.replace(inside, deeper): of for key, of in weights.items()}
        set_peft_model_state_dict(model, {**get_peft_model_state_dict(model), **renamed})
    else:
        model.base_model.load_state_dict(weights, strict=False)
    with written_folder(folder) as temporary, quiet():
        model.save_pretrained(temporary)
    return folder


def labels_of(described: Mapping[str, Any]) -> int:
    """``num_labels`` of a task: two classes have two scores."""
    return 2 if described["kind"] == "binary" else int(described["outputs"])


def snippet(folder: Path | str, groups: LoadedGroups, name: str, *, base: str | None = None) -> str:
    """Lines of Python that load the exported model and score a text, without this project.

    Args:
        base: Where the base model is; by default as others load it.
    """
    described = groups.task(name).described
    load = _ADAPTED if isinstance(groups.adapter, PeftAdapter) else _WHOLE
    return (load + _USE).format(
        base=base or groups.checkpoint.public,
        folder=str(folder),
        labels=labels_of(described),
        length=described["max_length"],
    )


def check_vanilla(folder: Path, groups: LoadedGroups, name: str, rows: Sequence[Sequence[int]]) -> float:
    """Reads an exported model in another process, without this project, and compares its logits with ours.

    Args:
        rows: Token ids of some texts.

    Returns:
        The largest difference of a logit, relative to the largest logit.

    Raises:
        InputError: As :func:`trainers.separate_reader.check_logits`.
    """
    lines = snippet(folder, groups, name, base=groups.checkpoint.location).splitlines()
    load = "\n".join(line for line in lines[: next(i for i, line in enumerate(lines) if line.startswith("tokenizer"))])
    return check_logits(folder, load, rows, groups.logits(name, rows))
