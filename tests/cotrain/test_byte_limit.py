"""``grouping: {max_bytes: ...}``: the adapters that fit, with the model at hand, and what is said where none do."""

import json
from pathlib import Path

import pytest

from cotrain.byte_limit import within_bytes
from cotrain.schema import suite_schema
from cotrain.suite import LoadedSuite, override, parse_suite, to_plain
from tasks.errors import InputError
from tests.cotrain.samples import SUITE, run, write_suite
from tests.trainers.samples import every_kind, spec_of
from trainers.bench import BenchSpec
from trainers.methods import DoRA, LoRA, Method
from trainers.sizes import Sizes

TASK = {"data": "a.csv", "text": "code", "label": "y"}


def suite_of(spec: BenchSpec, **grouping: object) -> LoadedSuite:
    suite = parse_suite({"tasks": dict.fromkeys(spec.tasks, TASK), "grouping": grouping})
    return LoadedSuite(suite, Path.cwd(), Path("suite.yaml"))


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> BenchSpec:
    return spec_of(tmp_path_factory.mktemp("bytes"), every_kind())


def test_so_many_adapters_as_fit_are_left(spec: BenchSpec) -> None:
    one = 4 * Sizes.of(spec, groups=[1]).adapters[1]
    found, told = within_bytes(suite_of(spec, max_bytes=2 * one), spec)
    assert (found.suite.grouping.max_adapters, told) == (2, f"`max_bytes` of {2 * one:,} leaves room for 2 adapters")
    assert within_bytes(suite_of(spec, max_bytes=3 * one - 1), spec)[0].suite.grouping.max_adapters == 2
    assert within_bytes(suite_of(spec, max_bytes=3 * one), spec)[0].suite.grouping.max_adapters == 3
    assert within_bytes(suite_of(spec, max_bytes=one), spec)[1].endswith("room for 1 adapter")


def test_a_limit_that_changes_nothing_says_nothing(spec: BenchSpec) -> None:
    one = 4 * Sizes.of(spec, groups=[1]).adapters[1]
    for given in ({}, {"max_bytes": "1GB"}, {"max_bytes": 3 * one, "max_adapters": 2}):
        loaded = suite_of(spec, **given)
        assert within_bytes(loaded, spec) == (loaded, "")


def test_not_even_all_tasks_together_fit(spec: BenchSpec) -> None:
    one = 4 * Sizes.of(spec, groups=[1]).adapters[1]
    with pytest.raises(InputError) as caught:
        within_bytes(suite_of(spec, max_bytes=one - 1), spec)
    assert str(caught.value) == (
        f"grouping.max_bytes: found {one - 1:,} bytes; one adapter for all {len(spec.tasks)} tasks takes {one:,}: "
        "raise it, or take a method that trains fewer weights"
    )


def test_rules_that_need_more_adapters_are_named_beside_it(spec: BenchSpec) -> None:
    one = 4 * Sizes.of(spec, groups=[1]).adapters[1]
    first, second, *_ = sorted(spec.tasks)
    with pytest.raises(InputError) as caught:
        within_bytes(suite_of(spec, max_bytes=one, apart=[[first, second]]), spec)
    assert f"can meet `max_bytes: {one}` and `apart: [{first}, {second}]`; drop" in str(caught.value)


@pytest.mark.parametrize(
    ("method", "room"),
    [
        (LoRA(r=2, alpha=4, layers="top-1", rank_per_task=True), None),
        (DoRA(r=2, layers="top-1", rank_per_task=True), 2),
    ],
)
def test_ranks_that_grow_with_groups(spec: BenchSpec, method: Method, room: int | None, tmp_path: Path) -> None:
    """All partitions of plain LoRA take the same bytes then; DoRA's magnitudes are once per adapter."""
    grown = spec_of(tmp_path, every_kind(), method=method)
    size = Sizes.of(grown, groups=range(1, len(spec.tasks) + 1)).adapters
    count = len(spec.tasks)
    pair = 4 * (size[count - 1] + size[1])
    found, told = within_bytes(suite_of(grown, max_bytes=pair), grown)
    assert found.suite.grouping.max_adapters == room
    assert bool(told) == (room is not None)
    with pytest.raises(InputError, match="one adapter for all"):
        within_bytes(suite_of(grown, max_bytes=4 * size[count] - 1), grown)


def test_a_suite_takes_a_number_or_a_text_and_keeps_a_number() -> None:
    def suite(value: object) -> object:
        return {"tasks": {"a": TASK, "b": TASK}, "grouping": {"max_bytes": value}}

    found = parse_suite(suite("2MB"))
    assert found.grouping.max_bytes == 2_000_000
    assert to_plain(found)["grouping"]["max_bytes"] == 2_000_000
    assert parse_suite(to_plain(found)) == found
    with pytest.raises(InputError, match=r"^grouping\.max_bytes: expected a whole number of bytes of 1 or more"):
        parse_suite(suite("2 parsecs"))
    kinds = {of.get("type") for of in suite_schema()["$defs"]["Grouping"]["properties"]["max_bytes"]["anyOf"]}
    assert kinds == {"integer", "string", "null"}


def test_private_adapters_are_not_counted_and_refused() -> None:
    with pytest.raises(InputError, match=r"grouping\.forms: `private` adds adapters that `max_bytes` does not count"):
        parse_suite({"tasks": {"a": TASK, "b": TASK}, "grouping": {"max_bytes": "2MB", "forms": ["private"]}})


def test_override_keeps_it() -> None:
    loaded = LoadedSuite(
        parse_suite({"tasks": {"a": TASK, "b": TASK}, "grouping": {"max_bytes": "2MB"}}), Path.cwd(), None
    )
    assert override(loaded, {"seed": 7}).suite.grouping.max_bytes == 2_000_000


@pytest.mark.parametrize("command", ["plan", "recommend"])
def test_a_command_ends_in_one_line_where_nothing_fits(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_suite(tmp_path, SUITE + "grouping: {max_bytes: 1kB}\n")
    code, out, err = run(capsys, command, str(path), "--out", str(tmp_path / "run"))
    assert (code, out) == (2, "")
    assert [line for line in err if line.startswith("error")] == err[-1:]
    assert "grouping.max_bytes: found 1,000 bytes; one adapter for all 2 tasks takes" in err[-1]


SMALL = """\
method: {r: 2, alpha: 4, layers: top-1}
budget: {passes: 1, seeds: 1, reference_seeds: 2, models: 2}
max_length: 16
grouping: {max_bytes: BYTES}
"""


def test_a_refused_limit_is_corrected_and_the_answer_and_the_plan_keep_to_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One adapter takes 12,288 bytes, so that two tasks share one."""
    out = str(tmp_path / "run")
    path = write_suite(tmp_path, SUITE + SMALL.replace("BYTES", "12kB"))
    code, _, err = run(capsys, "recommend", str(path), "--out", out, "--no-validate", "--quiet")
    assert (code, len(err)) == (2, 1)
    assert "takes 12,288" in err[0]
    path = write_suite(tmp_path, SUITE + SMALL.replace("BYTES", "24.5kB"))
    code, text, _ = run(capsys, "plan", str(path), "--out", out, "--json")
    assert code == 0
    assert "`max_bytes` of 24,500 leaves room for 1 adapter" in json.loads(text)["notes"]
    code, text, _ = run(capsys, "recommend", str(path), "--out", out, "--no-validate", "--json")
    assert code == 0
    found = json.loads(text)
    assert found["groups"] == [["clone", "defect"]]
    assert found["objective"]["max_adapters"] == 1
    assert "leaves room for 1 adapter" in (tmp_path / "run" / "log.jsonl").read_text()
