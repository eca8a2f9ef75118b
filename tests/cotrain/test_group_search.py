"""A search in a folder: killed and called again, it goes on as if nothing had happened."""

import json
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import optuna
import pytest
from optuna.trial import TrialState

from affinity.predictor import Measured
from cotrain.group_search import Searched, search_groups
from cotrain.json_text import to_json
from cotrain.search_settings import Settings, Source
from grouping.oracles.table import TableOracle
from grouping.partition import Group
from grouping.study import PROPOSALS, TRAINED, study_url
from tasks.errors import InputError
from tests.cotrain.tables import gain_table
from tests.grouping.trainers import script, trainer
from tests.grouping.worlds import names, noise

TASKS = names(5)
COVER = Settings(adapters=3, mode="cover", models=7, seed=4)


@pytest.fixture
def table(tmp_path: Path) -> Source:
    return Source(table=gain_table(tmp_path / "gains.csv", TASKS, noise(1)))


class Asked:
    """Which questions reach the table; after so many it is interrupted."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.groups: list[Group] = []
        self.left: int | None = None
        answer = TableOracle.ask

        def ask(oracle: TableOracle, group: Group, *, run: int = 0) -> Measured | None:
            if self.left == len(self.groups):
                raise KeyboardInterrupt
            self.groups.append(group)
            return answer(oracle, group, run=run)

        monkeypatch.setattr(TableOracle, "ask", ask)

    def take(self) -> list[Group]:
        """The questions since the last time."""
        taken, self.groups = self.groups, []
        return taken


@pytest.fixture
def reached(monkeypatch: pytest.MonkeyPatch) -> Asked:
    return Asked(monkeypatch)


def asked_in(found: Searched) -> list[Group]:
    return [of.step.group for of in found.found.asked]


def studies(folder: Path) -> dict[str, list[optuna.trial.FrozenTrial]]:
    """All trials of both studies, as anybody would open them."""
    url = study_url(folder / "study.sqlite")
    return {name: optuna.load_study(study_name=name, storage=url).trials for name in (PROPOSALS, TRAINED)}


@pytest.mark.parametrize("mode", ["partition", "cover"])
def test_interrupted_and_called_again_it_ends_as_an_undisturbed_one(
    mode: str, table: Source, reached: Asked, tmp_path: Path
) -> None:
    settings = replace(COVER, mode=mode)  # type: ignore[arg-type]
    whole = search_groups(table, settings, out=tmp_path / "whole")
    questions = reached.take()
    assert questions == asked_in(whole)
    reached.left = 4
    with pytest.raises(KeyboardInterrupt):
        search_groups(table, settings, out=tmp_path / "run")
    assert reached.take() == questions[:4]
    assert not (tmp_path / "run" / "grouping.json").exists()
    reached.left = None
    again = search_groups(table, settings, out=tmp_path / "run")
    assert reached.take() == questions[4:], "what was answered is not asked again"
    assert (again.to_dict(), again.resumed, whole.resumed) == (whole.to_dict(), 4, 0)
    files = [(tmp_path / name / "grouping.json").read_text() for name in ("whole", "run")]
    assert files[0] == files[1]
    assert json.loads(files[0]) == json.loads(to_json(again.to_dict()))
    for name, trials in studies(tmp_path / "run").items():
        groups = [trial.user_attrs["groups"] for trial in trials]
        assert len(groups) == len(set(groups)) > 0
        assert groups == [trial.user_attrs["groups"] for trial in studies(tmp_path / "whole")[name]]
        assert {trial.state for trial in trials} == {TrialState.COMPLETE}
    search_groups(table, settings, out=tmp_path / "run")
    assert reached.take() == [], "a finished search is read from its answers"
    assert len(studies(tmp_path / "run")[TRAINED]) == len(studies(tmp_path / "whole")[TRAINED])


def test_a_cover_is_recorded_with_who_serves_whom(table: Source, tmp_path: Path) -> None:
    found = search_groups(table, COVER, out=tmp_path / "run")
    cover = found.found.cover
    assert cover.helpers > 0, "this table was made so that groups overlap"
    trained = studies(tmp_path / "run")[TRAINED]
    best = max(trained, key=lambda trial: trial.value or 0.0)
    assert best.value == pytest.approx(found.found.value / 5)
    assert json.loads(best.user_attrs["groups"]) == {
        "groups": [list(group) for group in cover.groups], "served_by": cover.served_by
    }  # fmt: skip
    assert best.params == dict(zip(TASKS, cover.restricted_growth(), strict=True))


def test_a_trainer_that_never_answered_may_be_corrected(tmp_path: Path) -> None:
    """A typo in the command does not lock the folder; an answer does."""
    broken = Source(trainer=script(tmp_path, "import sys; sys.exit(3)", "broken.py"), tasks=TASKS)
    answer = "print(json.dumps({'gains': dict.fromkeys(group, 0.1)}))"
    mended = Source(trainer=trainer(tmp_path, answer, "mended.py"), tasks=TASKS)
    settings = replace(COVER, models=2)
    with pytest.raises(InputError, match="ended with code 3 before it answered"):
        search_groups(broken, settings, out=tmp_path / "run")
    found = search_groups(mended, settings, out=tmp_path / "run")
    assert found.found.value == pytest.approx(0.5)
    with pytest.raises(InputError, match="holds another search"):
        search_groups(broken, settings, out=tmp_path / "run")


def test_more_models_go_on(table: Source, reached: Asked, tmp_path: Path) -> None:
    few = search_groups(table, replace(COVER, models=4), out=tmp_path / "run")
    first = reached.take()
    more = search_groups(table, COVER, out=tmp_path / "run")
    assert not set(first) & set(reached.groups)
    assert len(asked_in(more)) == 7
    assert more.resumed >= 2
    assert more.resumed + len(reached.take()) == 7
    assert more.found.value >= few.found.value
    content = json.loads((tmp_path / "run" / "grouping.json").read_text())
    assert content["models"] == 7


def test_the_object_by_hand(tmp_path: Path) -> None:
    path = tmp_path / "gains.csv"
    path.write_text("subset,size,b,a,c\na+b,2,-0.2,0.5,\na+b+c,3,0.1,0.1,0.1\n")
    found = search_groups(
        Source(table=path), Settings(adapters=None, mode="cover", models=5, seed=0), out=None
    )  # fmt: skip
    content = found.to_dict()
    assert content["schema"] == 1
    assert content["groups"] == [["a", "b"], ["a", "b", "c"]]
    assert content["served_by"] == {"b": 1, "a": 0, "c": 1}
    assert content["gains"] == {"b": 0.1, "a": 0.5, "c": 0.1}
    assert content["value"] == pytest.approx(0.7)
    assert (content["models"], content["adapters"], content["mode"]) == (2, 3, "cover")
    assert content["baselines"] == {"single": 0.0, "together": pytest.approx(0.3)}
    assert [of["group"] for of in content["asked"]] == [["a", "b", "c"], ["a", "b"]]
    assert content["asked"][1]["gains"] == {"a": 0.5, "b": -0.2}
    assert content["refused"] == {}
    assert [path.name for path in tmp_path.iterdir()] == ["gains.csv"], "without a folder nothing is written"


def test_without_all_together_that_baseline_is_unknown(tmp_path: Path) -> None:
    path = gain_table(tmp_path / "gains.csv", TASKS, noise(1), list(combinations(TASKS, 2)))
    found = search_groups(Source(table=path), replace(COVER, adapters=None, models=3), out=None)
    assert found.to_dict()["baselines"]["together"] is None
    assert found.settings.adapters == 5


CHANGED = {
    "seed: 4 in the folder, 5 now": {"seed": 5},
    "adapters: 3 in the folder, 2 now": {"adapters": 2},
    "adapters: 3 in the folder, nothing now": {"adapters": None},
    "mode: cover in the folder, partition now": {"mode": "partition"},
    "mode: cover in the folder, partition now; seed: 4 in the folder, 5 now": {"seed": 5, "mode": "partition"},
}


def test_another_search_in_the_folder_is_refused_with_the_difference(
    table: Source, reached: Asked, tmp_path: Path
) -> None:
    short = replace(COVER, models=1)
    search_groups(table, short, out=tmp_path / "run")
    reached.take()

    def refused(expected: str, source: Source, settings: Settings) -> None:
        with pytest.raises(InputError) as caught:
            search_groups(source, settings, out=tmp_path / "run")
        assert caught.value.place == str(tmp_path / "run")
        assert "this folder holds another search (" in caught.value.message
        assert expected in caught.value.message
        assert "name another folder with --out" in caught.value.message

    for expected, changes in CHANGED.items():
        refused(f"({expected})", table, replace(short, **changes))  # type: ignore[arg-type]
    refused("table: ", Source(table=gain_table(tmp_path / "other.csv", TASKS, noise(9))), short)
    refused("tasks: ", Source(table=gain_table(tmp_path / "more.csv", names(6), noise(0))), short)
    assert reached.take() == [], "nothing is trained for it"


def test_a_folder_with_something_else_is_refused(table: Source, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "suite.yaml").touch()
    with pytest.raises(InputError, match="a run of another kind; name another folder"):
        search_groups(table, COVER, out=tmp_path / "run")
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="this is a file, expected a folder"):
        search_groups(table, COVER, out=tmp_path / "file")
    with pytest.raises(InputError, match="cannot write to this folder"):
        search_groups(table, COVER, out=tmp_path / "file" / "run")


TRAINER = """\
import json, os, sys
for number, line in enumerate(sys.stdin):
    if os.path.exists("limit") and number == 4:
        raise SystemExit(1)
    with open("log", "a") as log:
        log.write(line)
    group = json.loads(line)["tasks"]
    refused = len(group) == 5
    gains = {t: round(0.1 * len(group) * (ord(t) % 3 - 1), 3) for t in group}
    print(json.dumps({"error": "does not fit"} if refused else {"gains": gains}), flush=True)
