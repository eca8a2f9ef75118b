"""``cotrain search --max-cost``: from flags and a file of costs to the answer, and from a folder."""

import json
from itertools import chain, combinations
from pathlib import Path
from typing import Any

import pytest

from tests.cotrain.samples import run
from tests.cotrain.tables import gain_table
from tests.grouping.trainers import trainer
from tests.grouping.worlds import every_group, names, noise

TASKS = names(5)
ALL = ("--models", "40")
"""More models than there are groups."""
COSTS = {group: 1.0 + 0.5 * len(group) for group in [*((t,) for t in TASKS), *every_group(TASKS)]}
"""Each adapter costs something by itself."""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    gain_table(tmp_path / "gains.csv", TASKS, noise(2))
    written(tmp_path / "costs.csv", COSTS)
    return tmp_path


def written(path: Path, costs: dict[tuple[str, ...], float]) -> None:
    rows = [f"{'+'.join(group)},{cost}" for group, cost in costs.items()]
    path.write_text("\n".join(["subset,cost", *rows]) + "\n")


def found_by(capsys: pytest.CaptureFixture[str], *flags: str) -> dict[str, Any]:
    code, out, err = run(capsys, "search", "--json", *flags)
    assert (code, err) == (0, [])
    found: dict[str, Any] = json.loads(out)
    return found


def best(costs: dict[tuple[str, ...], float], most: float, *, adapters: int) -> float:
    """Of all covers, from sets."""
    truth = noise(2)
    gains: dict[tuple[str, ...], dict[str, float]] = {
        g: dict(zip(g, [0.0] if len(g) == 1 else truth(g).tolist(), strict=True)) for g in costs
    }
    values = [
        sum(max(gains[g][t] for g in chosen if t in g) for t in TASKS)
        for number in range(1, adapters + 1)
        for chosen in combinations(costs, number)
        if set(chain.from_iterable(chosen)) == set(TASKS) and sum(costs[g] for g in chosen) <= most
    ]
    return max(values)


def test_helpers_cost_their_training(capsys: pytest.CaptureFixture[str]) -> None:
    flags = ("--table", "gains.csv", "--mode", "cover", "--adapters", "3", *ALL)
    free, bound = found_by(capsys, *flags), found_by(capsys, *flags, "--max-cost", "6")
    sizes = {group: float(len(group)) for group in COSTS}
    assert (free["max_cost"], free["cost"]) == (None, None)
    assert bound["max_cost"] == 6
    assert bound["cost"] == sum(map(len, bound["groups"])) <= 6
    assert bound["value"] == pytest.approx(best(sizes, 6, adapters=3))
    assert bound["value"] < free["value"]
    code, out, _ = run(capsys, "search", *flags, "--max-cost", "6")
    assert code == 0
    assert f"They cost {bound['cost']:g} together, of 6." in out


def test_a_file_says_what_groups_cost(capsys: pytest.CaptureFixture[str]) -> None:
    flags = ("--table", "gains.csv", "--mode", "cover", "--adapters", "4", *ALL, "--costs", "costs.csv")
    found = found_by(capsys, *flags, "--max-cost", "5.5")
    assert found["cost"] == pytest.approx(sum(COSTS[tuple(group)] for group in found["groups"]))
    assert found["cost"] <= 5.5
    assert found["value"] == pytest.approx(best(COSTS, 5.5, adapters=4))
    for asked in found["asked"]:
        assert COSTS[tuple(asked["group"])] <= 5.5


