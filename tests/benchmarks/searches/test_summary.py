"""From runs to figures, on a small table."""

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.searches.cases import Case, cases
from benchmarks.searches.lines import Lines
from benchmarks.searches.measure import KEY, measure_case, runs
from benchmarks.searches.methods import METHODS, OURS, RANDOM
from benchmarks.searches.picture import draw, picture_info
from benchmarks.searches.planted import planted
from benchmarks.searches.sources import Source
from benchmarks.searches.summary import CaseFigures, figures_of, lost
from benchmarks.searches.table import SearchTable
from benchmarks.searches.words import as_json, efficiencies, text
from reports.style import png

SOURCE = Source("chains", "planted", lambda: [planted("chains", tasks=5, seed=seed) for seed in range(2)])


@pytest.fixture(scope="module")
def case() -> Case:
    return next(case for case in cases([SOURCE]) if case.mode == "partition" and case.adapters == 3)


@pytest.fixture(scope="module")
def figures(case: Case, tmp_path_factory: pytest.TempPathFactory) -> CaseFigures:
    lines = Lines(tmp_path_factory.mktemp("runs") / "runs.jsonl", key=KEY)
    return figures_of(case, list(measure_case(case, lines, seeds=2, random_seeds=4)))


def test_cases_have_room_for_their_budgets() -> None:
    found = list(cases([SOURCE]))
    assert len(found) == 6
    assert {case.budgets for case in found} == {(6, 10)}  # 26 groups


def test_every_table_is_run_alike() -> None:
    assert [runs(asked, tables=2) for asked in (1, 4, 5, 20)] == [2, 4, 4, 20]


def test_figures_keep_their_meaning(figures: CaseFigures) -> None:
    assert set(figures.values) == {6, 10}
    assert set(figures.values[6]) == set(METHODS)
    assert all(0 < of <= 26 / 6 for of in figures.efficiency.values())
    for values in figures.values.values():
        for method, of in values.items():
            assert of.mean <= figures.best + 1e-6, method  # told is valued here, so that nothing beats the optimum
            assert of.regret is not None
            assert of.regret >= -1e-6
    assert figures.best == figures.ceiling
    assert figures.areas is not None
    assert figures.areas[OURS][0] <= 1.0
    assert figures.curves[RANDOM].mean[-1] == pytest.approx(1.0, abs=1e-4)  # 26 models are the whole table


def test_text_json_and_picture_hold_the_case(figures: CaseFigures) -> None:
    behind = lost([figures])
    assert all(of.more > 0 and of.method != OURS for of in behind)
    assert "| planted, partition | 2 |" in text([figures], behind)
    read = json.loads(as_json([figures], behind, {"settings": {}}))
    assert read["cases"][0]["case"] == "chains, partition, 3 adapters"
    assert read["efficiency"] == json.loads(json.dumps(efficiencies([figures])))
    info = picture_info([figures])
    assert len(info.panels["chains, partition, 3 adapters"]) == len(METHODS)
    assert png(draw(info)).startswith(b"\x89PNG")


def test_where_all_together_is_best_there_is_nothing_to_find(tmp_path: Path) -> None:
    table = planted("noise", tasks=5, seed=0)
    told = np.where(table.rows.members, 1.0, 0.0)[: table.size] * table.rows.members.sum(axis=1)[: table.size, None]
    easy = SearchTable.of(table.rows.members[: table.size], told, told)
    case = Case(Source("easy", "planted", lambda: [easy]), [easy], "partition", 2)
    found = figures_of(case, list(measure_case(case, Lines(tmp_path / "runs.jsonl", key=KEY), seeds=1, random_seeds=1)))
    assert found.efficiency == {}
    assert found.values[6][OURS].mean == found.best == 25.0
    assert "1 where all together" in text([found], [])
    assert len(picture_info([found]).efficiencies) == 0


def test_lines_are_found_again(case: Case, tmp_path: Path) -> None:
    path = tmp_path / "runs.jsonl"
    first = list(measure_case(case, Lines(path, key=KEY), seeds=2, random_seeds=2))
    size = path.stat().st_size
    again = list(measure_case(case, Lines(path, key=KEY), seeds=2, random_seeds=2))
    assert first == again
    assert path.stat().st_size == size
    random = next(line for line in first if line["method"] == RANDOM)
    assert np.array(random["values"]).shape == (2, len(random["at"]))
    assert np.array(random["sizes"])[:, 0].tolist() == [5, 5]