"""


def test_a_trainer_that_died_is_asked_for_the_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    source = Source(trainer=script(tmp_path, TRAINER), tasks=TASKS)
    settings = Settings(adapters=None, mode="partition", models=6, seed=3)
    whole = search_groups(source, settings, out=tmp_path / "whole")
    log = Path("log").read_text()
    assert whole.refusals == {TASKS: "does not fit"}
    Path("log").unlink()
    Path("limit").touch()
    with pytest.raises(InputError, match="ended with code 1 before it answered"):
        search_groups(source, settings, out=tmp_path / "run")
    Path("limit").unlink()
    again = search_groups(source, settings, out=tmp_path / "run")
    assert again.to_dict() == whole.to_dict()
    assert again.resumed == 4
    assert Path("log").read_text() == log
    assert {json.loads(line)["seed"] for line in log.splitlines()} == {3}
    assert len(log.splitlines()) == len(set(log.splitlines())) == 6
    with pytest.raises(InputError, match="trainer: "):
        search_groups(replace(source, trainer=source.trainer + " --fast"), settings, out=tmp_path / "run")  # type: ignore[operator]
    (tmp_path / "pool").write_text("a+b\n")
    with pytest.raises(InputError, match="pool: nothing in the folder"):
        search_groups(replace(source, pool=tmp_path / "pool"), settings, out=tmp_path / "run")


LUCKY = """\
import json, random, sys
for line in sys.stdin:
    asked = json.loads(line)
    with open("log", "a") as log:
        log.write(line)
    luck = random.Random(line)
    print(json.dumps({"gains": {t: 0.1 + 0.2 * luck.random() for t in asked["tasks"]}}), flush=True)
