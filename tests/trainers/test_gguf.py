"""A GGUF file gives the model that it was written from, once converted."""

from pathlib import Path

import gguf
import numpy as np
import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from tasks.errors import InputError
from trainers import gguf as conversion
from trainers.backbone import load_backbone, load_tokenizer
from trainers.checkpoint import find_checkpoint

ROUNDING = 1e-6
"""fp32 weights in another layout."""
HEADS = 2
WORDS = ["<s>", "</s>", "a", "b", "c", "d", "ab", "cd"]
NAMES = {
    "input_layernorm.weight": "attn_norm.weight",
    "post_attention_layernorm.weight": "ffn_norm.weight",
    "self_attn.q_proj.weight": "attn_q.weight",
    "self_attn.k_proj.weight": "attn_k.weight",
    "self_attn.v_proj.weight": "attn_v.weight",
    "self_attn.o_proj.weight": "attn_output.weight",
    "mlp.gate_proj.weight": "ffn_gate.weight",
    "mlp.up_proj.weight": "ffn_up.weight",
    "mlp.down_proj.weight": "ffn_down.weight",
}


@pytest.fixture
def model() -> LlamaForCausalLM:
    torch.manual_seed(0)
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(WORDS),
            hidden_size=16,
            num_hidden_layers=2,
            num_attention_heads=HEADS,
            num_key_value_heads=HEADS,
            intermediate_size=32,
            max_position_embeddings=64,
        )
    ).eval()


def write(path: Path, model: LlamaForCausalLM) -> Path:
    """The model as a GGUF file of plain numbers, with a tokenizer of a few words."""
    config = model.config
    writer = gguf.GGUFWriter(str(path), "llama")
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_dimension_count(config.hidden_size // HEADS)
    writer.add_rope_freq_base(10000.0)
    writer.add_vocab_size(len(WORDS))
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list(WORDS)
    writer.add_token_types([3, 3, *[1] * (len(WORDS) - 2)])
    writer.add_token_merges(["a b", "c d"])
    writer.add_bos_token_id(0)
    writer.add_eos_token_id(1)
    for name, tensor in model.state_dict().items():
        values = tensor.numpy()
        if name == "model.embed_tokens.weight":
            writer.add_tensor("token_embd.weight", values)
        elif name == "model.norm.weight":
            writer.add_tensor("output_norm.weight", values)
        elif name == "lm_head.weight":
            writer.add_tensor("output.weight", values)
        else:
            _, _, layer, rest = name.split(".", 3)
            if "q_proj" in rest or "k_proj" in rest:  # rotary halves stand interleaved there
                halves = values.reshape(HEADS, 2, -1, values.shape[1])
                values = np.ascontiguousarray(halves.swapaxes(1, 2).reshape(values.shape))
            writer.add_tensor(f"blk.{layer}.{NAMES[rest]}", values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("COTRAIN_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_it_is_the_model_that_was_written(tmp_path: Path, model: LlamaForCausalLM) -> None:
    checkpoint = find_checkpoint(str(write(tmp_path / "tiny.gguf", model)))
    backbone = load_backbone(checkpoint, device=torch.device("cpu"))
    ids = torch.tensor([[0, 2, 6, 5, 7]])
    with torch.no_grad():
        expected = model.model(input_ids=ids).last_hidden_state
        found = backbone.model(input_ids=ids).last_hidden_state
    torch.testing.assert_close(found, expected, atol=ROUNDING, rtol=ROUNDING)
    assert load_tokenizer(checkpoint)(["abcd"], 8) == [[6, 7]]


def test_it_is_converted_once(tmp_path: Path, model: LlamaForCausalLM, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write(tmp_path / "tiny.gguf", model)
    first = find_checkpoint(str(file))
    monkeypatch.setattr(conversion, "_convert", None)
    again = find_checkpoint(str(tmp_path))  # a folder with one such file
    assert (first.location, first.identity) == (again.location, again.identity)


def test_several_files_are_not_guessed_among(tmp_path: Path, model: LlamaForCausalLM) -> None:
    for name in ("a.gguf", "b.gguf"):
        write(tmp_path / name, model)
    with pytest.raises(InputError, match=r"several GGUF files \(a\.gguf, b\.gguf\); name one"):
        find_checkpoint(str(tmp_path))


def test_a_damaged_file_is_refused_and_leaves_nothing(tmp_path: Path, cache: Path) -> None:
    (tmp_path / "broken.gguf").write_bytes(b"GGUF\x03\x00\x00\x00" + bytes(64))
    with pytest.raises(InputError, match=r"base_model: .*broken\.gguf: cannot read this GGUF file"):
        find_checkpoint(str(tmp_path / "broken.gguf"))
    assert not list((cache / "gguf").iterdir())


def test_a_missing_package_is_named(tmp_path: Path, model: LlamaForCausalLM, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write(tmp_path / "tiny.gguf", model)
    monkeypatch.setattr(conversion, "NEEDED", ("gguf", "no_such_package"))
    with pytest.raises(InputError, match=r'no_such_package; run `pip install "cotrain\[gguf\]"`'):
        find_checkpoint(str(file))
