"""Heads as the architecture has them: what they read, how they start, and what is refused."""

from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModelForSequenceClassification

from tasks.errors import InputError
from tests.trainers.samples import CONFIGS, bench_of, every_kind, save_model
from trainers.backbone import load_config
from trainers.checkpoint import find_checkpoint
from trainers.evaluate import features
from trainers.fit import check_fit
from trainers.fitted_heads import fitted_heads, initial_head
from trainers.heads import Linear, Similarity
from trainers.losses import LOSSES
from trainers.methods import IA3, LoRA, Method, Prompt, Serial
from trainers.native import NativeHead, load_classifier
from trainers.settings import Training

ROUNDING = 1e-5
"""fp32 sums in another order."""
NATIVE = Training(batch_size=8, learning_rate=1e-2, head_learning_rate=1e-2, warmup=2, head="native")


@pytest.mark.parametrize("family", ["bert", "modernbert", "llama"])
def test_tasks_on_single_texts_have_it_and_others_do_not(tmp_path: Path, family: str) -> None:
    bench = bench_of(tmp_path, every_kind(), family=family, training=NATIVE)
    heads = {name: initial_head(bench, name, seed=0) for name in bench.tasks}
    assert {name for name, head in heads.items() if isinstance(head, NativeHead)} == {
        "binary", "multiclass", "multilabel", "regression",
    }  # fmt: skip
    assert isinstance(heads["pair"], Linear)
    assert isinstance(heads["retrieval"], Similarity)
    for name in ("binary", "multiclass", "multilabel", "regression"):
        read, _ = features(bench, name, "train", 0)
        assert heads[name](read).shape == (len(read), bench.tasks[name].outputs)


@pytest.mark.parametrize("family", ["bert", "roberta", "llama"])
def test_it_starts_where_its_last_map_fits_best(tmp_path: Path, family: str) -> None:
    """No step of a hundredth on the last map's weights lowers the penalised loss."""
    bench = bench_of(tmp_path, every_kind(), family=family, training=NATIVE)
    task, fitted = bench.tasks["multiclass"], fitted_heads(bench, "multiclass")
    head, targets = fitted.whole, torch.from_numpy(task.splits["train"].targets)
    assert isinstance(head, NativeHead)

    def loss() -> float:
        weight, _ = head.get()
        with torch.no_grad():
            mean = LOSSES["multiclass"](head(fitted.frozen[0]).double(), targets).mean()
        return float(mean + fitted.penalty * weight.double().square().sum())

    best = loss()
    generator = torch.Generator().manual_seed(0)
    for _ in range(10):
        step = 0.01 * torch.randn(head.last.weight.shape, generator=generator)
        with torch.no_grad():
            head.last.weight += step
        assert loss() > best
        with torch.no_grad():
            head.last.weight -= step


def test_two_classes_are_the_difference_of_two_logits(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, every_kind(), training=NATIVE)
    head = initial_head(bench, "binary", seed=0)
    assert isinstance(head, NativeHead)
    read, _ = features(bench, "binary", "train", 0)
    with torch.no_grad():
        logits = head.logits(read)
        torch.testing.assert_close(head(read)[:, 0], logits[:, 1] - logits[:, 0])
    weight, bias = head.get()
    assert weight.shape == (1, bench.backbone.hidden)
    head.put(2 * weight, None if bias is None else 2 * bias)
    torch.testing.assert_close(head.get()[0], 2 * weight)


@pytest.mark.parametrize("family", CONFIGS)
def test_what_a_checkpoint_lacks_is_the_same_in_every_process(tmp_path: Path, family: str) -> None:
    checkpoint = find_checkpoint(str(save_model(tmp_path, CONFIGS[family])))
    config = load_config(checkpoint)
    heads = []
    for seed in (0, 1):
        torch.manual_seed(seed)
        heads.append(load_classifier(checkpoint, config)[1].parts)
    for name, part in heads[0].items():
        for key, of in part.state_dict().items():
            assert torch.equal(of, heads[1][name].state_dict()[key]), (name, key)


def test_a_pooler_of_the_checkpoint_is_where_the_head_starts(tmp_path: Path) -> None:
    folder = save_model(tmp_path, CONFIGS["bert"])  # with a pooler
    checkpoint = find_checkpoint(str(folder))
    _, template = load_classifier(checkpoint, load_config(checkpoint))
    whole = AutoModelForSequenceClassification.from_pretrained(folder)
    for name, of in whole.bert.pooler.state_dict().items():
        np.testing.assert_array_equal(template.parts["pooler"].state_dict()[name], of)


@pytest.mark.parametrize(
    ("family", "method", "native", "message"),
    [
        ("bart", LoRA(layers="all"), False, r"training\.head: the architecture `bart` is read by its own"),
        ("bert", Serial(), True, r"method\.name: `serial` cannot be read back .* use one of lora, .*pooled"),
        ("llama", Prompt(), True, r"method\.name: `prompt` cannot be read back"),
        ("t5", LoRA(layers="top-2"), True, r"method: .* reads its decoder; use `layers: all`"),
        ("t5", IA3(layers="all"), True, r"method: .* a method other than ia3"),
    ],
)
def test_what_has_no_export_is_refused(tmp_path: Path, family: str, method: Method, native: bool, message: str) -> None:
    checkpoint = find_checkpoint(str(save_model(tmp_path, CONFIGS[family])))
    with pytest.raises(InputError, match=message):
        check_fit(checkpoint, method, max_length=16, training=NATIVE if native else Training())
