"""Where the trained groups of a run lie."""

from cotrain.recommendation import LONGEST, folder_name


def test_folders_are_named_by_their_groups_as_long_as_names_may_be_so_long() -> None:
    assert folder_name(["clone", "defect"]) == "clone+defect"
    many = [f"t{number:03d}" for number in range(100)]
    others = [*many[:-1], "t100"]
    names = [folder_name(many), folder_name(others)]
    assert len({*names}) == 2
    assert all(name.startswith("t000+t001+") and len(name.encode()) <= LONGEST for name in names)
    assert len(folder_name(["Ω" * 300]).encode()) <= LONGEST
