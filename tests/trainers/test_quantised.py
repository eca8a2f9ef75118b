"""Base models of 8 and 4 bits: what is asked of `transformers`, what counts, and refusals where they cannot be."""

import importlib.util
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from torch import nn

from tasks.errors import InputError
from tests.trainers.samples import CONFIGS, SPLITS, save_model, spec_of, word_task
from trainers import backbone as backbones
from trainers import quantised
from trainers.backbone import load_backbone, matrix_parameters
from trainers.bench import open_bench, prepare, states_path
from trainers.checkpoint import find_checkpoint, with_bits
from trainers.export import save_adapter
from trainers.fit import check_fit
from trainers.loaded import load_groups
from trainers.loop import train_group
from trainers.methods import LoRA
from trainers.quantised import check_bits, few_bits
from trainers.settings import Training
from trainers.train_job import train_job

TASKS = {name: word_task(name, word=word, count=24) for name, word in (("a", 2), ("b", 3))}
CUDA, CPU = torch.device("cuda:0"), torch.device("cpu")


@pytest.mark.parametrize(
    ("bits", "device", "method", "message"),
    [
        (
            4,
            "cpu",
            "lora",
            r"base_model_bits: a base model of 4 bits needs a CUDA device, but this run is on cpu; name",
        ),
        (8, "cuda:0", "full", r"base_model_bits: `full` trains the base model's own weights, .* use `lora`, or leave"),
        (8, "cuda:0", "dora", r"base_model_bits: `dora` is not tried with 8 bits; use 4 bits, or `lora`"),
        (8, "cuda:0", "lora", r'needs bitsandbytes and accelerate; run `pip install "cotrain\[bits\]"`, or leave'),
    ],
)
def test_what_cannot_be_is_refused(
    monkeypatch: pytest.MonkeyPatch, bits: int, device: str, method: str, message: str
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(InputError, match=message):
        check_bits(bits, device=device, method=method)
    check_bits(None, device=device, method=method)


def test_what_can_be_is_not_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name)
    for method in ("lora", "vera", "serial", "head"):
        check_bits(8, device="cuda", method=method)
    check_bits(4, device="cuda:1", method="dora")


def test_transformers_is_told_the_bits_and_the_number_type() -> None:
    four = few_bits(4, device=CUDA, dtype=torch.bfloat16, whole=["score"])
    config = four["quantization_config"]
    assert four["device_map"] == {"": CUDA}
    assert (config.load_in_4bit, config.load_in_8bit) == (True, False)
    assert (config.bnb_4bit_quant_type, config.bnb_4bit_use_double_quant) == ("nf4", True)
    assert config.bnb_4bit_compute_dtype == torch.bfloat16
    assert config.llm_int8_skip_modules == ["score"]
    eight = few_bits(8, device=CUDA, dtype=torch.float32)["quantization_config"]
    assert (eight.load_in_4bit, eight.load_in_8bit, eight.llm_int8_skip_modules) == (False, True, None)
    assert few_bits(None, device=CUDA, dtype=torch.float32) == {}
    assert few_bits(4, device=CPU, dtype=torch.float32) == {}


@pytest.mark.parametrize(("native", "kept"), [(False, ()), (True, ("score",))])
def test_the_base_model_is_loaded_so_and_never_moved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, native: bool, kept: tuple[str, ...]
) -> None:
    checkpoint = with_bits(find_checkpoint(str(save_model(tmp_path, CONFIGS["llama"]))), 4)
    asked: list[Any] = []

    def few(bits: int | None, **settings: Any) -> dict[str, Any]:
        asked.append((bits, settings))
        return {"quantization_config": "few"}

    name = "AutoModelForSequenceClassification" if native else "AutoModel"
    plain = getattr(transformers, name).from_pretrained

    def load(location: str, **settings: Any) -> Any:
        assert settings.pop("quantization_config") == "few"
        return plain(location, **settings)

    def moved(_model: nn.Module, _device: torch.device) -> None:
        raise AssertionError

    monkeypatch.setattr(backbones, "few_bits", few)
    monkeypatch.setattr(getattr(transformers, name), "from_pretrained", load)
    monkeypatch.setattr(transformers.PreTrainedModel, "to", moved)
    load_backbone(checkpoint, device=CPU, native=native)
    assert asked == [(4, {"device": CPU, "dtype": torch.float32, "whole": kept})]


