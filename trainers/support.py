"""Which methods work on which architectures, as a table for people; ``tests/trainers/test_support.py`` proves it."""

from trainers.families import FAMILIES
from trainers.generic import REFUSED
from trainers.methods import METHODS

MODELS: dict[str, str] = {
    "bert": "BERT, all-MiniLM (embedded)",
    "roberta": "RoBERTa, CodeBERT, GraphCodeBERT, UniXcoder",
    "modernbert": "ModernBERT",
    "deberta-v2": "DeBERTa v2 and v3",
    "t5": "T5, CodeT5, CodeT5+ (their encoder)",
    "bart": "BART (both stacks, with its own head)",
    "llama": "CodeLlama, DeepSeek-Coder, SmolLM2",
    "mistral": "Mistral",
    "qwen2": "Qwen2, Qwen2.5-Coder",
    "qwen3": "Qwen3",
    "starcoder2": "StarCoder2",
    "gpt_bigcode": "StarCoder",
    "deepseek_v2": "DeepSeek-V2, DeepSeek-Coder-V2",
    "deepseek_v3": "DeepSeek-V3",
}
"""Base models that people know, by `model_type`."""


OTHERS: tuple[str, ...] = ("gpt2", "gpt_neox", "opt", "phi", "gemma", "olmo", "electra", "mpnet", "distilbert")
"""Architectures of no line of their own on which the generic path is tested, by `model_type`."""


def support_table() -> str:
    """A Markdown table: a row per architecture, a column per method; the last row is the generic path."""
    head = ["base models", "`model_type`", *(f"`{name}`" for name in METHODS)]
    rows = [
        [MODELS[name], f"`{name}`", *("no" if method in family.refused else "yes" for method in METHODS)]
        for name, family in FAMILIES.items()
    ]
    generic = ["no" if method in REFUSED else "all layers" for method in METHODS]
    rows.append(["others, found by their structure", f"such as {', '.join(f'`{name}`' for name in OTHERS)}", *generic])
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [head, ["---"] * len(head), *rows])
