"""Registers a night's definitions in the warehouse: workflows, calendar, reasons, payers."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import holidays
from psycopg.types.json import Jsonb

from throughline.practice import permissions, practice, teams
from throughline.vocabulary import DefinitionError, layers, read
from throughline.warehouse import Connection, modes
from throughline.workflows.definitions import load_all


def register(conn: Connection, seq: int) -> int:
    """Register this night's definitions; returns the number of new workflow versions.

    A registered version must not change: a changed workflow needs a new version number. A workflow that
    no definition names any more is switched off. Raises
    `DefinitionError`. Does not commit.
    """
    new = 0
    found = load_all()
    for workflow in found:
        row = conn.execute(
            "select sha256, status from cases.workflow_version where workflow = %s and version = %s",
            (workflow.workflow, workflow.version),
        ).fetchone()
        if row is None:
            if workflow.status == "active":
                _retire(conn, workflow.workflow, seq)
            conn.execute(
                "insert into cases.workflow_version (workflow, version, status, definition, sha256,"
                " activated_seq) values (%s, %s, %s, %s, %s, %s)",
                (
                    workflow.workflow,
                    workflow.version,
                    workflow.status,
                    Jsonb(workflow.definition),
                    workflow.sha256,
                    seq if workflow.status == "active" else None,
                ),
            )
            new += 1
        elif row[0] != workflow.sha256:
            raise DefinitionError(
                f"{workflow.workflow} version {workflow.version} has changed since it was"
                " registered; give it a new version number"
            )
        elif row[1] != workflow.status:
            if workflow.status == "active":
                _retire(conn, workflow.workflow, seq)
            conn.execute(
                "update cases.workflow_version set status = %(status)s, definition = %(definition)s,"
                " activated_seq = case when %(status)s = 'active' then %(seq)s else activated_seq end,"
                " retired_seq = case when status = 'active' then %(seq)s end"
                " where workflow = %(workflow)s and version = %(version)s",
                {
                    "status": workflow.status,
                    "definition": Jsonb(workflow.definition),
                    "seq": seq,
                    "workflow": workflow.workflow,
                    "version": workflow.version,
                },
            )
    _switch_off(conn, seq, {one.workflow for one in found if one.status == "active"})
    _register_calendar(conn)
    _register_reasons(conn)
    _register_asked(conn)
    _register_practice(conn, seq)
    _register_shares(conn, seq)
    said = {("workflow", one.workflow): one.mode for one in found}
    said |= {("workflow", one.workflow): one.mode for one in found if one.status == "active"}
    modes.register(conn, seq, ("practice", "workflow"), said | {("practice", ""): practice().mode})
    return new


def _retire(conn: Connection, workflow: str, seq: int) -> None:
    """Retire the active version of a workflow, which another version replaces tonight."""
    conn.execute(
        "update cases.workflow_version set status = 'retired', retired_seq = %s"
        " where workflow = %s and status = 'active'",
        (seq, workflow),
    )


def _switch_off(conn: Connection, seq: int, active: set[str]) -> None:
    """Retire the versions of workflows that no definition names any more: from tonight on, they open nothing."""
    conn.execute(
        "update cases.workflow_version set status = 'retired', retired_seq = %s"
        " where status = 'active' and not workflow = any(%s)",
        (seq, sorted(active)),
    )


def _yaml(name: str) -> dict[str, Any]:
    found: dict[str, Any] = read(layers().file(name)).data
    return found


def _register_calendar(conn: Connection) -> None:
    """Number the business days, so that adding some is a lookup."""
    calendar = _yaml("calendars.yaml")["business_days"]
    years = range(calendar["from_year"], calendar["to_year"] + 1)
    row = conn.execute("select min(day), max(day) from cases.business_day").fetchone()
    if row == (date(years[0], 1, 1), date(years[-1], 12, 31)):
        return
    conn.execute("delete from cases.business_day")
    closed = holidays.country_holidays(calendar["country"], years=years)
    day, number = date(years[0], 1, 1), 0
    with conn.cursor().copy(
        "copy cases.business_day (day, number, is_business) from stdin"
    ) as copy:
        while day.year <= years[-1]:
            is_business = day.weekday() < 5 and day not in closed
            number += is_business
            copy.write_row((day, number, is_business))
            day += timedelta(days=1)


def _register_asked(conn: Connection) -> None:
    """Record which team is asked about claims and about stopped deliveries, and how long each team has to answer."""
    asked = {"claims_not_released": "attest_claims", "feed_not_released": "release_feed"}
    conn.execute("delete from operations.asked_team")
    with conn.cursor() as cursor:
        cursor.executemany(
            "insert into operations.asked_team (reason, billing_npi, owner_team) values (%s, %s, %s)",
            [
                (reason, npi, team)
                for reason, what in asked.items()
                for npi, team in permissions.teams_asked(what).items()
            ],
        )
    conn.execute("delete from operations.team_wait")
    with conn.cursor() as cursor:
        cursor.executemany(
            "insert into operations.team_wait (team, lead_after_days) values (%s, %s)",
            [(name, team.lead_after_days) for name, team in teams().items()],
        )


def _register_reasons(conn: Connection) -> None:
    for reason, entry in _yaml("exceptions.yaml").items():
        conn.execute(
            "insert into operations.reason (reason, owner_team, due_days, title)"
            " values (%s, %s, %s, %s) on conflict (reason) do update set"
            " owner_team = excluded.owner_team, due_days = excluded.due_days, title = excluded.title",
            (reason, entry["owner_team"], entry["due_days"], entry["title"]),
        )


def _register_practice(conn: Connection, seq: int) -> None:
    """Record the settings that changed since earlier nights, as known from this night on."""
    rows = [
        (name, payer_id, str(payer[field]))
        for payer_id, payer in _yaml("payers.yaml")["payers"].items()
        for name, field in (
            ("payer_floor_days", "payment_floor_days"),
            ("payer_filing_days", "timely_filing_days"),
            ("payer_filing_reserve_days", "filing_reserve_days"),
            ("payer_filing_code", "filing_code"),
            ("payer_acknowledgement_days", "acknowledgement_days"),
            ("payer_claim_answer_days", "claim_answer_days"),
        )
        if field in payer
    ]
    rows += [
        ("sole_submitter", f"{payer_id}|{npi}", "yes")
        for payer_id, npi in practice().sole_submitter
    ]
    rows += [
        ("time_zone", "", practice().time_zone),
        ("bill_hold_days", "", str(practice().bill_hold_days)),
        *(("by_hand", f"{workflow}|{stage}", "yes") for workflow, stage in practice().by_hand),
        ("contact_from", "", practice().contact_from),
        ("contact_to", "", practice().contact_to),
        *((f"attribution_{name}", "", value) for name, value in practice().attribution),
    ]
    for site in practice().sites:
        rows.append(("zone_of_site", site.site, site.time_zone))
        rows += [
            ("site_of_place", f"{source}|{code}", site.site) for source, code in site.locations
        ]
    conn.execute("delete from cases.setting_known where known_seq = %s", (seq,))
    conn.execute(
        "with said as ("
        " select * from unnest(%(names)s::text[], %(keys)s::text[], %(values)s::text[])"
        " as x (name, key, value)),"
        " known as ("
        " select distinct on (name, key) name, key, value from cases.setting_known"
        " where known_seq < %(seq)s order by name, key, known_seq desc)"
        " insert into cases.setting_known (name, key, known_seq, value)"
        " select coalesce(s.name, k.name), coalesce(s.key, k.key), %(seq)s, s.value"
        " from said as s full join known as k on k.name = s.name and k.key = s.key"
        " where s.value is distinct from k.value",
        {
            "names": [name for name, _, _ in rows],
            "keys": [key for _, key, _ in rows],
            "values": [value for _, _, value in rows],
            "seq": seq,
        },
    )


def _register_shares(conn: Connection, seq: int) -> None:
    """Record the allowed shares that changed since earlier nights, as known from this night on."""
    shares = _yaml("payers.yaml")["allowed_shares"]
    conn.execute("delete from cases.allowed_share where known_seq = %s", (seq,))
    conn.execute(
        "with said as ("
        " select x.payer_class, x.share::numeric(5, 4) as share"
        " from unnest(%(classes)s::text[], %(shares)s::numeric[]) as x (payer_class, share)),"
        " known as ("
        " select distinct on (payer_class) payer_class, share from cases.allowed_share"
        " where known_seq < %(seq)s order by payer_class, known_seq desc)"
        " insert into cases.allowed_share (payer_class, known_seq, share)"
        " select coalesce(s.payer_class, k.payer_class), %(seq)s, s.share"
        " from said as s full join known as k on k.payer_class = s.payer_class"
        " where s.share is distinct from k.share",
        {"classes": list(shares), "shares": [str(share) for share in shares.values()], "seq": seq},
    )