def test_packed_weights_count_as_the_maps_that_they_are() -> None:
    packed = nn.Linear(6, 4)
    packed.weight = nn.Parameter(torch.zeros(12, 1, dtype=torch.uint8), requires_grad=False)
    assert matrix_parameters([packed]) == 24


def test_results_and_cached_layers_are_those_of_the_bits(tmp_path: Path) -> None:
    spec = spec_of(tmp_path, TASKS)
    assert with_bits(spec.checkpoint, None) is spec.checkpoint
    specs = [replace(spec, checkpoint=with_bits(spec.checkpoint, bits)) for bits in (None, 8, 4)]
    assert len({train_job(of, ["a"], seed=0, passes=1).key for of in specs}) == 3
    assert len({states_path(of, TASKS["a"].splits["train"].sides[0], lowest=1) for of in specs}) == 3


def test_an_export_says_the_bits_and_loads_where_there_are_all(tmp_path: Path) -> None:
    plain = spec_of(tmp_path, TASKS)
    spec = replace(plain, checkpoint=with_bits(plain.checkpoint, 4))
    prepare(spec, SPLITS, threads=1)
    result = train_group(open_bench(spec), ["a", "b"], seed=0, passes=1, keep_weights=True)
    folder = save_adapter(tmp_path / "group", result, spec)
    described = json.loads((folder / "heads.json").read_text())
    assert described["base_bits"] == 4
    tokens = TASKS["a"].splits["select"].sides[0]
    found = load_groups([folder]).scores("a", [tokens])
    np.testing.assert_allclose(found, result.members["a"].scores["select"], atol=1e-4)
    del described["base_bits"]
    (folder / "heads.json").write_text(json.dumps(described))
    with pytest.raises(InputError, match="is not the one that this group was trained on"):
        load_groups([folder])


def test_few_bits_of_few_bits_are_refused(tmp_path: Path) -> None:
    checkpoint = find_checkpoint(str(save_model(tmp_path, CONFIGS["bert"])))
    config = json.loads((tmp_path / "config.json").read_text())
    config["quantization_config"] = {"quant_method": "gptq", "bits": 4}
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(InputError, match="base_model_bits: this base model's weights have few bits already"):
        check_fit(with_bits(checkpoint, 8), LoRA(), max_length=8, training=Training())


@pytest.mark.parametrize("bits", [8, 4])
@pytest.mark.filterwarnings("ignore")  # of bitsandbytes
def test_runs_over_few_bits_repeat_where_bitsandbytes_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bits: int
) -> None:
    modules = pytest.importorskip("bitsandbytes.nn.modules")
    monkeypatch.setattr(modules, "has_avx512bf16", lambda: False)  # packs weights in a way that is for inference
    monkeypatch.setattr(quantised, "DEVICES", ("cpu",))
    plain = spec_of(tmp_path, TASKS, family="llama")
    spec = replace(plain, checkpoint=with_bits(plain.checkpoint, bits))
    prepare(spec, SPLITS, threads=1)
    bench = open_bench(spec)
    assert bench.forward_flops == open_bench(plain).forward_flops
    runs = [train_group(bench, ["a", "b"], seed=0, passes=2, keep_weights=True) for _ in range(2)]
    assert runs[0].failed is None
    for name, of in runs[0].weights.items():
        assert of.dtype == np.float32
        np.testing.assert_array_equal(of, runs[1].weights[name], err_msg=name)
    groups = load_groups([save_adapter(tmp_path / "group", runs[0], spec)])
    found = groups.scores("a", [TASKS["a"].splits["select"].sides[0]])
    np.testing.assert_allclose(found, runs[0].members["a"].scores["select"], atol=1e-3)
