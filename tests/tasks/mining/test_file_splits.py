from hypothesis import given
from hypothesis import strategies as st

from tasks.mining.file_splits import HEAVIEST, split_files

SHARES = {"train": 1.0, "validation": 1.0, "test": 2.0}


def test_one_package_is_divided_as_the_shares_say() -> None:
    files = {f"{place}.py": "pkg" for place in range(8)}
    split_of = split_files(files, dict.fromkeys(files, 1), SHARES, seed=0)
    assert sorted(split_of.values()) == ["test"] * 4 + ["train"] * 2 + ["validation"] * 2


@given(
    weights=st.lists(st.integers(1, 100), min_size=1, max_size=40), packages=st.integers(1, 4), seed=st.integers(0, 9)
)
def test_every_file_has_one_split_and_the_whole_is_near_its_shares(
    weights: list[int], packages: int, seed: int
) -> None:
    package_of = {f"{place}.py": str(place % packages) for place in range(len(weights))}
    weight_of = {f"{place}.py": weight for place, weight in enumerate(weights)}
    split_of = split_files(package_of, weight_of, SHARES, seed)
    assert split_of.keys() == package_of.keys()
    counted = {name: min(weight, HEAVIEST) for name, weight in weight_of.items()}
    for split, share in SHARES.items():
        got = sum(counted[name] for name, chosen in split_of.items() if chosen == split)
        # a split overshoots by at most about one file for each package and one for the whole
        assert got <= sum(counted.values()) * share / 4 + (packages + 1) * max(counted.values())


def test_seeds_and_repeats() -> None:
    files = {f"{place}.py": "pkg" for place in range(30)}
    weights = dict.fromkeys(files, 1)
    assert split_files(files, weights, SHARES, 1) == split_files(files, weights, SHARES, 1)
    assert split_files(files, weights, SHARES, 1) != split_files(files, weights, SHARES, 2)
