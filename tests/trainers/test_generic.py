"""Architectures outside the table: found by structure, tried before training, refused in one line."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import (
    AlbertConfig,
    GPT2Config,
    LlamaConfig,
    LongformerConfig,
    M2M100Config,
    OPTConfig,
    PretrainedConfig,
    Qwen2Config,
    ViTConfig,
    XLNetConfig,
)

from tasks.errors import InputError
from tests.trainers.samples import LAYERS, OTHERS, bench_of, save_model, word_task
from trainers import generic, self_check
from trainers.backbone import Backbone, load_backbone, load_config, matrix_parameters
from trainers.checkpoint import find_checkpoint
from trainers.families import FAMILIES
from trainers.fit import check_fit
from trainers.generic import family_of
from trainers.loop import train_group
from trainers.methods import IA3, HeadOnly, LoRA, Method
from trainers.run import Run
from trainers.settings import Training
from trainers.stacked import train_stack
from trainers.upper import lowest_of, upper

CPU = torch.device("cpu")
ALL = LoRA(r=2, alpha=4, layers="all")
FOUND = {
    "gpt2": ("h", "last", ("c_attn",)),
    "gpt_neox": ("layers", "last", ("query_key_value",)),
    "opt": ("decoder.layers", "last", ("q_proj", "v_proj")),
    "phi": ("layers", "last", ("q_proj", "v_proj", "fc1", "fc2")),
    "gemma": ("layers", "last", ("q_proj", "v_proj")),
    "olmo": ("layers", "last", ("down_proj", "gate_proj", "k_proj", "o_proj", "q_proj", "up_proj", "v_proj")),
    "electra": ("encoder.layer", "mean", ("query", "value")),
    "mpnet": ("encoder.layer", "mean", ("dense", "k", "o", "q", "v")),
    "distilbert": ("transformer.layer", "mean", ("k_lin", "lin1", "lin2", "out_lin", "q_lin", "v_lin")),
}
"""Path to the layers, pooling, and default targets: PEFT's where it has the architecture, else all of a layer."""
SMALL: dict[str, Any] = {"hidden_size": 16, "num_hidden_layers": 3, "num_attention_heads": 2, "intermediate_size": 32}


@pytest.mark.parametrize("name", OTHERS)
def test_layers_pooling_and_targets_are_found(name: str) -> None:
    family = family_of(OTHERS[name])
    assert (family.layers, family.pooling, family.targets) == FOUND[name]
    assert family.generic
    assert not any(known.generic for known in FAMILIES.values())


def test_an_architecture_of_the_table_is_that_of_the_table() -> None:
    assert family_of(LlamaConfig()) is FAMILIES["llama"]


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        (M2M100Config(), "it has an encoder and a decoder"),
        (AlbertConfig(vocab_size=40, embedding_size=8, **SMALL), "it has no list of as many layers of one kind"),
        (ViTConfig(**SMALL), "it does not read tokens alone"),
    ],
)
def test_what_structure_does_not_tell_is_refused_with_what_is_known(config: PretrainedConfig, reason: str) -> None:
    with pytest.raises(InputError, match=rf"base_model: no trainer for .* as {reason}.*; known are `bert`"):
        family_of(config)


def test_an_architecture_that_transformers_lacks_is_refused_with_what_is_known(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "berrt", "auto_map": {"AutoModel": "own.Model"}}')
    (tmp_path / "model.safetensors").write_bytes(b"")
    with pytest.raises(
        InputError, match=r"no trainer for .* `berrt`, as `transformers` has none .*`bert`.*did you mean `bert`"
    ):
        load_config(find_checkpoint(str(tmp_path)))


