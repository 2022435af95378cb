"""Removes what is past the practice's terms, because a named person says so, and keeps on record what went.

`practice.yaml` says how long each kind is kept; what it leaves out is kept for good. `planned` says what is past its
time. `act` registers the act of a person, which records what goes before anything goes. `carried_out` removes it;
what broke off goes on with the next call. docs/retention.md says what needs what.
"""

from throughline.retention.act import ABOUT, ACT, NothingPastError
from throughline.retention.carry import carried_out, unfinished
from throughline.retention.plan import Part, Places, Plan, planned
from throughline.retention.tell import follows, status

__all__ = [
    "ABOUT",
    "ACT",
    "NothingPastError",
    "Part",
    "Places",
    "Plan",
    "carried_out",
    "follows",
    "planned",
    "status",
    "unfinished",
]
