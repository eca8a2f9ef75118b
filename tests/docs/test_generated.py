"""What is written from the code says all that the code says."""

import re

import pytest

from cotrain.command_line import COMMANDS
from cotrain.exit_codes import MEANINGS
from cotrain.schema import suite_schema
from docs.making.generated import commands, filled, suite_fields, table
from tests.docs.pages import ROOT
from trainers.forms import FORMS
from trainers.methods import METHODS
from trainers.support import support_table


def test_every_command_stands_there_with_its_options() -> None:
    page = commands()
    assert re.findall(r"^## (.*)$", page, re.MULTILINE) == list(COMMANDS)
    recommend = page.partition("## recommend")[2].partition("## heatmap")[0]
    assert "Find which tasks should share an adapter, and prove it by training the groups." in recommend
    assert "| `--passes <int>` | Overrides `budget.passes`. |" in recommend
    assert "| Suite file | what it does |" in recommend
    assert "(subset,size,&lt;task>,...)" in page, "what looks like HTML would not be seen"


def test_every_field_stands_there() -> None:
    page, schema = suite_fields(), suite_schema()
    named = set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE))
    fields = {name for of in (schema, *schema["$defs"].values()) for name in of["properties"]} - {"name"}
    assert named == fields
    assert "| `passes` | Passes that every member of a group makes" in page
    assert " as many steps all the same. *integer ≥ 1, by default `3`* |" in page
    assert " Paths are relative to the suite file. *text or fields, needed* |" in page
    assert " by seed. *`fitted`, `random`, by default `fitted`* |" in page
    for name in (*METHODS, *FORMS):
        assert (f"### `{name}`" in page) == (name != "shared")
    assert ":math:" not in page
    assert "``" not in page


def test_pages_are_filled_where_they_ask() -> None:
    assert filled("a\n\n<!-- generated: base-models -->\n\nb") == f"a\n\n{support_table()}\n\nb"
    with pytest.raises(KeyError, match="nothing"):
        filled("<!-- generated: nothing -->")


def test_a_cell_cannot_end_its_row() -> None:
    assert table(["a", "b"], [["x|y", "z"]]).splitlines()[2] == "| x\\|y | z |"


def test_exit_codes_are_those_of_the_code() -> None:
    page = (ROOT / "docs" / "reference" / "exit-codes.md").read_text(encoding="utf-8")
    codes = [int(code) for code in re.findall(r"^\| (\d+) \|", page, re.MULTILINE)]
    assert codes == list(MEANINGS)
