"""A plan as people read it."""

from cotrain.plan_phases import Phase
from cotrain.plan_text import plan_text
from cotrain.run_plan import Plan

PLAN = Plan(
    schema=1,
    device="cpu",
    estimator="hybrid",
    workers=2,
    threads=1,
    phases=(Phase(name="probe runs", jobs=12, tokens_forward=3_000_000, tokens_backward=2_000_000, hours=0.5),),
    jobs=12,
    hours=0.5,
    least_jobs=9,
    least_hours=0.25,
    dominates="probe runs",
    memory_bytes=2**31,
    disk_bytes=2**29,
    notes=("something was assumed",),
)


def test_phases_and_totals_are_there() -> None:
    lines = plan_text(PLAN.to_dict()).replace("\N{NO-BREAK SPACE}", " ").splitlines()
    assert lines[1].split() == ["probe", "runs", "12", "3.00", "M", "2.00", "M", "30", "min", "00", "s"]
    assert "in all    12 runs, 30 min 00 s on cpu, 2 x 1 threads" in lines
    told = (
        "at least  9 runs, 15 min 00 s, if the search finds nothing worth training and every task alone is the answer"
    )
    assert told in lines
    assert "memory    2.0 GiB" in lines
    assert lines[-1] == "note: something was assumed"
