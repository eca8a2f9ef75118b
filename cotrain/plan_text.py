"""The plan of a run as plain text."""

from collections.abc import Mapping
from typing import Any

from cotrain.columns import aligned
from reports.account_words import plan_sentences
from reports.inputs import parse
from reports.numbers import duration, scaled
from reports.terminal import ASCII
from reports.trust import Even


def plan_text(planned: Mapping[str, Any]) -> str:
    """Phases as a table, then what they need together and what was assumed; ends in a newline.

    Args:
        planned: What :meth:`cotrain.run_plan.Plan.to_dict` gives.
    """
    heads = ["phase", "runs", "tokens forward", "tokens trained", "time"]
    rows = [
        [
            name,
            f"{phase['jobs']:,}",
            scaled(phase["tokens_forward"]),
            scaled(phase["tokens_backward"]),
            duration(3600 * phase["hours"]),
        ]
        for name, phase in planned["phases"].items()
    ]
    where = f"{planned['device']}, {planned['workers']} x {planned['threads']} threads"
    least = f"{planned['least_jobs']:,} runs, {duration(3600 * planned['least_hours'])}"
    totals = [
        ["in all", f"{planned['jobs']:,} runs, {duration(3600 * planned['hours'])} on {where}"],
        ["at least", f"{least}, if the search finds nothing worth training and every task alone is the answer"],
        ["memory", f"{planned['memory_bytes'] / 2**30:.1f} GiB"],
        ["disk", f"{planned['disk_bytes'] / 2**30:.2f} GiB, most of it removed at the end"],
        ["longest", planned["dominates"]],
    ]
    notes = [f"note: {note}" for note in planned["notes"]]
    paid = [f"break-even: {line}".translate(ASCII) for line in _paid(planned.get("break_even"))]
    return "\n".join([*aligned([heads, *rows]), "", *aligned(totals), "", *paid, *notes]) + "\n"


def _paid(found: Mapping[str, Any] | None) -> list[str]:
    """When asking pays."""
    if found is None:
        return []
    asked = found["asked"]
    most = None if asked is None else parse(Even, dict(asked), place="plan")
    return plan_sentences(parse(Even, dict(found["best"]), place="plan"), most)
