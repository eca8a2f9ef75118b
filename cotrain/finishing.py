"""The end of a run: adapters, the JSON objects and the report."""

from collections.abc import Mapping
from typing import Any

from cotrain.accounting import Spending, account
from cotrain.answer_so_far import AnswerSoFar, rank
from cotrain.drawn import log_drawn
from cotrain.proving import Proof
from cotrain.recommendation import folder_name
from cotrain.running import Session
from grouping.partition import Group
from trainers.cost import Cost
from trainers.private_export import save_group
from trainers.served import served_by


def served_groups(found: Mapping[str, Any]) -> list[Group]:
    """The answer's groups without tasks that could not be measured."""
    return [tuple(group) for group in found["groups"] if not set(group) <= set(found["left_out"])]


def total_cost(found: Mapping[str, Any]) -> Cost:
    """What the whole run cost."""
    return Cost(**found["cost"]["total"])


def draw_up(session: Session, found: dict[str, Any], spending: Spending) -> None:
    """The account of the costs, where everything that it needs was trained."""
    served = served_by(session.spec, groups={len(group) for group in spending.groups})
    found["cost"]["account"] = account(spending, served)


def finish(
    session: Session, found: dict[str, Any], shown: dict[str, Any], proof: Proof | None, answer: AnswerSoFar
) -> dict[str, Any]:
    """Writes everything, unless the folder holds a better answer to the same question; returns the better one."""
    folder = session.folder
    if proof is not None:
        for group in found["groups"]:
            runs = proof.runs.groups.get(tuple(group)) if len(group) > 1 else proof.runs.references.get(group[0])
            if runs:  # else a task that could not be measured
                save_group(
                    folder.adapters / folder_name(group), runs[0], session.spec, texts=session.workspace.text_uses
                )
    better = answer.known()
    if not found["complete"] and better is not None and rank(better) > rank(found):
        return better
    folder.write_json("evidence.json", shown)
    folder.write_json("recommendation.json", found)
    answer.log(found)
    if session.limits.may_draw(answer.drawing):
        with session.progress.phase("drawing the report", 1):
            answer.draw()
        log_drawn(folder)
    else:
        session.progress.line(
            f"the report was not drawn within the time limit: `cotrain report {folder.path}` draws it"
        )
    if found["complete"]:
        session.drop_cache()
    return found
