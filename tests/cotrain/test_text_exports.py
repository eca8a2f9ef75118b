"""Groups of `text` tasks as others take them: PEFT alone, LLaMA-Factory, Axolotl."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import AutoTokenizer, LlamaConfig, PreTrainedTokenizerFast

import cotrain
from cotrain.exporting import Exported, export_run
from cotrain.training_files import Recipe, axolotl, llama_factory
from tasks.errors import InputError
from tests.cotrain.samples import jsonl
from tests.trainers.samples import save_model
from trainers.causal_export import causal_snippet, check_causal_export
from trainers.separate_reader import CLOSE

WORDS = ["red", "green", "blue", "cold", "warm", "one", "two", "three"]
SUITE = """\
base_model: model
tasks:
  last: {data: last.jsonl, prompt: ask, completion: answer, max_length: 24}
  first: {data: first.jsonl, prompt: ask, completion: answer}
method: METHOD
budget: {passes: 1, seeds: 1, reference_seeds: 2, validation_seeds: 2, models: 1}
training: {learning_rate: 0.01}
max_length: 16
"""
METHODS = {
    "lora": "{r: 2, alpha: 4, layers: top-1, rank_per_task: true}",
    "full": "{name: full}",
    "ia3": "{name: ia3, layers: all}",
}
TOGETHER = [["first", "last"]]


def write(folder: Path, method: str) -> Path:
    """A decoder, two data sets, and a suite over them."""
    generator = np.random.default_rng(0)
    config = LlamaConfig(
        vocab_size=len(WORDS) + 3, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, num_key_value_heads=2,
        intermediate_size=32, max_position_embeddings=32, bos_token_id=2, eos_token_id=1, pad_token_id=0,
    )  # fmt: skip
    save_model(folder / "model", config, language=True)
    names = ["[UNK]", "[END]", "[START]", *WORDS]
    tokenizer = Tokenizer(models.WordLevel({of: at for at, of in enumerate(names)}, "[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token="[UNK]", eos_token="[END]", bos_token="[START]"
    ).save_pretrained(folder / "model")
    drawn = [[str(word) for word in generator.choice(WORDS, size=4)] for _ in range(100)]
    for name, place in (("last", -1), ("first", 0)):
        jsonl(folder / f"{name}.jsonl", [{"ask": " ".join(of), "answer": of[place]} for of in drawn])
    (folder / "suite.yaml").write_text(SUITE.replace("METHOD", METHODS[method]))
    return folder / "suite.yaml"


@pytest.fixture(scope="module", params=METHODS)
def trained(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    folder = tmp_path_factory.mktemp(request.param)
    suite = write(folder, request.param)
    cotrain.validate(suite, grouping=TOGETHER, out=folder / "run", workers=1)
    recommendation = folder / "run" / "recommendation.json"
    content = json.loads(recommendation.read_text())
    if content["groups"] != TOGETHER:  # refuted: the answer is singles, and they are exported
        assert content["verdict"] == "refuted"
    return request.param, folder


@pytest.fixture(scope="module")
def exported(trained: tuple[str, Path]) -> list[Exported]:
    """What one export into ``out`` made."""
    _, folder = trained
    return export_run(cotrain.load(folder / "run"), out=folder / "out")


def groups_of(folder: Path) -> list[str]:
    return ["+".join(group) for group in json.loads((folder / "run" / "recommendation.json").read_text())["groups"]]


def test_peft_and_transformers_alone_read_a_group(trained: tuple[str, Path], exported: list[Exported]) -> None:
    method, folder = trained
    causal = [of for of in exported if of.folder.parent.name == "causal"]
    assert [of.name for of in causal] == groups_of(folder)
    assert all(of.apart is not None and of.apart <= CLOSE for of in causal)
    assert all("cotrain" not in of.readers for of in causal)
    training = [of for of in exported if of.folder.parent.name == "training"]
    assert bool(training) == (method in ("lora", "full"))
    assert all(of.missing is None for of in exported)


@pytest.mark.usefixtures("exported")
def test_the_cards_snippet_runs_without_this_project(trained: tuple[str, Path]) -> None:
    _, folder = trained
    groups = cotrain.load(folder / "run").groups(device="cpu")
    name = groups_of(folder)[0]
    lines = causal_snippet(folder / "out" / "causal" / name, groups, longest=2)
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", lines], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "[UNK]" in done.stdout  # what the snippet's prompt is to this tokenizer
    assert (folder / "out" / "causal" / name / "README.md").read_text().count("AutoModelForCausalLM") >= 1


@pytest.mark.usefixtures("exported")
def test_a_changed_weight_is_noticed(trained: tuple[str, Path]) -> None:
    method, folder = trained
    groups = cotrain.load(folder / "run").groups(device="cpu")
    name = groups_of(folder)[0]
    broken = folder / "broken"
    shutil.copytree(folder / "out" / "causal" / name, broken, dirs_exist_ok=True)
    file = broken / ("model.safetensors" if method == "full" else "adapter_model.safetensors")
    weights = load_file(file)
    save_file({key: of + torch.randn(of.shape) for key, of in weights.items()}, file, {"format": "pt"})
    with pytest.raises(InputError, match="scores otherwise than the trained group"):
        check_causal_export(broken, groups, folder / "run" / "adapters" / name, [[3, 4, 5], [6, 7]])


@pytest.mark.parametrize("trained", ["lora"], indirect=True)
def test_data_that_are_gone_are_told(trained: tuple[str, Path]) -> None:
    _, folder = trained
    data = folder / "first.jsonl"
    text = data.read_text()
    try:
        data.unlink()
        found = export_run(cotrain.load(folder / "run"), out=folder / "gone")
    finally:
        data.write_text(text)
    training = [of for of in found if "first" in of.name and of.folder.parent.name == "training"]
    assert all(of.missing is not None and "first.jsonl" in of.missing for of in training)


@pytest.mark.parametrize("trained", ["lora"], indirect=True)
def test_a_scale_that_cannot_be_said_is_told(trained: tuple[str, Path]) -> None:
    """Rounded, it would train another adapter; one of 0.4 nothing at all."""
    _, folder = trained
    name = groups_of(folder)[0]
    config = folder / "run" / "adapters" / name / "adapter_config.json"
    text = config.read_text()
    try:
        config.write_text(json.dumps(json.loads(text) | {"lora_alpha": 0.4}))
        found = export_run(cotrain.load(folder / "run"), out=folder / "scaled")
    finally:
        config.write_text(text)
    (training,) = [of for of in found if of.name == name and of.folder.parent.name == "training"]
    assert training.missing == "both read a whole number as LoRA's alpha, but this adapter has 0.4"


@pytest.mark.usefixtures("exported")
@pytest.mark.parametrize("trained", ["lora"], indirect=True)
def test_training_files_hold_the_runs_own_settings(trained: tuple[str, Path]) -> None:
    _, folder = trained
    name = groups_of(folder)[0]
    members = name.split("+")
    place = folder / "out" / "training" / name
    settings = yaml.safe_load((place / "llama_factory" / "train.yaml").read_text())
    assert settings["dataset"].split(",") == members
    assert (settings["lora_rank"], settings["lora_alpha"]) == (2 * len(members), 4 * len(members))
    assert settings["lora_target"].split(",") == ["layers.1.self_attn.q_proj", "layers.1.self_attn.v_proj"]
    assert settings["learning_rate"] == 0.01
    for group in groups_of(folder):
        own = folder / "out" / "training" / group
        length = 24 if "last" in group else 16
        assert yaml.safe_load((own / "llama_factory" / "train.yaml").read_text())["cutoff_len"] == length
        assert yaml.safe_load((own / "axolotl" / "config.yaml").read_text())["sequence_len"] == length
    described = json.loads((place / "llama_factory" / "dataset_info.json").read_text())
    rows = [json.loads(line) for line in (place / "llama_factory" / f"{members[0]}.jsonl").read_text().splitlines()]
    assert described[members[0]]["columns"] == {"prompt": "prompt", "response": "completion"}
    assert all(row["completion"].endswith("[END]") and row["completion"].count(" ") == 0 for row in rows)
    other = yaml.safe_load((place / "axolotl" / "config.yaml").read_text())
    assert [of["path"] for of in other["datasets"]] == [f"{member}.jsonl" for member in members]
    assert other["lora_target_modules"] == settings["lora_target"].split(",")


@pytest.mark.usefixtures("exported")
@pytest.mark.parametrize("trained", ["lora"], indirect=True)
def test_axolotls_segments_are_the_tokens_that_were_trained_on(trained: tuple[str, Path]) -> None:
    """Both parts tokenized as Axolotl does, each by itself without special tokens, are the run's own training texts."""
    from cotrain.suite import load_suite
    from cotrain.workspace import read_workspace

    _, folder = trained
    name = groups_of(folder)[0]
    member = name.split("+")[0]
    lines = (folder / "out" / "training" / name / "axolotl" / f"{member}.jsonl").read_text().splitlines()
    tokenizer = AutoTokenizer.from_pretrained(folder / "model")
    train = read_workspace(load_suite(folder / "suite.yaml")).encoded[member].splits["train"]
    for row, line in enumerate(lines):
        segments = json.loads(line)["segments"]
        assert [of["label"] for of in segments] == [False, True]
        ids = [token for of in segments for token in tokenizer(of["text"], add_special_tokens=False)["input_ids"]]
        assert ids == train.sides[0].text(row).tolist()


