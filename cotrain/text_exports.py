"""A group of `text` tasks as users of causal language models take it: for PEFT, and to train again elsewhere."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cotrain.export_cards import card_of, few_bits, helpers_of, members_of, method_of
from cotrain.exported import Exported, sample_rows
from cotrain.load_tasks import load_one
from cotrain.loaded_run import LoadedRun
from cotrain.suite import load_suite
from cotrain.training_files import FINETUNED, Recipe, axolotl, llama_factory
from reports.card import card
from tasks.errors import InputError
from trainers.written_folder import written_folder

if TYPE_CHECKING:
    from trainers.loaded import LoadedGroups


def export_causal(run: LoadedRun, groups: "LoadedGroups", source: Path, folder: Path) -> Exported:
    """A group of `text` tasks on the causal language model, checked in a fresh process, with its card."""
    from trainers.causal_export import causal_snippet, check_causal_export, save_causal

    save_causal(folder, groups, source)
    members = members_of(run, source)
    apart = check_causal_export(folder, groups, source, sample_rows(groups, members[0]))
    info = card_of(
        run,
        groups,
        source,
        snippet=causal_snippet(folder.resolve(), groups),
        served=[*few_bits(groups.checkpoint.bits), "vLLM serves it where it serves the base model with LoRA adapters."],
    )
    (folder / "README.md").write_text(card(info), encoding="utf-8")
    return Exported(source.name, folder, "transformers, PEFT", apart)


def export_training(run: LoadedRun, groups: "LoadedGroups", source: Path, folder: Path) -> list[Exported]:
    """Files for LLaMA-Factory and Axolotl, or why there are none: their data are read from the suite's files."""
    if method_of(source)["name"] not in FINETUNED:
        return []
    readers = "LLaMA-Factory, Axolotl"
    try:
        recipe = _recipe(run, groups, source)
    except InputError as error:
        return [Exported(source.name, folder, readers, None, missing=str(error))]
    with written_folder(folder) as temporary:
        for name, files in (("llama_factory", llama_factory(recipe)), ("axolotl", axolotl(recipe))):
            (temporary / name).mkdir()
            for file, content in files.items():
                (temporary / name / file).write_text(content, encoding="utf-8")
    return [Exported(source.name, folder, readers, None)]


def _recipe(run: LoadedRun, groups: "LoadedGroups", source: Path) -> Recipe:
    """How a group was trained.

    Raises:
        InputError: If the data cannot be read, or a setting cannot be said to the programs.
    """
    loaded = load_suite(run.path / "suite.yaml")
    suite = loaded.suite
    examples = {}
    members = members_of(run, source)
    for name in (*members, *helpers_of(run, members)):
        train = load_one(loaded, name).splits["train"]
        examples[name] = list(zip(train.texts[0], train.texts[1], strict=True))
    tokenizer = groups.tokenize
    adapter = _adapter(source)
    alpha = float(adapter.get("lora_alpha", 0))
    if not alpha.is_integer():
        raise InputError(f"both read a whole number as LoRA's alpha, but this adapter has {alpha:g}")
    return Recipe(
        base_model=groups.checkpoint.public,
        method=suite.method.name,
        rank=int(adapter.get("r", 0)),
        alpha=int(alpha),
        dropout=float(adapter.get("lora_dropout", 0)),
        targets=_targets(groups, source, adapter),
        examples=examples,
        start=tokenizer.marks(tokenizer.start),
        end="" if tokenizer.end is None else tokenizer.marks([tokenizer.end]),
        max_length=max(suite.tasks[name].max_length or suite.max_length for name in examples),
        passes=suite.budget.passes,
        batch_size=suite.training.batch_size,
        learning_rate=suite.training.learning_rate,
        warmup=suite.training.warmup,
        weight_decay=suite.training.weight_decay,
        clip=suite.training.clip,
        seed=suite.seed,
    )


def _adapter(source: Path) -> dict[str, Any]:
    """PEFT's settings of a group; none of full fine-tuning."""
    path = source / "adapter_config.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return found


def _targets(groups: "LoadedGroups", source: Path, adapter: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of the adapted linear maps, or their paths within the base model where some layers have none."""
    if not adapter:
        return ()
    if adapter.get("layers_to_transform") is None:
        return tuple(sorted(adapter["target_modules"]))
    inside = "base_model.model."
    paths = {key.split(".lora_")[0].removeprefix(inside) for key in groups.weights[source] if ".lora_" in key}
    return tuple(sorted(paths))
