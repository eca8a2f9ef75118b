"""A beginning that is computed once reads as if every row had been computed whole."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from transformers import AutoModelForCausalLM

from tests.trainers.prompting.causal import save_causal
from tests.trainers.samples import VOCABULARY
from trainers.prompting.continuations import Beginning

ROUNDING = 1e-4
"""Sums in another order, in fp32."""
BEFORE = [3, 5, 7, 9]
ROWS = [[11, 12, 13, 14, 15], [16], [17, 18, 11]]
WORDS = [[20], [21, 22], [21, 23, 24], [25]]
FAMILIES = ["llama", "qwen2", "qwen3", "mistral", "starcoder2", "gpt_bigcode", "deepseek_v2", "deepseek_v3"]
FAMILIES += ["gpt2", "gpt_neox", "opt", "phi", "gemma", "olmo"]


@pytest.fixture(params=FAMILIES)
def model(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    return AutoModelForCausalLM.from_pretrained(save_causal(tmp_path, request.param)).eval()


@torch.no_grad()
def expected(model: Any, row: Sequence[int]) -> Tensor:
    """Log-probabilities of every next token, computed whole and alone, shape ``(L, V)``."""
    found: Tensor = model(input_ids=torch.tensor([list(row)])).logits[0].log_softmax(dim=1)
    return found


def test_words_score_as_in_whole_texts(model: Any) -> None:
    beginning = Beginning(model, BEFORE)
    scores, _ = beginning.score(beginning.read(ROWS), WORDS)
    for row, of_row in zip(ROWS, scores, strict=True):
        for word, score in zip(WORDS, of_row, strict=True):
            whole = expected(model, [*BEFORE, *row, *word])
            first = len(BEFORE) + len(row) - 1
            by_hand = sum(whole[first + place, token] for place, token in enumerate(word))
            torch.testing.assert_close(score, by_hand, atol=ROUNDING, rtol=ROUNDING)


def test_the_likeliest_tokens_are_those_of_whole_texts(model: Any) -> None:
    beginning = Beginning(model, BEFORE)
    written, _ = beginning.write(beginning.read(ROWS), most=4, ends=[])
    for row, text in zip(ROWS, written, strict=True):
        so_far = [*BEFORE, *row]
        for token in text:
            best = expected(model, so_far)[-1]
            assert best[token] >= best.max() - ROUNDING
            so_far.append(token)
        assert len(text) == 4


def test_scoring_leaves_what_was_read_as_it_was(model: Any) -> None:
    beginning = Beginning(model, BEFORE)
    read = beginning.read(ROWS)
    first, _ = beginning.score(read, WORDS)
    again, _ = beginning.score(read, WORDS)
    torch.testing.assert_close(first, again, atol=0, rtol=0)
    other, _ = beginning.score(beginning.read(ROWS[:1]), WORDS)
    torch.testing.assert_close(other[0], first[0], atol=ROUNDING, rtol=ROUNDING)


def test_a_row_ends_where_the_model_ends_it(tmp_path: Path) -> None:
    model = AutoModelForCausalLM.from_pretrained(save_causal(tmp_path)).eval()
    beginning = Beginning(model, BEFORE)
    free, _ = beginning.write(beginning.read(ROWS), most=4, ends=[])
    ended, _ = beginning.write(beginning.read(ROWS), most=4, ends=[free[0][1]])
    assert ended[0] == free[0][: free[0].index(free[0][1])]
    assert beginning.write(beginning.read(ROWS), most=4, ends=range(VOCABULARY))[0] == [[], [], []]
