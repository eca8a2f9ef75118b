"""Groups that overlap, from the search to the adapters that are served."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import cotrain
from affinity.gains import MeasuredGroup
from affinity.predictor import GainPredictor, Measured, Prediction
from cotrain import forming, searching
from cotrain.exporting import export_run
from cotrain.probing import Probed
from cotrain.suite import LoadedSuite, load_suite, override, select_tasks
from grouping.form_choice import FormChoice, FormTrial
from grouping.partition import Group
from tasks.errors import InputError

NAMES = ["same", "number", "tags"]
HELPED = tuple(sorted(NAMES))
HELPER = "hue"


@dataclass(frozen=True, eq=False)
class Helps:
    """Another predictor, and the belief that whoever is trained with the helper gains by it."""

    gains: GainPredictor

    @property
    def tasks(self) -> tuple[str, ...]:
        return tuple(self.gains.tasks)

    def predict(self, members: NDArray[np.bool_]) -> Prediction:
        said = self.gains.predict(members)
        return Prediction(said.mean + self._more(members), said.error)

    def draw(self, members: NDArray[np.bool_], *, draws: int, generator: np.random.Generator) -> NDArray[np.float64]:
        drawn: NDArray[np.float64] = self.gains.draw(members, draws=draws, generator=generator) + self._more(members)
        return drawn

    def update(self, measured: Sequence[Measured]) -> "Helps":
        return replace(self, gains=self.gains.update(measured))

    def _more(self, members: NDArray[np.bool_]) -> NDArray[np.float64]:
        place = self.tasks.index(HELPER)
        more = 5.0 * (members[:, [place]] & members & (members.sum(axis=1) > 1)[:, None])
        more[:, place] *= -1  # itself it loses beside others
        return more


@pytest.fixture
def asked(suite: Path, monkeypatch: pytest.MonkeyPatch) -> LoadedSuite:
    """Four tasks, of which one is believed to help the others."""
    plain = searching.predictors

    def predictors(probed: Probed, measured: Mapping[Group, MeasuredGroup]) -> tuple[GainPredictor, GainPredictor]:
        gains, deltas = plain(probed, measured)
        return Helps(gains), deltas

    monkeypatch.setattr(searching, "predictors", predictors)
    margins = {f"tasks.{name}.margin": 90.0 for name in (*NAMES, HELPER)}
    rules = {"grouping.max_adapters": 2, "grouping.together": [NAMES], "grouping.mode": "cover"}
    return override(select_tasks(load_suite(suite), [*NAMES, HELPER]), {**rules, **margins})


def test_a_group_keeps_the_helper_with_which_it_was_chosen(asked: LoadedSuite, tmp_path: Path) -> None:
    found = cotrain.recommend(asked, out=tmp_path / "run", workers=1)
    assert found["groups"] == [[HELPER], list(HELPED)]
    assert found["forms"] == {"+".join(HELPED): {"name": "helped", "helper": HELPER, "tries": None}}
    assert found["tasks"][HELPER]["delta"] == 0.0, "it is served alone"
    assert found["tasks"]["number"]["predicted"] > 4
    assert found["tasks"]["number"]["low"] < found["tasks"]["number"]["high"], "retrained and measured on test"
    evidence = json.loads((tmp_path / "run" / "evidence.json").read_text())
    choice = next(of for of in evidence["proposals"] if of["chosen"])
    assert (choice["groups"], choice["helpers"]) == ([[HELPER], list(HELPED)], [[], [HELPER]])
    assert "forms" not in evidence, "no other form was tried"

    apart = {tuple(of["pair"]): of for of in found["apart"]}
    assert set(apart) == {tuple(sorted((HELPER, name))) for name in NAMES}
    differences = [of["difference"] for of in apart.values() if of["difference"] is not None]
    assert differences
    assert max(differences) < 0, "the answer counts with its helper"

    account = found["cost"]["account"]
    measured = {tuple(of["group"]): of for of in evidence["measured"] if of["phase"] == "validation"}
    assert set(measured) >= {HELPED}
    assert account["answer"]["tokens_backward"] > account["alone"]["tokens_backward"] / 4
    run = cotrain.load(tmp_path / "run")
    assert len(run.predict("number", ["red one two"])) == 1
    assert f"{{{', '.join(HELPED)} + {HELPER}}}" in str(run.proposals)
    card = (export_run(run, out=tmp_path / "out", tasks=["number"])[0].folder / "README.md").read_text()
    assert f"Trained with the examples of {HELPER} too" in card
    page = (tmp_path / "run" / "report.html").read_text()
    assert f"Groups overlap: trained with the help of tasks that other groups serve are {{{', '.join(HELPED)}}}" in page


def test_beside_other_forms_the_helper_is_one_and_is_measured_against_the_shared_adapter(
    asked: LoadedSuite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def choose(trials: list[FormTrial], **_: Any) -> FormChoice:
        return FormChoice([trial.name for trial in trials].index("helped"), tuple("told" for _ in trials))

    monkeypatch.setattr(forming, "choose_form", choose)
    loaded = override(asked, {"grouping.forms": ["mean"]})
    found = cotrain.recommend(loaded, out=tmp_path / "run", workers=1, validate=False)
    rows = json.loads((tmp_path / "run" / "evidence.json").read_text())["forms"]
    assert [row["form"] for row in rows] == ["shared", "mean", f"helped, helper {HELPER}"]
    assert found["forms"]["+".join(HELPED)]["name"] == "helped"
    assert abs(found["tasks"]["number"]["predicted"]) < 4, "what was measured over the shared adapter, no belief"


def test_what_a_search_found_is_validated_with_its_helpers(suite: Path, tmp_path: Path) -> None:
    """A cover of one's own trainer, and the run folder's own answer once more."""
    loaded = select_tasks(load_suite(suite), [*NAMES, HELPER])
    found = {"groups": [[HELPER], [*NAMES, HELPER]], "served_by": {HELPER: 0, **dict.fromkeys(NAMES, 1)}}
    (tmp_path / "grouping.json").write_text(json.dumps(found))
    proof = cotrain.validate(loaded, grouping=tmp_path / "grouping.json", out=tmp_path / "run", workers=1)
    assert proof["groups"] == [[HELPER], list(HELPED)] or proof["proposed"] == [[HELPER], list(HELPED)]
    assert proof["forms"] == {"+".join(HELPED): {"name": "helped", "helper": HELPER, "tries": None}}
    plain = cotrain.validate(loaded, grouping=[NAMES, [HELPER]], out=tmp_path / "plain", workers=1)
    assert "forms" not in plain
    assert proof["tasks"]["number"]["gain"] != plain["tasks"]["number"]["gain"], "the helper's batches were among them"
    with pytest.raises(InputError, match=r"compare: groups overlap in \{hue\} .*; expected every task in one group"):
        cotrain.validate(
            loaded, grouping=[NAMES, [HELPER]], compare=tmp_path / "grouping.json", out=tmp_path / "plain", workers=1
        )
