"""What an exception says, from the row that it is made of, and how a page shows it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import throughline.quality.decide
import throughline.tasks.attest  # noqa: F401 - registers the acts on batches of claims
from throughline import decisions
from throughline.exceptions import titles as act_titles
from throughline.exceptions.actions import ACTIONS, FITTING
from throughline.exceptions.choices import choices
from throughline.exceptions.titles import TITLES, TITLES_FOR, TITLES_OF
from throughline.pages import case, listed
from throughline.pages.listed import Chosen, Listed
from throughline.pages.people import Name, language, telephone
from throughline.pages.render import PLACES, environment, render, script
from throughline.pages.visitor import Visitor, visitor
from throughline.told import exceptions
from throughline.told.exceptions import Stuck
from throughline.told.today import Today
from throughline.vocabulary import OURS, read

ZONE = "America/New_York"
TODAY = Today(ZONE, datetime(2026, 9, 4, 7, tzinfo=UTC), 3, date(2026, 9, 3))
REASONS = tuple(read(OURS / "exceptions.yaml").data)
CALL = Stuck(
    exception_id="e6b0d470-0000-0000-0000-000000000001",
    reason="missed_clock",
    title="Deadline missed",
    about_kind="case",
    about_id="ce7d91cd-0000-0000-0000-000000000002",
    owner_team="front_desk",
    owner=None,
    opened_at=datetime(2026, 9, 4, 7, tzinfo=UTC),
    due_at=datetime(2026, 9, 5, 4, tzinfo=UTC),
    status="open",
    resolution=None,
    amount=Decimal("205.34"),
    detail={"stage": "contacted"},
    person_id="aaaaaaaa-0000-0000-0000-000000000003",
    case_id="ce7d91cd-0000-0000-0000-000000000002",
    workflow="transitional_care",
    workflow_title="Transitional care after a discharge",
    stage="contacted",
    trigger_on=date(2026, 8, 30),
    clock_ends_at=datetime(2026, 9, 2, 4, tzinfo=UTC),
    tasks=2,
    last_task_at=datetime(2026, 9, 2, 7, tzinfo=UTC),
    last_reason="no_answer",
    attempts=2,
    last_attempt_at=datetime(2026, 9, 2, 15, tzinfo=UTC),
    last_outcome="left_message",
    decided=None,
    decided_by=None,
    decided_at=None,
    decided_owner=None,
    file_name=None,
    adjustments=None,
)
ADA = Name(CALL.person_id or "", "Long", "Ada <b>", date(1950, 1, 2), "5852000014", "MRN1", False)


def test_it_says_stage_workflow_since_when_why_what_was_tried_and_how_much() -> None:
    assert exceptions.name(CALL) == "Deadline missed"
    assert exceptions.subject(CALL) == "stage contacted of transitional care after a discharge"
    assert exceptions.since(CALL, ZONE) == "since 2026-09-04"
    assert exceptions.why(CALL, ZONE).endswith("The clock of the stage ended on 2026-09-01.")
    assert exceptions.tried(CALL, ZONE) == (
        "2 calls since the case began, the last on 2026-09-02: left a message;"
        " 2 tasks of ours for this stage, the last on 2026-09-02"
    )
    late = replace(CALL, last_outcome="reached")
    assert exceptions.tried(late, ZONE).startswith(
        "2 calls since the case began, the last on 2026-09-02: spoke with the patient, or somebody who may speak for"
        " the patient, 11 hours after the clock ended on 2026-09-01;"
    )
    assert "after the clock" not in exceptions.tried(replace(late, clock_ends_at=None), ZONE)
    assert exceptions.money(CALL) == "$205.34"
    assert (
        exceptions.tried(replace(CALL, tasks=0, attempts=0), ZONE) == "nothing yet for this stage"
    )


@pytest.mark.parametrize("reason", REASONS)
def test_every_reason_has_words_and_something_that_may_be_done(reason: str) -> None:
    bare = replace(CALL, reason=reason, title=None, detail={})
    said = exceptions.why(bare, ZONE)
    assert said.startswith(exceptions.WHY[reason])
    assert "{" not in said
    acts = choices(reason, {}, in_case=reason not in FITTING)
    assert len(acts) > 0
    assert sum(choice.is_usual for choice in acts) == 1
    assert {choice.act for choice in acts} <= {*ACTIONS, "release", "reject"}
    assert all("{" not in choice.follows and choice.follows.endswith(".") for choice in acts)
    if reason in FITTING:
        allowed = {*FITTING[reason], *(("release", "reject") if reason == "rows_set_aside" else ())}
        assert {choice.act for choice in acts} == allowed


def test_every_sentence_of_details_belongs_to_a_reason_and_is_told_whole_or_not() -> None:
    assert set(exceptions.DETAILS) <= set(REASONS)
    half = replace(CALL, reason="claim_denied", detail={"denied": 100})
    assert "Denied" not in exceptions.why(half, ZONE)
    whole = replace(half, detail={"denied": 100, "balance": "420.5"})
    assert "Denied are $100.00, and $420.50 is open." in exceptions.why(whole, ZONE)


def test_money_may_be_written_off_where_there_is_a_balance() -> None:
    for reason, detail, offered in (
        ("claim_denied", {}, True),
        ("missed_clock", {}, False),
        ("charge_check", {"balance": 5}, True),
    ):
        acts = {choice.act for choice in choices(reason, detail, in_case=True)}
        assert ("write_off" in acts) == offered
    assert not {c.act for c in choices("claim_denied", {}, in_case=False)} - {
        "acknowledge",
        "assign",
    }


def test_a_decision_shows_and_ends_what_is_offered() -> None:
    made: dict[str, Any] = {
        "decided_by": "nurse",
        "decided_at": datetime(2026, 9, 4, 15, tzinfo=UTC),
    }
    waits = replace(CALL, decided="close_case", **made)
    assert exceptions.decided(waits, ZONE) == (
        "Close the case: decided by nurse on 2026-09-04 11:00, counts from tonight"
    )
    assert exceptions.may_be_done(waits) == []
    given = replace(CALL, decided="assign", decided_owner="billing", **made)
    assert exceptions.decided(given, ZONE).startswith("Assign to billing: decided by nurse")
    assert exceptions.may_be_done(given) != []
    assert exceptions.may_be_done(replace(CALL, status="resolved")) == []


def page(who: Visitor, names: dict[str, Name], **changed: Any) -> str:
    stuck = replace(CALL, **changed)
    shown = Listed(
        Chosen(),
        [stuck],
        1,
        1,
        0,
        1,
        [("front_desk", 1)],
        [],
        [("missed_clock", "Deadline missed", 1)],
    )
    return render(
        "exceptions.html.jinja", who, "/airflow/throughline", "exceptions",
        list=shown, names=names, today=TODAY, dues=listed.DUE, ages=[], is_mine=lambda one: True,
    )  # fmt: skip


def test_everything_on_a_page_is_escaped() -> None:
    told = page(
        Visitor("<i>nurse", ("<script>",)),
        {ADA.person_id: ADA},
        title="<img src=x>",
        workflow_title="<svg>",
        owner='"><script>',
    )
    others = told.replace(f"<script>{script()}</script>", "").replace("<b>&lt;i&gt;nurse</b>", "")
    for planted in ("<i>", "<b>nurse<", "<script", "<img", "<svg", "Ada <b>"):
        assert planted not in others
    assert "Ada &lt;b&gt; Long" in told
    assert " on" + "click" not in told


def test_a_name_is_shown_to_those_who_may_alone() -> None:
    assert "Long" not in page(Visitor("viewer"), {})
    assert "You are not shown patients&#39; names" in page(Visitor("viewer"), {}).replace(
        "'", "&#39;"
    )


def test_addresses_keep_the_filters_and_what_cannot_be_read_is_not_said() -> None:
    asked = listed.chosen(
        {"team": "billing & co", "page": "²", "due": "never", "mine": "yes", "more": "x"}
    )
    assert asked == Chosen(team="billing & co")
    assert asked.address(page=2) == "?team=billing+%26+co&page=2"
    assert listed.chosen({"page": "0"}).page == listed.chosen({"page": "9" * 30}).page == 1
    assert Chosen().address() == ""


def test_today_ends_at_the_practices_midnight() -> None:
    assert (TODAY.morning, TODAY.ends) == (date(2026, 9, 4), datetime(2026, 9, 5, 4, tzinfo=UTC))


def test_a_telephone_number_reads_as_people_read_it() -> None:
    assert [telephone(each) for each in ("5852000014", "15852000014", "", None)] == [
        "(585) 200-0014", "15852000014", "", "",
    ]  # fmt: skip


def test_a_visitor_has_the_teams_that_list_them() -> None:
    assert visitor("biller").teams == ("billing",)
    assert visitor("stranger").teams == ()
    with pytest.raises(PermissionError):
        visitor(" ")


def test_a_name_stands_beside_the_day_of_birth_on_every_page_that_shows_it() -> None:
    told = page(Visitor("nurse", ()), {ADA.person_id: ADA})
    born = ADA.birth_date
    assert born is not None
    assert f"born {born:%d %b %Y}" in told


def test_a_thing_with_an_id_of_ours_is_named_by_its_first_characters() -> None:
    rows = replace(
        CALL,
        case_id=None,
        about_kind="batch",
        about_id="205256a8-7fd8-a351-f298-729e4ee17749",
        file_name=None,
    )
    assert exceptions.subject(rows) == "batch 205256a8"
    left = replace(rows, about_kind="discharge", about_id="discharge 0cc175b9")
    assert exceptions.subject(left) == "discharge 0cc175b9", "said once"


@pytest.mark.parametrize(("code", "said"), [("en-US", "English"), ("ES", "Spanish"), ("tlh", "tlh")])  # fmt: skip
def test_a_language_is_said_as_people_say_it(code: str, said: str) -> None:
    assert language(code) == said


def test_the_docs_name_each_button_with_its_act_and_permission() -> None:
    told = (Path(__file__).resolve().parents[4] / "docs/pages.md").read_text(encoding="utf-8")
    assert [name for _, name in PLACES if f"\n| {name}" not in told] == []
    rows = re.findall(r"^\| (\*.+?) \| (`.+?) \| `(\w+)` \|$", told, re.M)
    listed = {
        (title, act): permission
        for titles, acts, permission in rows
        for title, act in zip(
            re.findall(r"\*([^*]+)\*", titles), re.findall(r"`(\w+)`", acts), strict=True
        )
    }
    rows_of = dict.fromkeys(("Release the rows", "Reject the rows"), "set_aside")
    kinds = {**rows_of, "Refuse the batch": "claim_batch"}
    titles = {(TITLES[act], act) for act in decisions.acts_on("exception")}
    titles |= {(title, act) for (act, _), title in TITLES_OF.items() if title in kinds}
    titles |= {(title, act) for (act, _), title in TITLES_FOR.items()}
    assert set(listed) == titles
    for (title, act), permission in listed.items():
        assert decisions.permission_of(act, kinds.get(title, "exception")) == permission, title


def test_a_charge_that_disagrees_is_told_in_words() -> None:
    detail = {"charged": ["99495"], "expected": "ordinary"}
    told = exceptions.why(replace(CALL, reason="charge_check", detail=detail), ZONE)
    assert told.endswith(
        "The charge says 99495, the documentation supports the code of an ordinary visit."
    )


@pytest.mark.parametrize(
    ("state", "due", "said"),
    [("pending", 1, "in time"), ("pending", -1, "late"), ("pending", None, "in time"),
     ("unknown", -1, "not known"), ("missed", -1, "clock missed"), ("complete", -1, "proven")],
)  # fmt: skip
def test_a_stage_is_in_time_only_as_long_as_its_clock_runs(
    state: str, due: int | None, said: str
) -> None:
    now = Today(ZONE, datetime(2026, 9, 18, 7, tzinfo=UTC), 10)
    due_at = None if due is None else now.cut_off + timedelta(hours=due)
    stage = case.Stage("contacted", state, due_at, None, None, None, None)
    assert case.standing(stage, now) == said


def test_an_act_is_named_by_what_it_does() -> None:
    """Trying a charge check again asks for nothing anew: it lets the claim go as it is charged."""
    bill = next(one for one in choices("charge_check", {}, in_case=True) if one.act == "retry")
    assert (bill.title, bill.needs_reason, bill.is_usual) == ("Bill as charged", True, False)
    assert "although the documentation does not support that" in bill.follows
    for reason, said in (
        ("provider_adjustment", "Billing has posted it"),
        ("new_code", "Count the code as known"),
    ):
        (put_off,) = [one for one in choices(reason, {}, in_case=False) if one.act == "acknowledge"]
        assert put_off.title == act_titles.title("acknowledge", reason=reason) == said
    assert act_titles.title("acknowledge", reason="missed_clock") == "Acknowledge for a week"


@pytest.mark.parametrize("has_died", [True, False])
def test_who_has_died_is_marked_beside_the_name(has_died: bool) -> None:
    name = Name("p", "Long", "Ada", date(1950, 1, 2), "7165550142", "M1", has_died)
    parts: Any = environment().get_template("parts.jinja").module
    whom = parts.whom("", name)
    assert ("has died" in whom) is has_died


@pytest.mark.parametrize(
    ("reason", "says"),
    [
        ("disposition_not_stated", "the discharge counts as: what you choose, stated by you"),
        ("level_not_stated", "documents this level: the one that you choose, stated by you"),
        (
            "reconciliation_not_stated",
            "this discharge: on the day that you say, or not at all, stated",
        ),
    ],
)
def test_what_a_statement_will_do_is_said_before_it_is_made(reason: str, says: str) -> None:
    first = choices(reason, {}, in_case=True)[0]
    assert says in first.follows
