"""A suite of lines, words and completions on a tiny decoder, from the audit to predictions and exports."""

import json
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import LlamaConfig, PreTrainedTokenizerFast

from tests.cotrain.samples import jsonl, run
from tests.trainers.samples import save_model

WORDS = ["red", "green", "blue", "cold", "warm", "one", "two", "three"]
SUITE = """\
base_model: model
tasks:
  lines: {data: lines.jsonl, kind: tokens, text: text, label: labels}
  tags: {data: tags.jsonl, kind: tokens, text: words, label: labels, metric: f1}
  twice: {data: twice.jsonl, prompt: ask, completion: answer}
method: {r: 2, alpha: 4, layers: top-1}
budget: {passes: 1, seeds: 1, reference_seeds: 2, validation_seeds: 2, models: 1}
max_length: 16
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder, generator = tmp_path_factory.mktemp("kinds"), np.random.default_rng(0)
    config = LlamaConfig(
        vocab_size=len(WORDS) + 2, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, num_key_value_heads=2,
        intermediate_size=32, max_position_embeddings=32, bos_token_id=None, eos_token_id=1, pad_token_id=0,
    )  # fmt: skip
    save_model(folder / "model", config, language=True)
    tokenizer = Tokenizer(models.WordLevel({of: at for at, of in enumerate(["[UNK]", "[END]", *WORDS])}, "[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="[UNK]", eos_token="[END]").save_pretrained(
        folder / "model"
    )
    drawn = [[str(word) for word in generator.choice(WORDS, size=4)] for _ in range(120)]
    jsonl(
        folder / "lines.jsonl", [{"text": "\n".join(of), "labels": [int(word == "red") for word in of]} for of in drawn]
    )
    jsonl(folder / "tags.jsonl", [{"words": of, "labels": [int(word in WORDS[:3]) for word in of]} for of in drawn])
    jsonl(folder / "twice.jsonl", [{"ask": " ".join(of), "answer": f"{of[-1]} {of[-1]}"} for of in drawn])
    (folder / "suite.yaml").write_text(SUITE)
    return folder


def test_the_whole_way(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    suite, out = str(folder / "suite.yaml"), str(folder / "run")
    code, shown, _ = run(capsys, "audit", suite)
    assert code == 0
    assert all(name in shown for name in ("lines", "tags", "twice"))
    code, shown, _ = run(capsys, "recommend", suite, "--out", out, "--workers", "1", "--json")
    assert code == 0
    found = json.loads(shown)
    assert {name: of["metric"] for name, of in found["tasks"].items()} == {
        "lines": "macro_f1", "tags": "f1", "twice": "token_accuracy"
    }  # fmt: skip
    assert 0 < found["tasks"]["twice"]["prior"] < 1
    new = {"lines": {"text": "red\n\none two"}, "tags": {"words": ["blue", "", "one"]}, "twice": {"ask": "one two"}}
    answers = {}
    for task, row in new.items():
        jsonl(folder / "new.jsonl", [row])
        code, shown, _ = run(capsys, "predict", out, str(folder / "new.jsonl"), "--task", task)
        assert code == 0
        answers[task] = json.loads(shown)
    assert [of is None for of in answers["lines"]["labels"]] == [False, True, False]
    assert [of is None for of in answers["tags"]["probabilities"]] == [False, True, False]
    assert len(answers["twice"]["completion"].split()) <= 3
    code, shown, _ = run(capsys, "export", out, "--out", str(folder / "given"))
    assert code == 0
    assert (folder / "given" / "groups").is_dir()


def test_an_encoder_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "encoder.yaml").write_text(SUITE.replace("base_model: model", "base_model: embedded"))
    code, _, lines = run(capsys, "plan", str(folder / "encoder.yaml"))
    assert code == 2
    assert len(lines) == 1
    assert "task twice is of kind text, which needs a causal language model, but the architecture is `bert`" in lines[0]
