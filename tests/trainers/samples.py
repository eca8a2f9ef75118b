"""Small tasks of token ids and tiny random base models, for tests of training."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from transformers import (
    AutoModel,
    AutoModelForCausalLM,
    BartConfig,
    BertConfig,
    DebertaV2Config,
    DeepseekV2Config,
    DeepseekV3Config,
    DistilBertConfig,
    ElectraConfig,
    GemmaConfig,
    GPT2Config,
    GPTBigCodeConfig,
    GPTNeoXConfig,
    LlamaConfig,
    MistralConfig,
    ModernBertConfig,
    MPNetConfig,
    OlmoConfig,
    OPTConfig,
    PhiConfig,
    PretrainedConfig,
    Qwen2Config,
    Qwen3Config,
    RobertaConfig,
    Starcoder2Config,
    T5Config,
)

from tasks.encoding import EncodedRows, EncodedTask, Tokens
from tasks.kinds import KINDS
from tasks.metrics import METRICS
from trainers.bench import Bench, BenchSpec, has_text, open_bench, prepare
from trainers.checkpoint import find_checkpoint
from trainers.methods import LoRA, Method
from trainers.settings import Training

VOCABULARY = 40
LAYERS = 3
SPLITS = ("train", "stop", "select", "test")

_DECODER = {
    "vocab_size": VOCABULARY,
    "hidden_size": 16,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": 2,
    "num_key_value_heads": 2,
    "intermediate_size": 32,
    "max_position_embeddings": 64,
    "pad_token_id": 0,
}
_LATENT = {
    **_DECODER,
    "q_lora_rank": 8,
    "kv_lora_rank": 8,
    "qk_nope_head_dim": 4,
    "qk_rope_head_dim": 4,
    "v_head_dim": 8,
    "n_routed_experts": 4,
    "n_shared_experts": 1,
    "num_experts_per_tok": 2,
    "moe_intermediate_size": 16,
    "first_k_dense_replace": 1,
    "n_group": 2,
    "topk_group": 1,
}
_ENCODER = {key: value for key, value in _DECODER.items() if key != "num_key_value_heads"}
CONFIGS: Mapping[str, PretrainedConfig] = {
    "bert": BertConfig(**_ENCODER),
    "roberta": RobertaConfig(**_ENCODER),
    "modernbert": ModernBertConfig(**_ENCODER, global_attn_every_n_layers=2, local_attention=4),
    "deberta-v2": DebertaV2Config(
        **_ENCODER,
        relative_attention=True,
        position_buckets=8,
        pos_att_type=["p2c", "c2p"],
        share_att_key=True,
        norm_rel_ebd="layer_norm",
        position_biased_input=False,
        conv_kernel_size=3,
    ),
    "t5": T5Config(
        vocab_size=VOCABULARY,
        d_model=16,
        d_kv=8,
        d_ff=32,
        num_layers=LAYERS,
        num_decoder_layers=2,
        num_heads=2,
        pad_token_id=0,
        eos_token_id=5,
        decoder_start_token_id=0,
    ),
    "bart": BartConfig(
        vocab_size=VOCABULARY,
        d_model=16,
        encoder_layers=LAYERS,
        decoder_layers=2,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=32,
        decoder_ffn_dim=32,
        max_position_embeddings=64,
        pad_token_id=0,
        bos_token_id=1,
        eos_token_id=5,
        decoder_start_token_id=5,
        forced_eos_token_id=5,
    ),
    "llama": LlamaConfig(**_DECODER),
    "mistral": MistralConfig(**_DECODER),
    "qwen2": Qwen2Config(**_DECODER),
    "qwen3": Qwen3Config(**_DECODER, head_dim=8),
    "starcoder2": Starcoder2Config(**_DECODER),
    "gpt_bigcode": GPTBigCodeConfig(
        vocab_size=VOCABULARY,
        n_embd=16,
        n_layer=LAYERS,
        n_head=2,
        n_inner=32,
        n_positions=64,
        pad_token_id=0,
        bos_token_id=1,
        eos_token_id=2,
    ),
    "deepseek_v2": DeepseekV2Config(**_LATENT, head_dim=4),
    "deepseek_v3": DeepseekV3Config(**_LATENT),
}
_ENDS = {"bos_token_id": 1, "eos_token_id": 2}
OTHERS: Mapping[str, PretrainedConfig] = {
    "gpt2": GPT2Config(vocab_size=VOCABULARY, n_embd=16, n_layer=LAYERS, n_head=2, n_positions=64, **_ENDS),
    "gpt_neox": GPTNeoXConfig(**_ENCODER, **_ENDS),
    "opt": OPTConfig(**_ENCODER, ffn_dim=32, word_embed_proj_dim=16),
    "phi": PhiConfig(**_DECODER),
    "gemma": GemmaConfig(**_DECODER, head_dim=8),
    "olmo": OlmoConfig(**_DECODER, **_ENDS),
    "electra": ElectraConfig(**_ENCODER, embedding_size=8),
    "mpnet": MPNetConfig(**_ENCODER),
    "distilbert": DistilBertConfig(
        vocab_size=VOCABULARY, dim=16, n_layers=LAYERS, n_heads=2, hidden_dim=32, max_position_embeddings=64
    ),
}
"""Architectures that the generic path takes."""


def save_model(folder: Path, config: PretrainedConfig, *, seed: int = 0, language: bool = False) -> Path:
    """A random model of the configuration, as a checkpoint folder; with its map to tokens if it is to write."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        (AutoModelForCausalLM if language else AutoModel).from_config(config).save_pretrained(folder)
    return folder


