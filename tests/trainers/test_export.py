"""An exported adapter is PEFT's: vanilla PEFT gives the same features, and the head the same scores."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from peft import PeftModel
from safetensors.torch import load_file, save_file
from torch.nn import functional
from transformers import AutoModel

from tasks.errors import InputError
from tests.trainers.samples import bench_of, word_task
from trainers.export import TextUse, save_adapter
from trainers.inputs import TokenInputs
from trainers.loaded import load_groups
from trainers.loop import train_group
from trainers.pooling import pool

ROUNDING = 1e-4
"""The whole model in one pass against cached layers and the rest."""


@pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is deprecated:FutureWarning")  # PEFT asks for it
def test_vanilla_peft_reads_the_adapter_and_scores_alike(tmp_path: Path) -> None:
    tasks = {name: word_task(name, word=word) for name, word in (("a", 2), ("b", 3))}
    bench = bench_of(tmp_path, tasks)
    result = train_group(bench, ["a", "b"], seed=0, passes=2, keep_weights=True)
    texts = {"a": TextUse(columns=("code",), max_length=16)}
    folder = save_adapter(tmp_path / "adapters" / "a+b", result, bench.spec, texts=texts)

    base = AutoModel.from_pretrained(bench.spec.checkpoint.location, add_pooling_layer=False)
    model = PeftModel.from_pretrained(base, str(folder)).eval()
    heads = load_file(folder / "heads.safetensors")
    described = json.loads((folder / "heads.json").read_text())
    for name, task in tasks.items():
        rows = np.arange(len(task.splits["select"]))
        batch = TokenInputs(task.splits["select"].sides[0]).batch(rows, torch.device("cpu"))
        with torch.no_grad():
            states = model(input_ids=batch.values, attention_mask=batch.mask).last_hidden_state
        features = functional.layer_norm(pool(states, batch.mask, described["pooling"]), (16,))
        scores = functional.linear(features, heads[f"{name}.weight"], heads[f"{name}.bias"])
        np.testing.assert_allclose(scores, result.members[name].scores["select"], atol=ROUNDING)
    assert described["tasks"]["a"] == {
        "kind": "binary",
        "head": "pooled",
        "sides": 1,
        "outputs": 1,
        "classes": [],
        "metric": "accuracy",
        "columns": ["code"],
        "max_length": 16,
        "centre": 0.0,
        "spread": 1.0,
    }


def test_an_older_export_is_replaced_whole(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, {"a": word_task("a", word=2)})
    result = train_group(bench, ["a"], seed=0, passes=1, keep_weights=True)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "stale").touch()
    save_adapter(tmp_path / "out", result, bench.spec)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "adapter_config.json",
        "adapter_model.safetensors",
        "heads.json",
        "heads.safetensors",
    ]


def test_a_run_without_weights_is_refused(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, {"a": word_task("a", word=2)})
    result = train_group(bench, ["a"], seed=0, passes=1)
    with pytest.raises(ValueError, match="kept its weights"):
        save_adapter(tmp_path / "out", result, bench.spec)


def test_a_file_that_lacks_a_weight_is_refused(tmp_path: Path) -> None:
    """PEFT would go on with the weights that were put in before: those of another group."""
    bench = bench_of(tmp_path, {"a": word_task("a", word=2)})
    folder = save_adapter(tmp_path / "out", train_group(bench, ["a"], seed=0, passes=1, keep_weights=True), bench.spec)
    file = folder / "adapter_model.safetensors"
    weights = load_file(file)
    lost = min(weights)
    save_file({name: of for name, of in weights.items() if name != lost}, file)
    with pytest.raises(InputError, match=f"cannot read the weights of this group: expected {lost}"):
        load_groups([folder])


def test_a_base_model_that_moved_is_told_of_where_its_place_stands(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, {"a": word_task("a", word=2)})
    folder = save_adapter(tmp_path / "out", train_group(bench, ["a"], seed=0, passes=1, keep_weights=True), bench.spec)
    place = Path(bench.spec.checkpoint.location)
    place.rename(tmp_path / "moved")
    with pytest.raises(InputError, match=r"out.heads\.json: base_model: no such model folder"):
        load_groups([folder])
