"""``cotrain audit``: what is wrong with the data."""

import sys

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
    from cotrain.progress import progress_on
    from cotrain.workspace import read_workspace
    from tasks.audit import audit as look

    with progress_on(sys.stderr, brief=True) as progress:
        if loaded.builtin:
            from cotrain.builtin import mine_suite

            with progress.phase("mining the built-in tasks", 1):
                loaded = mine_suite(loaded, names=names, sources=source or ())
        with progress.phase("reading tasks", 1):
            workspace = read_workspace(loaded)
        with progress.phase("looking at them", 1):
            found = look(list(workspace.tasks.values()), workspace.encoded).to_dict()
    if as_json:
        typer.echo(to_json(found), nl=False)
        return
    from cotrain.commands.show import show_tables
    from reports.audit_tables import data, findings

    show_tables([table for table in (data(found), findings(found)) if table])
