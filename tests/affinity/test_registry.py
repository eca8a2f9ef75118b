"""Estimators by name: the built-in ones, and those of distributions that are made up here."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from affinity.estimators import ESTIMATORS, Pairwise, estimators, find_estimator
from tasks.errors import InputError

WORKS = "class Influence:\n    def estimate(self, trainer):\n        return 'estimated'\n"

Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Puts a distribution with one estimator and its module on the path."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def make(distribution: str, *, name: str, points_to: str, source: str = WORKS) -> None:
        module = points_to.partition(":")[0]
        (tmp_path / f"{module}.py").write_text(source)
        monkeypatch.delitem(sys.modules, module, raising=False)
        info = tmp_path / f"{distribution.replace('-', '_')}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[cotrain.estimators]\n{name} = {points_to}\n")

    return make


def test_built_in_estimators_are_found() -> None:
    assert isinstance(find_estimator("pairwise"), Pairwise)
    assert list(estimators())[: len(ESTIMATORS)] == list(ESTIMATORS)
    assert {estimators()[name] for name in ESTIMATORS} == {"cotrain"}


def test_another_distributions_estimator_is_found_and_only_then_imported(install: Install) -> None:
    install("far-away", name="influence", points_to="influence_a:Influence")
    assert estimators()["influence"] == "far-away"
    assert "influence_a" not in sys.modules
    assert find_estimator("influence").estimate(None) == "estimated"  # type: ignore[arg-type,comparison-overlap]


def test_a_name_that_nobody_offers_is_refused_with_a_guess(install: Install) -> None:
    install("far-away", name="influence", points_to="influence_a:Influence")
    with pytest.raises(InputError, match=r"--estimator: no estimator `influense`; .*influence; did you mean `influ"):
        find_estimator("influense")
    with pytest.raises(InputError, match="pairwise, lookahead, cosine, features"):
        find_estimator("nothing like it")


def test_a_name_that_is_built_in_too_is_refused_and_the_others_are_not(install: Install) -> None:
    install("far-away", name="cosine", points_to="influence_a:Influence")
    with pytest.raises(InputError, match=r"`cosine` is offered by cotrain and by far-away; uninstall far-away$"):
        find_estimator("cosine")
    assert estimators()["cosine"] == "cotrain, far-away"
    assert isinstance(find_estimator("pairwise"), Pairwise)


def test_a_name_of_two_distributions_is_refused(install: Install) -> None:
    install("far-away", name="influence", points_to="influence_a:Influence")
    install("another", name="influence", points_to="influence_b:Influence")
    with pytest.raises(InputError, match="offered by another and by far-away; uninstall another or far-away"):
        find_estimator("influence")


@pytest.mark.parametrize(
    ("source", "points_to", "message"),
    [
        ("import no_such_module_anywhere\n", "broken_a:Influence", r"ModuleNotFoundError: No module named 'no_such"),
        ("raise RuntimeError('no\\ngood')\n", "broken_b:Influence", r"RuntimeError: no good\)"),
        (WORKS, "broken_c:Influences", r"AttributeError: .*Influences"),
        ("class Influence:\n    def __init__(self, needed): ...\n", "broken_d:Influence", "TypeError: .*needed"),
    ],
)
def test_a_broken_distribution_is_named_in_one_line(
    install: Install, source: str, points_to: str, message: str
) -> None:
    install("far-away", name="influence", points_to=points_to, source=source)
    with pytest.raises(InputError, match=rf"cannot load `influence` = {points_to} of far-away \({message}") as raised:
        find_estimator("influence")
    assert "repair or uninstall far-away" in str(raised.value)
    assert "\n" not in str(raised.value)


def test_what_is_no_estimator_is_refused(install: Install) -> None:
    install("far-away", name="influence", points_to="broken_e:dict", source="")
    with pytest.raises(InputError, match="cannot load"):
        find_estimator("influence")
    install("far-off", name="other", points_to="broken_f:Influence", source="Influence = dict\n")
    with pytest.raises(InputError, match="of far-off gives a dict without a method `estimate`"):
        find_estimator("other")