def tokens(texts: Sequence[Sequence[int]]) -> Tokens:
    """Token ids of several texts."""
    offsets = np.concatenate([[0], np.cumsum([len(text) for text in texts])]).astype(np.int64)
    return Tokens(np.array([token for text in texts for token in text], dtype=np.int32), offsets)


def texts(count: int, generator: np.random.Generator) -> list[list[int]]:
    """Random texts of 4 to 9 tokens; token 1 opens each, tokens 2 to 5 are left to mean something."""
    return [[1, *generator.integers(6, VOCABULARY, size=generator.integers(3, 9))] for _ in range(count)]


def word_task(name: str, *, word: int, count: int = 48, seed: int = 0, label_noise: bool = False) -> EncodedTask:
    """Binary: does token ``word`` occur? With ``label_noise`` labels are random and nothing can be learned."""
    generator = np.random.default_rng([seed, word])
    splits = {}
    for split in SPLITS:
        labels = np.arange(count) % 2
        generator.shuffle(labels)
        rows = texts(count, generator)
        for row, label in zip(rows, labels, strict=True):
            if label:
                row[generator.integers(1, len(row))] = word
        if label_noise:
            generator.shuffle(labels)
        splits[split] = rows_of([rows], labels.astype(np.int64), "binary")
    return task_of(name, "binary", splits, outputs=1, metric="accuracy")


def rows_of(sides: Sequence[Sequence[Sequence[int]]], targets: np.ndarray, kind: str) -> EncodedRows:
    """One split; the constant predictor is fitted on itself."""
    count = len(sides[0])
    prior = np.log(len(sides[1])) if kind == "retrieval" else KINDS[kind].prior_loss(targets, targets)
    return EncodedRows(
        sides=tuple(tokens(side) for side in sides),
        targets=targets,
        units=np.arange(count),
        prior_loss=float(prior),
        truncated=(0,) * len(sides),
        pooled=kind == "retrieval",
    )


def task_of(
    name: str, kind: str, splits: Mapping[str, EncodedRows], *, outputs: int, metric: str, fingerprint: str = ""
) -> EncodedTask:
    """An encoded task; its fingerprint is its name unless given."""
    return EncodedTask(
        name=name,
        kind=KINDS[kind],
        outputs=outputs,
        metric=METRICS[metric],
        margin=1.0,
        splits=splits,
        fingerprint=fingerprint or f"data of {name}",
        classes=(),
    )


def every_kind(count: int = 24, seed: int = 0) -> dict[str, EncodedTask]:
    """One small task of every kind, one pair among them."""
    found: dict[str, dict[str, EncodedRows]] = {}
    generator = np.random.default_rng(seed)
    for split in SPLITS:
        parts = {
            "binary": ([texts(count, generator)], np.arange(count) % 2),
            "pair": ([texts(count, generator), texts(count, generator)], np.arange(count) % 2),
            "multiclass": ([texts(count, generator)], np.arange(count) % 3),
            "multilabel": ([texts(count, generator)], np.stack([np.arange(count) % 2, np.arange(count) % 3 == 0], 1)),
            "regression": ([texts(count, generator)], np.linspace(-1.5, 1.5, count)),
            "retrieval": ([texts(count, generator), texts(count // 2, generator)], np.arange(count) % (count // 2)),
        }
        for name, (sides, targets) in parts.items():
            kind = "binary" if name == "pair" else name
            dtype = np.float32 if kind in ("multilabel", "regression") else np.int64
            found.setdefault(name, {})[split] = rows_of(sides, targets.astype(dtype), kind)
    outputs = {"multiclass": 3, "multilabel": 2}
    metrics = {"multilabel": "macro_f1", "regression": "r2", "retrieval": "mrr"}
    return {
        name: task_of(
            name,
            "binary" if name == "pair" else name,
            splits,
            outputs=outputs.get(name, 1),
            metric=metrics.get(name, "accuracy"),
        )
        for name, splits in found.items()
    }


def spec_of(
    folder: Path,
    tasks: Mapping[str, EncodedTask],
    *,
    family: str = "bert",
    method: Method | None = None,
    training: Training | None = None,
) -> BenchSpec:
    """A bench specification on a tiny random model, with its lower layers cached."""
    language = has_text(tasks)
    model = folder / f"{'causal' if language else 'model'}-{family}"
    if not model.exists():
        save_model(model, {**CONFIGS, **OTHERS}[family], language=language)
    spec = BenchSpec(
        checkpoint=find_checkpoint(str(model)),
        method=method or LoRA(r=2, alpha=4, layers="top-1"),
        training=training or Training(batch_size=8, learning_rate=1e-2, head_learning_rate=1e-2, warmup=2),
        tasks=tasks,
        cache=folder / "cache",
        device="cpu",
        threads=1,
    )
    prepare(spec, SPLITS, threads=1)
    return spec


def bench_of(folder: Path, tasks: Mapping[str, EncodedTask], **settings: object) -> Bench:
    """An opened bench on a tiny random model."""
    return open_bench(spec_of(folder, tasks, **settings))  # type: ignore[arg-type]
