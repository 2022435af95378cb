"""What payers hold about people before any claim: who is enrolled where, and what was used elsewhere."""

from __future__ import annotations

from sandbox.claims.state import Enrollment, State
from sandbox.world.engine import World
from sandbox.world.model import Patient


def enroll(world: World, state: State) -> None:
    """Fill the payers' files from everybody's coverages."""
    for who in world.patients.values():
        for has in who.coverages:
            enrolled = Enrollment(
                who.id, has.payer_id, has.member_id, has.starts, has.ends, has.order, has.is_qmb,
                who.birth_date, who.sex,
            )  # fmt: skip
            state.enrollment[(has.payer_id, has.member_id)] = enrolled
            state.coverages.setdefault(who.id, []).append(enrolled)
        part_b = [c.starts for c in who.coverages if c.kind == "part_b"]
        if who.coverages:
            state.member(who.id).part_b_from = min(part_b, default=None)
        if who.wellness:
            state.member(who.id).wellness = [(had.code, had.day) for had in who.wellness]


def learn(state: State, who: Patient) -> None:
    """Somebody had a wellness visit elsewhere: that practice's claim reaches the payer at once."""
    if not any(had.elsewhere for had in who.wellness):
        return
    known = state.member(who.id).wellness
    for had in who.wellness:
        if had.elsewhere and (had.code, had.day) not in known:
            known.append((had.code, had.day))
