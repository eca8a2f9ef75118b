"""Both loops on one case, and what is said of several."""

from itertools import islice

import pytest

from benchmarks import two_loops
from benchmarks.searches.cases import cases
from benchmarks.searches.oracle import Oracle
from benchmarks.searches.sources import planted_tables


@pytest.mark.parametrize("place", [0, 3])  # partition and cover
def test_both_train_as_many_groups_as_they_may(place: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(two_loops, "SEEDS", 1)
    case = next(islice(cases(planted_tables(two_loops.PLANTED)), place, None))
    oracle = Oracle(case.problem(0), 6)
    two_loops.in_rounds(oracle, seed=0)
    assert len(oracle.trained) == 6
    assert oracle.trained[0] == oracle.problem.table.together
    found = two_loops.measure(case, 6)
    assert set(found) == {"best", "usual", *(of + more for of in two_loops.WAYS for more in ("", ", seconds"))}
    assert all(found[of] <= found["best"] for of in two_loops.WAYS)


def test_a_lead_is_a_lower_regret() -> None:
    cases = [(0.9, 0.7), (0.8, 0.9), (2.0, 3.0)]
    measured = [{"one at a time": one, "in rounds": other, "best": 1.0, "usual": 0.0} for one, other in cases]
    measured[2]["usual"] = 1.0  # nothing to gain
    found = two_loops.summary(measured)
    assert found["lead"] == pytest.approx(0.05)
    assert (found["cases"], found["behind"]) == (2, 1)
    assert found["standard error"] == pytest.approx(0.15)