"""


def test_groups_of_the_answer_are_trained_with_another_seed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    source = Source(trainer=script(tmp_path, LUCKY), tasks=TASKS)
    settings = Settings(adapters=2, mode="partition", models=9, seed=3, runs=2)
    found = search_groups(source, settings, out=tmp_path / "run")
    asked = [json.loads(line) for line in Path("log").read_text().splitlines()]
    said = found.to_dict()
    assert [of["seed"] - 3 for of in asked] == [of["run"] for of in said["asked"]]
    assert said["models"] == len(asked) == 9
    assert [runs for runs, group in zip(said["runs"], said["groups"], strict=True) if len(group) > 1] == [2]
    assert said["later"]["low"] < said["later"]["value"] < said["later"]["high"]
    text = repr(found)
    assert f"By second and later runs alone it is {said['later']['value']:+.4f} (" in text
    again = sum(of["run"] for of in said["asked"])
    assert f"9 models trained, {again} of them groups once more" in text
    assert "means over a group's runs, and the choice is expected to be the best" in text
    resumed = search_groups(source, settings, out=tmp_path / "run")
    assert resumed.to_dict() == said
    assert len(Path("log").read_text().splitlines()) == 9, "nothing is asked twice"
    with pytest.raises(InputError, match="runs: 2 in the folder, nothing now"):
        search_groups(source, replace(settings, runs=1), out=tmp_path / "run")


def test_a_table_is_not_asked_again(table: Source) -> None:
    with pytest.raises(InputError, match="--runs: is for --trainer: a table answers alike every time"):
        search_groups(table, replace(COVER, runs=2), out=None)
    with pytest.raises(InputError, match="--runs: found 0; expected 1 or more"):
        search_groups(table, replace(COVER, runs=0), out=None)
