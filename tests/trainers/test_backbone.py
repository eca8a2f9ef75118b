"""The cut base model equals the whole one, in every family."""

from logging import ERROR
from pathlib import Path

import numpy as np
import pytest
import torch
from huggingface_hub.utils import logging

from tasks.errors import InputError
from tests.trainers.samples import CONFIGS, LAYERS, save_model, texts, tokens
from trainers.backbone import load_backbone, lower_states
from trainers.checkpoint import find_checkpoint
from trainers.cut import cut_below
from trainers.families import FAMILIES
from trainers.inputs import TokenInputs
from trainers.methods import LoRA
from trainers.quiet import quiet

ROUNDING = 1e-5
"""fp32 sums in another order."""
CPU = torch.device("cpu")
CUT = [name for name in CONFIGS if not FAMILIES[name].native_only]


def test_every_family_is_tested() -> None:
    assert set(CONFIGS) == set(FAMILIES)


@pytest.mark.parametrize("name", CUT)
@pytest.mark.parametrize("lowest", [1, 2])
def test_upper_layers_on_lower_states_equal_the_whole_model(tmp_path: Path, name: str, lowest: int) -> None:
    folder = save_model(tmp_path, CONFIGS[name])
    whole = load_backbone(find_checkpoint(str(folder)), device=CPU)
    batch = TokenInputs(tokens(texts(5, np.random.default_rng(0)))).batch(np.arange(5), CPU)
    with torch.no_grad():
        expected = whole.model(input_ids=batch.values, attention_mask=batch.mask).last_hidden_state
        states = lower_states(whole, batch.values, batch.mask, lowest=lowest)
        cut = load_backbone(find_checkpoint(str(folder)), device=CPU)
        cut_below(cut, lowest)
        found = cut.model(inputs_embeds=states, attention_mask=batch.mask).last_hidden_state
    real = batch.mask.bool()
    torch.testing.assert_close(found[real], expected[real], atol=ROUNDING, rtol=ROUNDING)


@pytest.mark.parametrize("name", CUT)
def test_adapter_weights_are_named_as_on_the_whole_model(tmp_path: Path, name: str) -> None:
    folder = save_model(tmp_path, CONFIGS[name])
    names = []
    for cut in (False, True):
        backbone = load_backbone(find_checkpoint(str(folder)), device=CPU)
        if cut:
            cut_below(backbone, LAYERS - 1)
        adapter = LoRA(layers="top-1").attach(backbone, lowest=LAYERS - 1)
        names.append([key for key, value in adapter.named_parameters() if value.requires_grad])
    assert names[0] == names[1]
    adapted = {path.split(".lora_")[0].rsplit(".", 1)[-1] for path in names[0]}
    assert adapted
    assert adapted <= set(FAMILIES[name].targets)


def test_only_the_adapter_is_trained(tmp_path: Path) -> None:
    backbone = load_backbone(find_checkpoint(str(save_model(tmp_path, CONFIGS["bert"]))), device=CPU)
    adapter = LoRA(layers="top-2").attach(backbone, lowest=1)
    trained = [key for key, value in adapter.named_parameters() if value.requires_grad]
    assert all("lora_" in key for key in trained)
    assert all(".layer.0." not in key for key in trained)


def test_unknown_targets_are_refused(tmp_path: Path) -> None:
    backbone = load_backbone(find_checkpoint(str(save_model(tmp_path, CONFIGS["bert"]))), device=CPU)
    with pytest.raises(InputError, match=r"method\.targets: .*c_attn"):
        LoRA(targets=["c_attn"]).attach(backbone, lowest=0)


def test_folder_without_weights_is_refused(tmp_path: Path) -> None:
    CONFIGS["bert"].save_pretrained(tmp_path)
    (tmp_path / "pytorch_model.bin").write_bytes(b"")
    with pytest.raises(InputError, match=r"expected safetensors weights .* but found only pytorch_model\.bin"):
        find_checkpoint(str(tmp_path))


def test_identity_follows_the_weights(tmp_path: Path) -> None:
    first = find_checkpoint(str(save_model(tmp_path / "a", CONFIGS["bert"], seed=0)))
    again = find_checkpoint(str(save_model(tmp_path / "b", CONFIGS["bert"], seed=0)))
    other = find_checkpoint(str(save_model(tmp_path / "c", CONFIGS["bert"], seed=1)))
    assert first.identity == again.identity != other.identity


def test_identity_follows_the_revision_of_a_hub_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    found = []
    for commit in ("a" * 40, "b" * 40):
        snapshot = tmp_path / "models--org--model" / "snapshots" / commit
        snapshot.mkdir(parents=True)
        (snapshot / "config.json").write_text("{}")
        (tmp_path / "models--org--model" / "refs").mkdir(exist_ok=True)
        (tmp_path / "models--org--model" / "refs" / "main").write_text(commit)
        found.append(find_checkpoint("org/model").identity)
    assert found == [f"hub:org/model@{'a' * 40}", f"hub:org/model@{'b' * 40}"]
    with pytest.raises(
        InputError, match=r"base_model: org/other: cannot load .*connect.*Expected `embedded`, a folder"
    ):
        find_checkpoint("org/other")


def test_libraries_that_load_models_are_silent_about_hubs() -> None:
    """They try a hub that is not there again and again, and would say so each time."""
    before = logging.get_verbosity()
    with quiet():
        assert logging.get_verbosity() == ERROR
    assert logging.get_verbosity() == before


def test_embedded_model_loads_without_a_network() -> None:
    checkpoint = find_checkpoint("embedded")
    backbone = load_backbone(checkpoint, device=CPU)
    assert (backbone.depth, backbone.hidden) == (6, 384)