def test_a_trainer_is_not_asked_for_what_is_too_dear(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answer = "print(json.dumps({'gains': dict.fromkeys(group, 0.1 * len(group))}))"
    dear = {group: (9.0 if len(group) > 2 else cost) for group, cost in COSTS.items()}
    written(folder / "dear.csv", dear)
    found = found_by(
        capsys, "--trainer", trainer(folder, answer), "--tasks", ",".join(TASKS), "--max-cost", "8", "--models", "4",
        "--costs", "dear.csv",
    )  # fmt: skip
    assert found["models"] > 0
    assert {len(asked["group"]) for asked in found["asked"]} == {2}
    assert found["cost"] <= 8


def test_a_conflict_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(
        capsys, "search", "--table", "gains.csv", "--costs", "costs.csv", "--max-cost", "5", "--alone", "a,b",
        "--apart", "c,d", "--max-tasks", "4",
    )  # fmt: skip
    assert (code, out) == (2, "")
    assert err == [
        "error: grouping: no grouping can meet `max_cost: 5` and `alone: [a]` and `alone: [b]`: the cheapest that "
        "meets the rest costs 5.5; drop or loosen one of them"
    ]


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        (("--max-cost=-1",), "--max-cost: found -1; expected a finite number of 0 or more"),
        (("--max-cost", "nan"), "--max-cost: found nan"),
        (("--costs", "costs.csv"), "--costs: is for --max-cost; say the limit too"),
        (("--max-cost", "4"), "grouping: no partition can meet `max_cost: 4`: the cheapest of the groups"),
        (("--max-cost", "9", "--costs", "none.csv"), "none.csv: no such file; expected costs of groups"),
    ],
)
def test_limits_that_are_refused(flags: tuple[str, ...], expected: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "search", "--table", "gains.csv", *flags)
    assert (code, out, len(err)) == (2, "", 1)
    assert err[0].startswith(f"error: {expected}")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("subset,cost\na+z,1\n", "costs.csv: line 2: no task `z`; tasks are `a`"),
        ("subset,cost\na+a,1\n", "costs.csv: line 2: `a` stands twice in `a+a`"),
        ("subset,cost\na+b,1\nb+a,1\n", "costs.csv: line 3: `a+b` stands here again"),
        ("subset,cost\na+b,\n", "costs.csv: line 2: the cost of `a+b` is blank"),
        ("subset,cost\na+b,-2\n", "costs.csv: line 2: the cost of `a+b` is -2; expected 0 or more"),
        ("subset,cost\na+b,nan\n", "costs.csv: line 2: expected a finite number for the cost of `a+b`"),
        ("subset,cost\na+b,inf\n", "costs.csv: line 2: expected a finite number"),
        ("subset,cost\n,1\n", "costs.csv: line 2: the subset is blank"),
        ("subset,costs\na,1\n", "costs.csv: no column `cost` among `subset`, `costs`; did you mean `costs`?"),
        ("subset,cost\na,1\n", "--costs: no cost of `a+b`, nor of 29 others; expected one of every group"),
    ],
)
def test_files_of_costs_that_are_refused(
    text: str, expected: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "costs.csv").write_text(text)
    code, out, err = run(capsys, "search", "--table", "gains.csv", "--max-cost", "9", "--costs", "costs.csv")
    assert (code, out, len(err)) == (2, "", 1)
    assert expected in err[0]


def test_a_folder_keeps_the_limit_and_a_new_task_is_added_under_it(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = TASKS[:4]
    gain_table(folder / "old.csv", old, noise(2))
    written(folder / "old_costs.csv", {g: c for g, c in COSTS.items() if "e" not in g})
    written(folder / "new_costs.csv", {g: c for g, c in COSTS.items() if "e" in g})
    flags = ("--table", "old.csv", "--out", "run", "--mode", "cover", *ALL)
    limited = ("--max-cost", "5.5", "--costs", "old_costs.csv")
    found = found_by(capsys, *flags, *limited)
    assert found_by(capsys, *flags, *limited) == found
    for other in ((), ("--max-cost", "5.5"), ("--max-cost", "6", "--costs", "old_costs.csv")):
        code, _, err = run(capsys, "search", *flags, *other)
        assert code == 2
        assert "this folder holds another search" in err[-1]
    add = ("--add", "e", "--table", "gains.csv", "--out", "run")
    code, _, err = run(capsys, "search", *add, "--max-cost", "9")
    assert (code, err) == (2, ["error: --max-cost: those of the search in --out hold; leave it out"])
    code, _, err = run(capsys, "search", *add)
    assert (code, len(err)) == (2, 1)
    assert "--costs: no cost of `" in err[0]
    added = found_by(capsys, *add, "--costs", "new_costs.csv")
    assert added["cost"] == pytest.approx(sum(COSTS[tuple(group)] for group in added["groups"]))
    assert added["cost"] <= 5.5
    assert set(added["served_by"]) == set(TASKS)


def test_a_new_task_is_added_under_a_limit_on_tasks(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    gain_table(folder / "old.csv", TASKS[:4], noise(2))
    found_by(capsys, "--table", "old.csv", "--out", "run", "--max-cost", "5", "--mode", "cover", *ALL)
    add = ("--add", "e", "--table", "gains.csv", "--out", "run")
    code, _, err = run(capsys, "search", *add, "--costs", "costs.csv")
    assert (code, err) == (2, ["error: --costs: the search in --out was given none; leave it out"])
    assert found_by(capsys, *add)["cost"] == 5