def _fit(folder: Path, config: PretrainedConfig, method: Method, *, length: int = 12, head: str = "pooled") -> None:
    checkpoint = find_checkpoint(str(save_model(folder, config)))
    check_fit(checkpoint, method, max_length=length, training=Training(head=head))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("method", "settings", "message"),
    [
        (
            LoRA(layers="top-2"),
            {},
            r"method\.layers: .*expected `all`, but got 'top-2'; use `method: \{name: lora",
        ),
        (IA3(layers="all"), {}, r"method\.name: `ia3` does not work on .* use `lora` or `full`"),
        (ALL, {"head": "native"}, r"training\.head: the classification head of `gpt2` is not known"),
        (
            ALL,
            {"length": 65},
            r"max_length: expected texts that this base model reads, but it fails on one of 65",
        ),
        (replace(ALL, targets=["q_proj"]), {}, r"method\.targets: .*q_proj"),
        (replace(ALL, targets=["wte"]), {}, "`gpt2`, as layer 0 gets no gradient from `lora`"),
    ],
)
def test_what_it_cannot_do_is_refused(tmp_path: Path, method: Method, settings: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        _fit(tmp_path, OTHERS["gpt2"], method, **settings)


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        (
            XLNetConfig(vocab_size=40, d_model=16, n_layer=3, n_head=2, d_inner=32),
            "no causal model: states depend on later tokens",
        ),
        (
            OPTConfig(
                vocab_size=40,
                hidden_size=16,
                num_hidden_layers=3,
                num_attention_heads=2,
                ffn_dim=32,
                max_position_embeddings=64,
                word_embed_proj_dim=8,
            ),
            r"its states are of shape \(4, 13, 8\), not 16 wide",
        ),
        (
            LongformerConfig(vocab_size=40, max_position_embeddings=64, attention_window=4, **SMALL),
            "the linear maps `query_global` of the architecture `longformer` get no gradient",
        ),
    ],
)
@pytest.mark.filterwarnings("ignore")  # of these architectures
def test_the_self_check_finds_what_structure_hides(tmp_path: Path, config: PretrainedConfig, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        _fit(tmp_path, config, replace(ALL, targets=["query_global"]) if "Long" in type(config).__name__ else ALL)


def test_features_that_depend_on_padding_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = Backbone.inputs

    def blind(self: Backbone, values: torch.Tensor, mask: torch.Tensor, *, cut: bool) -> dict[str, Any]:
        return {**plain(self, values, mask, cut=cut), "attention_mask": torch.ones_like(mask)}

    monkeypatch.setattr(Backbone, "inputs", blind)
    config = OTHERS["electra"]
    with pytest.raises(InputError, match="`electra`, as a text's features depend on the texts beside it"):
        self_check.self_check(config, family_of(config), ALL, max_length=12)


def test_a_layer_without_gradient_is_found() -> None:
    config = OTHERS["electra"]
    backbone = self_check._copy(config, family_of(config))
    backbone.layers[1].register_forward_pre_hook(lambda _layer, args: (args[0].detach(), *args[1:]))
    with pytest.raises(InputError, match="layer 0 gets no gradient from `lora`"):
        self_check._trained(backbone, ALL, "electra")


def test_a_large_model_is_tried_with_few_layers() -> None:
    config = Qwen2Config(hidden_size=4096, intermediate_size=12288, num_hidden_layers=36, pad_token_id=151643)
    little = self_check.small(config)
    assert 2 <= little.num_hidden_layers < 36
    assert len(little.layer_types) == little.num_hidden_layers
    assert (little.vocab_size, little.pad_token_id) == (self_check.VOCABULARY, 0)
    assert (config.num_hidden_layers, len(config.layer_types), config.vocab_size) == (36, 36, 151936)
    assert self_check.small(OTHERS["gpt2"]).num_hidden_layers == LAYERS
    assert sum(of.numel() for of in generic.without_weights(little).parameters()) < 5e8


def test_a_checkpoint_of_another_model_is_refused(tmp_path: Path) -> None:
    save_model(tmp_path, GPT2Config(vocab_size=40, n_embd=16, n_layer=2, n_head=2, n_positions=64))
    OTHERS["gpt2"].save_pretrained(tmp_path)
    with pytest.raises(InputError, match=r"expected weights for all layers, but 12 are missing, such as `h\.2\.attn"):
        load_backbone(find_checkpoint(str(tmp_path)), device=CPU)


def test_weights_of_gpt2s_own_maps_count(tmp_path: Path) -> None:
    backbone = load_backbone(find_checkpoint(str(save_model(tmp_path, OTHERS["gpt2"]))), device=CPU)
    width = 16
    assert matrix_parameters([backbone.layers[0]]) == width * (3 * width + width + 4 * width + 4 * width)


def test_no_layer_is_left_out(tmp_path: Path) -> None:
    tasks = {"a": word_task("a", word=2, count=24), "b": word_task("b", word=3, count=24)}
    bench = bench_of(tmp_path, tasks, family="gpt2", method=HeadOnly())
    assert bench.lowest == 0
    assert not (tmp_path / "cache").exists()
    seen = upper(bench, 0.1)
    assert (seen.lowest, lowest_of(bench, 0.1)) == (0, 0)
    assert seen.spec.method.layers == "all"


def test_stacked_runs_train_as_alone(tmp_path: Path) -> None:
    tasks = {"a": word_task("a", word=2, count=24), "b": word_task("b", word=3, count=24)}
    bench = bench_of(tmp_path, tasks, family="gpt2", method=ALL)
    runs = [Run(group=group, seed=0, passes=2) for group in (("a",), ("a", "b"))]
    for run, stacked in zip(runs, train_stack(bench, runs), strict=True):
        alone = train_group(bench, run.group, seed=0, passes=2)
        for name, member in alone.members.items():
            torch.testing.assert_close(
                torch.from_numpy(member.scores["select"]),
                torch.from_numpy(stacked.members[name].scores["select"]),
                atol=1e-4,
                rtol=1e-4,
            )
