"""The trials of a search's Optuna studies, read again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import optuna
from sqlalchemy.exc import SQLAlchemyError

from grouping.study import OBJECTIVES, PROPOSALS, TRAINED, quiet, study_url
from tasks.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path


def read_trials(path: Path) -> list[dict[str, Any]]:
    """One row per trial of both studies: what was proposed and expected, then what was trained and measured.

    Args:
        path: The SQLite file of the studies, which is left as it is.

    Returns:
        Rows with the same keys; values that a study does not have are None.

    Raises:
        InputError: If there is no such file, or it holds no studies.
    """
    if not path.is_file():
        raise InputError("no such file; a search writes it, as `cotrain recommend` does", place=str(path))
    storage = None
    try:
        with quiet():
            storage = optuna.storages.RDBStorage(study_url(path))
            known = [of.study_name for of in optuna.get_all_study_summaries(storage)]
            rows = [
                {"study": name, **_row(trial)}
                for name in (PROPOSALS, TRAINED)
                if name in known
                for trial in optuna.load_study(study_name=name, storage=storage).get_trials(deepcopy=False)
            ]
    except (SQLAlchemyError, RuntimeError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(
            f"the studies cannot be read ({reason}); expected a file of a search", place=str(path)
        ) from None
    finally:
        if storage is not None:
            storage.remove_session()
            storage.engine.dispose()
    keys = dict.fromkeys(key for row in rows for key in row)
    return [{key: row.get(key) for key in keys} for row in rows]


def _row(trial: optuna.trial.FrozenTrial) -> dict[str, Any]:
    attributes = dict(trial.user_attrs)
    attributes.pop("groups", None)  # the partition as JSON, which `partition` says better
    values = trial.values or []
    return {
        "number": trial.number,
        "state": trial.state.name.lower(),
        "partition": attributes.pop("partition", ""),
        **dict(zip(OBJECTIVES, values, strict=False)),
        **attributes,
    }
