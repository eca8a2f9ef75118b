"""What a plan says that is trained whatever the search finds."""

from pathlib import Path

import pytest

import cotrain
from tests.cotrain.five_tasks import TASKS


@pytest.mark.parametrize("validate", [True, False])
def test_references_all_together_and_their_validation(suite: Path, tmp_path: Path, *, validate: bool) -> None:
    found = cotrain.plan(suite, out=tmp_path / "run", workers=1, validate=validate)
    probes = [of for name, of in found["phases"].items() if name not in ("search", "validation")]
    again = 2 * (len(TASKS) + 1) if validate else 0  # with two fresh seeds
    assert found["least_jobs"] == sum(of["jobs"] for of in probes) + again
    hours = sum(of["hours"] for of in probes)
    assert found["least_hours"] > hours if validate else found["least_hours"] == pytest.approx(hours)
    assert found["least_hours"] < found["hours"]
