"""``cotrain audit``: what is wrong with the data."""

import typer

from cotrain.commands import flags


def audit(
    suite: flags.SuiteFile = None,
    tasks: flags.Tasks = None,
    source: flags.Source = None,
    as_json: flags.Json = False,
    base_model: flags.BaseModel = None,
) -> None:
    """Look at the data: sizes, imbalance, duplicates, leaks between splits and tasks, truncation, contradictions."""
    loaded, names = flags.chosen_tasks(flags.chosen_suite(suite, {"base_model": base_model}), tasks)
    flags.only_builtin(loaded, source=source)
    from cotrain.json_text import to_json
    from cotrain.workspace import read_workspace
    from tasks.audit import audit as look

    if loaded.builtin:
        from cotrain.builtin import mine_suite

        loaded = mine_suite(loaded, names=names, sources=source or ())
    workspace = read_workspace(loaded)
    found = look(list(workspace.tasks.values()), workspace.encoded).to_dict()
    if as_json:
        typer.echo(to_json(found), nl=False)
        return
    from cotrain.columns import aligned
    from reports.audit_tables import data, findings

    for table in (data(found), findings(found)):
        if table:
            heads = [column.label for column in table.columns]
            typer.echo("\n".join([table.caption, "", *aligned([heads, *table.texts()]), ""]))
