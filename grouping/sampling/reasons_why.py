"""Why a partition was proposed, in words."""

WORDS = {
    "baseline": "baseline",
    "spread": "tasks that have not met",
    "mean": "best expected",
    "draw": "best in a draw",
    "near": "near the best so far",
    "left": "left over",
}
"""The user attribute ``why`` of a trial is one of these."""
