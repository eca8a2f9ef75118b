"""A causal model is opened as training opens it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from tasks.errors import InputError
from tests.trainers.prompting.causal import colours, opened, save_causal, tokenizer
from tests.trainers.samples import CONFIGS, save_model
from trainers import backbone as backbones
from trainers.backbone import matrix_parameters, share_of_experts
from trainers.checkpoint import find_checkpoint, with_bits
from trainers.prompting.causal_model import CausalSpec, open_causal


def test_a_checkpoint_without_a_map_to_tokens_is_refused(tmp_path: Path) -> None:
    """It would be random, and so would all answers."""
    folder = save_model(tmp_path / "bare", CONFIGS["llama"])
    tokenizer(chat=False).save_pretrained(folder)
    spec = CausalSpec(checkpoint=find_checkpoint(str(folder)), tasks={}, device="cpu", threads=1)
    with pytest.raises(InputError, match=r"has no weights `lm_head.weight`, without which nothing is written"):
        open_causal(spec)


def test_few_bits_are_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int | None] = []

    def few(bits: int | None, **_given: Any) -> dict[str, Any]:
        asked.append(bits)
        return {}

    monkeypatch.setattr(backbones, "few_bits", few)
    checkpoint = find_checkpoint(str(save_causal(tmp_path / "writer")))
    spec = CausalSpec(checkpoint=checkpoint, tasks={}, device="cpu", threads=1)
    open_causal(spec)
    open_causal(replace(spec, checkpoint=with_bits(checkpoint, 4)))
    assert asked == [None, 4]


def test_a_token_passes_some_of_a_mixture(tmp_path: Path) -> None:
    causal = opened(tmp_path, colours(), family="deepseek_v3")
    share = share_of_experts(causal.model.config)
    assert 0 < share < 1
    whole = causal.model.base_model
    stacked = sum(of.numel() for of in whole.parameters() if of.dim() == 3)
    assert stacked > 0
    assert causal.flops == 2 * (matrix_parameters([whole]) - stacked + round(share * stacked))
    assert causal.device == torch.device("cpu")
