"""What every sampler of partitions keeps."""

import pickle
from collections.abc import Iterator

import pytest

from grouping.labels import search_space
from grouping.samplers import SAMPLERS
from grouping.study import quiet
from tests.grouping.sampler_studies import new_study, step
from tests.grouping.worlds import names

TASKS = names(5)


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with quiet():
        yield


@pytest.mark.parametrize("name", SAMPLERS)
class TestSampler:
    def test_gives_partitions_of_all_tasks_in_the_fixed_space(self, name: str) -> None:
        study = new_study(SAMPLERS[name](TASKS, seed=1))
        for _ in range(12):
            assert step(study, TASKS).tasks == TASKS
        assert all(trial.distributions == search_space(TASKS) for trial in study.trials)
        assert all(trial.user_attrs["partition"] for trial in study.trials)

    def test_gives_the_same_under_the_same_seed(self, name: str) -> None:
        one, other = (new_study(SAMPLERS[name](TASKS, seed=3)) for _ in range(2))
        assert [step(one, TASKS) for _ in range(12)] == [step(other, TASKS) for _ in range(12)]

    def test_outlives_pickling(self, name: str) -> None:
        study = new_study(pickle.loads(pickle.dumps(SAMPLERS[name](TASKS, seed=1))))
        assert step(study, TASKS).tasks == TASKS

    def test_can_be_reseeded(self, name: str) -> None:
        sampler = SAMPLERS[name](TASKS, seed=1)
        sampler.reseed_rng()
        assert step(new_study(sampler), TASKS).tasks == TASKS
