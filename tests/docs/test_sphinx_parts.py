"""Formulas and references, where Sphinx is installed: `.ci/docs` runs these."""

from types import SimpleNamespace

import pytest

import affinity
from affinity.matrix import AffinityMatrix

WITHOUT = "needs the extra `docs`; .ci/docs installs it and runs these"
formulas = pytest.importorskip("docs.making.formulas", reason=WITHOUT)
references = pytest.importorskip("docs.making.references", reason=WITHOUT)


def test_a_formula_is_an_element_of_its_own_and_a_block_says_so() -> None:
    found = formulas.mathml(r"\frac{1}{N} \sum_i x_i", block=True)
    assert found.startswith('<math xmlns="http://www.w3.org/1998/Math/MathML" display="block">')
    assert "<mfrac>" in found
    assert "display" not in formulas.mathml("x_i", block=False)


@pytest.mark.parametrize("tex", [r"\Big( x \Big)", r"\textstyle\sum w", r"S \setminus t", r"\operatorname{var} e"])
def test_what_docstrings_write_is_drawn(tex: str) -> None:
    assert formulas.mathml(tex, block=True)


def test_an_unknown_command_is_refused() -> None:
    with pytest.raises(formulas.MathError, match="nosuch"):
        formulas.mathml(r"\nosuch{x}", block=False)


@pytest.mark.parametrize(
    ("target", "module", "owner"),
    [
        ("affinity.matrix.AffinityMatrix", "", ""),
        ("AffinityMatrix", "affinity", ""),
        ("to_dict", "affinity.matrix", "AffinityMatrix"),
        ("AffinityMatrix.estimator", "affinity.matrix", ""),
        ("np.float64", "", ""),
        ("ValueError", "", ""),
    ],
)
def test_a_reference_is_found_as_python_would(target: str, module: str, owner: str) -> None:
    assert references.find(target, module, owner) is not None


def test_a_name_of_an_annotation_is_known_and_no_more() -> None:
    assert references.find("StagedOracle") is references.SOMEWHERE


@pytest.mark.parametrize("target", ["affinity.matrix.AffinityMatrices", "affinity.matrixx", "NoSuchNameAnywhere"])
def test_a_reference_to_nothing_stays_broken(target: str) -> None:
    with pytest.raises(LookupError):
        references.find(target)
    node = {"refdomain": "py", "reftarget": target, "refdoc": "index"}
    assert references.resolve(None, None, node, "text") is None


def test_a_reference_leads_to_the_same_object_under_another_name(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = SimpleNamespace(docname="reference/affinity", node_id="affinity.AffinityMatrix")
    domain = SimpleNamespace(objects={"affinity.AffinityMatrix": entry})
    environment = SimpleNamespace(domains=SimpleNamespace(python_domain=domain))
    monkeypatch.setattr(affinity, "AffinityMatrix", AffinityMatrix, raising=False)
    monkeypatch.setattr(references, "make_refnode", lambda _builder, *place: place)
    node = {"refdomain": "py", "reftarget": "affinity.matrix.AffinityMatrix", "refdoc": "index"}
    found = references.resolve(SimpleNamespace(builder=None), environment, node, "text")
    assert found == ("index", "reference/affinity", "affinity.AffinityMatrix", "text", "affinity.AffinityMatrix")