def recipe(**changes: Any) -> Recipe:
    settings: dict[str, Any] = {
        "base_model": "org/base",
        "method": "lora",
        "rank": 8,
        "alpha": 16,
        "dropout": 0.1,
        "targets": ("q_proj", "v_proj"),
        "examples": {"a": [("p", "c")]},
        "start": "<s>",
        "end": "</s>",
        "max_length": 64,
        "passes": 3,
        "batch_size": 16,
        "learning_rate": 1e-3,
        "warmup": 10,
        "weight_decay": 0.01,
        "clip": 1.0,
        "seed": 42,
    }
    return Recipe(**(settings | changes))


def test_variants_are_named_as_each_program_names_them() -> None:
    for method, flag, other in (("rslora", "use_rslora", "peft_use_rslora"), ("dora", "use_dora", "peft_use_dora")):
        settings = yaml.safe_load(llama_factory(recipe(method=method))["train.yaml"])
        assert (settings["finetuning_type"], settings[flag]) == ("lora", True)
        assert yaml.safe_load(axolotl(recipe(method=method))["config.yaml"])[other] is True
    full = yaml.safe_load(llama_factory(recipe(method="full", rank=0, targets=()))["train.yaml"])
    assert full["finetuning_type"] == "full"
    assert not any(key.startswith("lora") for key in full)
    assert "adapter" not in yaml.safe_load(axolotl(recipe(method="full"))["config.yaml"])


def test_ends_of_texts_stand_in_the_data() -> None:
    assert json.loads(llama_factory(recipe())["a.jsonl"]) == {"prompt": "<s>p", "completion": "c</s>"}
    assert json.loads(axolotl(recipe())["a.jsonl"]) == {
        "segments": [{"label": False, "text": "<s>p"}, {"label": True, "text": "c</s>"}]
    }
