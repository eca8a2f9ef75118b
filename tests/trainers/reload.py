"""For a process that has trained nothing: what exported groups score, read back by this project and by PEFT alone.

``FOLDER/<method>`` are exported groups, ``FOLDER/native/<method>/<task>`` exported tasks with classification heads,
``FOLDER/tokens.npz`` the ids and offsets of the texts; ``FOLDER/found.npz`` is written, with scores by
``<method>/<task>/<reader>``.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch

from tasks.encoding import Tokens
from trainers.loaded import load_groups

PEFT = ("lora", "rslora", "dora", "vera", "ia3", "prefix", "prompt")
"""Methods that PEFT reads."""
ROWS = 6
"""Texts that PEFT alone scores, one by one."""


def vanilla(folder: Path, base: str, tokens: Tokens) -> dict[str, np.ndarray]:
    """Scores by task, without this project's code."""
    import transformers
    from peft import PeftModel
    from safetensors.torch import load_file
    from torch.nn import functional

    described = json.loads((folder / "heads.json").read_text())
    loader, method = getattr(transformers, described["loader"]), described["method"]["name"]
    if method in PEFT:
        model = PeftModel.from_pretrained(loader.from_pretrained(base), str(folder))
    else:
        model = loader.from_pretrained(folder if method == "full" else base)
    model.eval()
    heads = load_file(folder / "heads.safetensors")
    found: dict[str, list[np.ndarray]] = {name: [] for name in described["tasks"]}
    for row in range(ROWS):
        ids = torch.from_numpy(tokens.text(row).astype(np.int64))[None]
        with torch.no_grad():
            states = model(input_ids=ids, attention_mask=torch.ones_like(ids)).last_hidden_state
        states = states[:, -ids.shape[1] :]  # prompt tuning puts its own positions before
        features = states.mean(1) if described["pooling"] == "mean" else states[:, -1]
        features = functional.layer_norm(features, features.shape[-1:])
        for name, scores in found.items():
            scores.append(functional.linear(features, heads[f"{name}.weight"], heads[f"{name}.bias"]).numpy())
    return {name: np.concatenate(scores) for name, scores in found.items()}


def classified(folder: Path, tokens: Tokens) -> np.ndarray:
    """Logits of a padded batch, from an exported task, by `transformers` and PEFT alone."""
    from peft import PeftModel
    from transformers import AutoModelForSequenceClassification

    labels = {"word": 2, "seven": 7}[folder.name]
    model: Any
    if (folder / "adapter_config.json").exists():
        base = json.loads((folder / "adapter_config.json").read_text())["base_model_name_or_path"]
        model = AutoModelForSequenceClassification.from_pretrained(base, num_labels=labels)
        model = PeftModel.from_pretrained(model, str(folder))
    else:
        model = AutoModelForSequenceClassification.from_pretrained(folder)
    texts = [torch.from_numpy(tokens.text(row).astype(np.int64)) for row in range(ROWS)]
    ids = torch.nn.utils.rnn.pad_sequence(texts, batch_first=True, padding_value=model.config.pad_token_id)
    lengths = torch.tensor([len(text) for text in texts])
    mask = (torch.arange(ids.shape[1]) < lengths[:, None]).long()
    with torch.no_grad():
        return model.eval()(input_ids=ids, attention_mask=mask).logits.numpy()


def main(folder: Path) -> None:
    """Reads every exported group."""
    torch.set_num_threads(1)
    stored = np.load(folder / "tokens.npz")
    tokens = Tokens(stored["ids"], stored["offsets"])
    found: dict[str, np.ndarray] = {}
    for place in sorted(path.parent for path in folder.glob("*/heads.json")):
        group = load_groups([place])
        for name in group.tasks:
            found[f"{place.name}/{name}/ours"] = group.scores(name, [tokens])
        if place.name in (*PEFT, "full", "head"):
            for name, scores in vanilla(place, group.checkpoint.location, tokens).items():
                found[f"{place.name}/{name}/vanilla"] = scores
    for place in sorted(folder.glob("native/*/*")):
        found[f"native/{place.parent.name}/{place.name}/vanilla"] = classified(place, tokens)
    np.savez(folder / "found.npz", **found)
