"""Laws of every method: where it starts, that its seed decides, that it can be turned off and taken back."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from tasks.errors import InputError
from tests.trainers.samples import CONFIGS, LAYERS, bench_of, save_model, texts, tokens, word_task
from tests.trainers.test_support import SMALL
from trainers.backbone import load_backbone, matrix_parameters
from trainers.bench import Bench
from trainers.checkpoint import find_checkpoint
from trainers.fit import check_fit
from trainers.inputs import Padded, TokenInputs
from trainers.loop import train_group
from trainers.methods import Full, LoRA, Parallel, Prefix, Prompt, RsLoRA, Serial, VeRA
from trainers.settings import Training
from trainers.upper import through_lora, upper

ELSEWHERE = ("prompt", "prefix")
"""Methods that do not start at the base model."""
FAMILIES = ("bert", "llama")
ROUNDING = 1e-5
"""fp32 sums in another order."""
TASKS = {"a": word_task("a", word=2, count=24), "b": word_task("b", word=3, count=24)}


def _batch(bench: Bench) -> Padded:
    return bench.inputs("a", "select", 0).batch(np.arange(6), torch.device("cpu"))


def _features(bench: Bench) -> Tensor:
    with torch.inference_mode():
        return bench.features(_batch(bench)).clone()


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("name", SMALL)
def test_it_starts_at_the_base_model_and_can_be_turned_off(tmp_path: Path, name: str, family: str) -> None:
    bench = bench_of(tmp_path, TASKS, method=SMALL[name], family=family)
    bench.adapter.reset(seed=0)
    with bench.without_adapter():
        base = _features(bench)
    assert torch.allclose(_features(bench), base, atol=ROUNDING) == (name not in ELSEWHERE)
    train_group(bench, ["a", "b"], seed=0, passes=2)
    assert torch.allclose(_features(bench), base, atol=ROUNDING) == (name == "head")
    with bench.without_adapter():
        torch.testing.assert_close(_features(bench), base, atol=ROUNDING, rtol=0)


@pytest.mark.parametrize("name", SMALL)
def test_a_run_repeats_whatever_was_trained_before(tmp_path: Path, name: str) -> None:
    bench = bench_of(tmp_path, TASKS, method=SMALL[name])
    first = train_group(bench, ["a", "b"], seed=3, passes=1, keep_weights=True)
    train_group(bench, ["b"], seed=4, passes=2)
    again = train_group(bench, ["a", "b"], seed=3, passes=1, keep_weights=True)
    assert first.weights.keys() == again.weights.keys()
    for key, weights in first.weights.items():
        np.testing.assert_array_equal(weights, again.weights[key], err_msg=key)


@pytest.mark.parametrize("name", sorted(set(SMALL) - {"full"}))
def test_the_base_model_stays_as_it_is(tmp_path: Path, name: str) -> None:
    bench = bench_of(tmp_path, TASKS, method=SMALL[name])
    frozen = {key: of.clone() for key, of in bench.adapter.named_parameters() if not of.requires_grad}
    train_group(bench, ["a", "b"], seed=0, passes=1)
    assert frozen
    for key, of in bench.adapter.named_parameters():
        if key in frozen:
            assert torch.equal(of, frozen[key]), key


@pytest.mark.parametrize("name", ["lora", "rslora", "dora", "prompt", "prefix", "serial", "parallel"])
def test_seeds_differ_where_it_starts(tmp_path: Path, name: str) -> None:
    bench = bench_of(tmp_path, TASKS, method=SMALL[name])
    starts = []
    for seed in (0, 1):
        bench.adapter.reset(seed=seed)
        starts.append({key: of.clone() for key, of in bench.adapter.weights().items()})
    assert any((starts[0][key] != starts[1][key]).any() for key in starts[0])


def test_rslora_scales_by_the_root_of_the_rank(tmp_path: Path) -> None:
    weights = []
    for method in (RsLoRA(r=4, alpha=3.0), LoRA(r=4, alpha=6.0)):  # 3 / 2 and 6 / 4
        bench = bench_of(tmp_path, TASKS, method=method)
        weights.append(train_group(bench, ["a"], seed=0, passes=1, keep_weights=True).weights)
    for key, of in weights[0].items():
        np.testing.assert_allclose(of, weights[1][key], atol=ROUNDING)


def test_a_serial_network_adds_to_what_it_follows(tmp_path: Path) -> None:
    backbone = load_backbone(find_checkpoint(str(save_model(tmp_path, CONFIGS["bert"]))), device=torch.device("cpu"))
    adapter = Serial(bottleneck=4, layers="top-1").attach(backbone, lowest=LAYERS - 1)
    adapter.reset(seed=0)
    network = adapter.networks["2_1"]
    with torch.no_grad():
        network.up.weight.normal_()
    dense = backbone.layers[LAYERS - 1].output.dense
    states = torch.randn(2, 5, 32)
    plain = torch.nn.functional.linear(states, dense.weight, dense.bias)
    update = torch.relu(plain @ network.down.weight.T) @ network.up.weight.T
    torch.testing.assert_close(dense(states), plain + update)
    assert set(adapter.networks) == {"2_0", "2_1"}


def test_a_parallel_network_reads_what_enters_the_feed_forward_network(tmp_path: Path) -> None:
    backbone = load_backbone(find_checkpoint(str(save_model(tmp_path, CONFIGS["llama"]))), device=torch.device("cpu"))
    adapter = Parallel(bottleneck=4, scale=0.5).attach(backbone, lowest=0)
    adapter.reset(seed=0)
    network, mlp = adapter.networks["1_0"], backbone.layers[1].mlp
    with torch.no_grad():
        network.up.weight.normal_()
    states = torch.randn(2, 5, 16)
    with adapter.off():
        plain = mlp(states)
    update = 0.5 * torch.relu(states @ network.down.weight.T) @ network.up.weight.T
    torch.testing.assert_close(mlp(states), plain + update)


def test_full_fine_tuning_of_upper_layers_leaves_the_rest(tmp_path: Path) -> None:
    folder = find_checkpoint(str(save_model(tmp_path, CONFIGS["bert"])))
    names = []
    for lowest in (0, 2):
        backbone = load_backbone(folder, device=torch.device("cpu"))
        names.append(set(Full().attach(backbone, lowest=lowest).weights()))
    assert names[0] == set(dict(backbone.model.named_parameters()))
    assert names[1] == {name for name in names[0] if name.startswith("encoder.layer.2.")}


def test_a_prompt_begins_with_words_and_costs_its_positions(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, TASKS, method=Prompt(length=3))
    bench.adapter.reset(seed=0)
    (prompt,) = bench.adapter.weights().values()
    words = bench.backbone.model.embeddings.word_embeddings.weight
    assert all(any(torch.equal(row, word) for word in words) for row in prompt)
    batch = _batch(bench)
    assert bench.positions(batch) == batch.tokens + 3 * 6
    with bench.without_adapter():
        assert bench.positions(batch) == batch.tokens


def test_only_the_experts_that_a_token_passes_count() -> None:
    linear, experts = torch.nn.Linear(3, 5), torch.nn.Module()
    experts.register_parameter("stacked", torch.nn.Parameter(torch.zeros(4, 6, 5)))
    assert matrix_parameters([linear, experts], chosen=0.5) == 15 + 60


def test_the_fixed_factors_of_vera_are_computed_forward_and_backward(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, TASKS, method=VeRA(r=4, layers="top-1"))
    base = 4 * 16 * 16 + 2 * 16 * 32  # queries, keys, values, output; feed-forward network
    fixed = 2 * (4 * 16 + 16 * 4)  # A and B of queries and of values
    scales = 2 * (4 + 16)  # trained, between and after them
    assert bench.adapter.fixed == fixed
    assert bench.forward_flops == 2 * (base + fixed)
    assert bench.training_flops == 2 * 2 * (base + fixed) + 2 * scales
    run = train_group(bench, ["a"], seed=0, passes=1)
    assert run.cost.flops == (
        run.cost.tokens_forward * bench.forward_flops + run.cost.tokens_backward * bench.training_flops
    )
    lora = bench_of(tmp_path, TASKS, method=LoRA(r=4, layers="top-1"))
    assert lora.adapter.fixed == 0
    assert lora.forward_flops == 2 * (base + fixed)  # its factors are of the same sizes, and are linear maps


def test_other_methods_are_looked_at_through_lora(tmp_path: Path) -> None:
    lora = bench_of(tmp_path, TASKS, method=LoRA(layers="top-2"))
    assert through_lora(lora.spec) is lora.spec
    assert upper(lora, 1.0) is lora
    serial = bench_of(tmp_path, TASKS, method=Serial(layers="top-2"))
    seen = upper(serial, 1.0)
    assert seen.spec.method == LoRA(layers="top-2")
    assert seen.spec.training.learning_rate == LoRA.learning_rate
    assert upper(serial, 1.0) is seen
    both = [train_group(bench, ["a"], seed=0, passes=1, keep_weights=True) for bench in (upper(lora, 1.0), seen)]
    assert both[0].weights.keys() == both[1].weights.keys()


@pytest.mark.parametrize(
    ("family", "method", "length", "message"),
    [
        ("roberta", LoRA(), 64, r"max_length: expected texts of up to 63 tokens, but got 64: .* has 63 positions;"),
        ("bert", Prompt(length=20), 50, r"up to 44 tokens, but got 50: .* 64 positions, and `prompt` takes 20 of them"),
        ("modernbert", Prefix(), 8, r"method\.name: `prefix` does not work on .* use `prompt`, or `lora`"),
    ],
)
def test_what_cannot_be_trained_is_refused(
    tmp_path: Path, family: str, method: LoRA, length: int, message: str
) -> None:
    checkpoint = find_checkpoint(str(save_model(tmp_path, CONFIGS[family])))
    with pytest.raises(InputError, match=message):
        check_fit(checkpoint, method, max_length=length, training=Training())
    check_fit(checkpoint, VeRA(), max_length=8, training=Training())


def test_relative_positions_bound_no_text(tmp_path: Path) -> None:
    check_fit(find_checkpoint(str(save_model(tmp_path, CONFIGS["t5"]))), LoRA(), max_length=10_000, training=Training())


def test_a_prompt_on_the_whole_model_scores_padding_like_none(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, TASKS, method=Prompt(length=3), family="llama")
    bench.adapter.reset(seed=0)
    rows = texts(4, np.random.default_rng(0))
    inputs = TokenInputs(tokens(rows))
    with torch.inference_mode():
        together = bench.features(inputs.batch(np.arange(4), torch.device("cpu")))
        single = [bench.features(inputs.batch(np.array([row]), torch.device("cpu")))[0] for row in range(4)]
    torch.testing.assert_close(together, torch.stack(single), atol=ROUNDING, rtol=ROUNDING)
