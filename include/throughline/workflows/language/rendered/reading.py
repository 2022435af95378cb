"""How to read the page: rules that a reader would otherwise take differently, as far as this definition needs them."""

from __future__ import annotations

from collections.abc import Iterator

from throughline.workflows.language.rendered.facts import has_standard_names
from throughline.workflows.language.rendered.times import Telling
from throughline.workflows.language.rendered.told import Told
from throughline.workflows.language.walk import Condition, every

STATES = (
    "A stage is proven when a record proves it; skipped when it is not proven and is pointless; late when its "
    "clock has ended, every feed is complete and nothing proves it; in time when it was proven, or its clock was "
    "kept, before the clock ended; pending when it is neither proven nor skipped."
)


def rules(telling: Telling) -> Iterator[Told]:
    """Yield the rules, each as one short paragraph."""
    found = [*every(telling.workflow), *_standing(telling)]
    start = "the start of the period" if telling.period else "the trigger"
    yield Told(
        "From and through take both ends in. With days or longer they are whole days on the local calendar, from "
        "the first minute to the last; with hours, or without a length, they are to the minute."
    )
    yield Told(
        f"Where no start is written, records count from {start} on in what proves a stage, keeps or pauses its "
        "clock, skips it or happens otherwise. For whom, what keeps a case from opening, bills and ends look at "
        "any time. Each sentence says which."
    )
    yield Told(
        "A clock in days ends when that day ends. A case that opened late keeps the limit of the rule, but the staff "
        "have at least one business day after it opened (for a clock in hours: until two hours after their next day "
        "begins)."
    )
    yield Told(
        "The n-th business day is strictly after, or before, the day. Months keep the number of the day, or take "
        "the last day of a shorter month."
    )
    yield Told(STATES)
    yield Told(
        "A stage as a moment is when it was proven. A stage that is not proven is no limit as the end of a window. "
        "“Only until” a stage means: only while that stage is neither proven nor skipped."
    )
    if any("same" in each.words for each in found):
        yield Told(
            "A record without the link that is asked for never counts for the person instead. For whom, in a proof "
            "and in what keeps, pauses or skips it is unclear, and a person verifies it by hand; in ends, bills "
            "and otherwise it does not match, and holds nothing up."
        )
    if any("at" in each.words for each in found):
        yield Told(
            "At a moment, what lasts must be going on then; what has no end is still going on."
        )
    yield Told(
        "Unknown is what a feed that is late, or a record that is unclear, could still change. A proof that is "
        "unknown is pending, and past its clock it is verified by hand; what is unknown skips nothing, ends "
        "nothing and bills nothing."
    )
    yield Told(
        "Not yet is what counts from, or is linked to, something that has not happened, such as a stage that is "
        "not proven. It holds nowhere, not even where there is to be no record or where something is not to hold."
    )
    yield Told("Tonight is each night on which the question is asked.")
    yield Told(
        "The trigger's own record satisfies no condition of its case, unless the sentence says that it is the "
        "trigger's own record. Records are counted, not their versions or codes. A record with a date and no time "
        "is that whole day."
    )
    yield Told(
        "Every night all of this is judged anew: when a record is withdrawn, a proven stage falls back, and its "
        "clock then gives at least one business day."
    )
    if has_standard_names(telling):
        yield Told(
            "A name that begins with “standard” is the standard one, beside one of this file with the same name."
        )


def _standing(telling: Telling) -> Iterator[Condition]:
    rules_of_all = telling.workflow.standing
    for part in ("blocks", "ends"):
        for row in rules_of_all[part]:
            yield from Condition(row.get("when", {}), (part,), part).every()
