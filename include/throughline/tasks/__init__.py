"""Tasks: planned from what cases ask for, sent outside once, closed by evidence."""

from throughline.tasks import attest, claims, listed, observing, pausing
from throughline.tasks.answers import ask
from throughline.tasks.dispatch import dispatch
from throughline.tasks.plan import plan, plan_digest, replay_plan

__all__ = [
    "ask",
    "attest",
    "claims",
    "dispatch",
    "listed",
    "observing",
    "pausing",
    "plan",
    "plan_digest",
    "replay_plan",
]
