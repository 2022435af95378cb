"""Which system takes which work: the roles from all source definitions together.

Each definition gives its system's roles (chart, schedule, outreach, documentation, billing, payer) and
says whom it serves. This module checks what involves more than one definition.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

from throughline.sources import catalogue
from throughline.sources.checks import with_line
from throughline.sources.definitions import definition, file_of, source_names
from throughline.sources.source import INSIDE, SourceDefinition, SourceDefinitionError
from throughline.sources.tabular import work_lists
from throughline.vocabulary import read

if TYPE_CHECKING:
    from throughline.warehouse import Connection

MRN_SPACE, CLAIM_SPACE = "mrn", "pcn"
"""Pseudo-sources of record numbers and of our claim control numbers, which no one system owns."""


def systems(folder: Path | None = None) -> list[SourceDefinition]:
    """Return all source definitions, checked one against another. Raises `SourceDefinitionError` with every problem."""
    found, wrong = examine(folder)
    if wrong:
        raise SourceDefinitionError("\n".join(wrong))
    return found


def examine(folder: Path | None = None) -> tuple[list[SourceDefinition], list[str]]:
    """Return the source definitions that are sound, and every problem of all, one a line. Raises nothing."""
    found: list[SourceDefinition] = []
    wrong: list[str] = []
    for name in source_names(folder):
        try:
            found.append(definition(name, folder))
        except SourceDefinitionError as error:
            wrong += str(error).splitlines()
    for name, place, problem in _problems(found):
        document = read(file_of(name, folder))
        wrong.append(with_line(f"{place}: {problem}", document.name, document.lines))
    return found, wrong


def _problems(found: list[SourceDefinition]) -> Iterator[tuple[str, str, str]]:
    """Yield (source, place, problem) for contradictions between definitions."""
    charts = {one.source for one in found if "chart" in one.roles}
    bare = [one.source for one in found if one.ids == "bare"]
    for name in bare[1:]:
        yield name, "ids", f"the visits of {bare[0]} already go by their bare id; write named"
    for one in found:
        if one.source in (MRN_SPACE, CLAIM_SPACE):
            yield one.source, "source", "this name is reserved; choose another one"
        for chart in one.serves.get("charts", ()):
            if chart not in charts:
                yield (
                    one.source,
                    "serves/charts",
                    f"no source {chart} has the role chart",
                )
    payers = [one for one in found if "payer" in one.roles]
    unnamed = [one for one in payers if not one.roles["payer"].receiver_id]
    for one in unnamed[1:]:
        problem = f"{unnamed[0].source} already uses the receiver of practice.yaml; write this system's own"
        yield one.source, "roles/payer/receiver_id", problem
    for one, other in combinations(payers, 2):
        shared = [_shared(one, other, name) for name in ("payers", "billing_npi")]
        if all(shared):
            said = " for ".join(each for each in shared if each)
            yield other.source, "serves", f"{one.source} also serves {said}; name whom each serves"


def _shared(one: SourceDefinition, other: SourceDefinition, name: str) -> str:
    """Return a phrase for what two systems both serve; empty if nothing."""
    mine, theirs = one.serves.get(name), other.serves.get(name)
    both = theirs if mine is None else mine if theirs is None else set(mine) & set(theirs)
    what = {"payers": "payer", "billing_npi": "billing provider"}[name]
    if both is None:
        return f"every {what}"
    return f"{what} {', '.join(sorted(both))}" if both else ""


def connections(folder: Path | None = None) -> list[str]:
    """Return the connections of all roles that take work, sorted. Raises `SourceDefinitionError`."""
    taking = {
        role.connection
        for one in systems(folder)
        for role in one.roles.values()
        if role.name != "chart" and role.form != INSIDE
    }
    return sorted(taking)


def needed(found: Iterable[SourceDefinition]) -> dict[str, list[str]]:
    """Return the connections that some systems need, to be read or to take work, with the sources that name each."""
    by: dict[str, set[str]] = {}
    for one in found:
        of_roles = (role.connection for name, role in one.roles.items() if name != "chart")
        for connection in (one.connection if one.feeds else "", *of_roles):
            if connection:
                by.setdefault(connection, set()).add(one.source)
    return {connection: sorted(sources) for connection, sources in sorted(by.items())}


def register(conn: Connection, seq: int, folder: Path | None = None) -> int:
    """Register the systems, roles and feeds defined on night `seq`; returns the number of feeds.

    A feed is expected from the night that first registered it. Raises `SourceDefinitionError`. Does
    not commit.
    """
    found = systems(folder)
    _register_roles(conn, found)
    _register_targets(conn, seq, found)
    feeds = [
        (one.source, feed.name, feed.owner_team, feed.expected_by, feed.allowed_lag_days, feed.volume,
         catalogue.entry(feed.name).may_be_first(one.standard, one.feeds) or feed.name in work_lists.answered(one)
         or feed.name in _with_its_patients(one),
         seq, feed.same_within_minutes)
        for one in found
        for feed in one.feeds.values()
    ]  # fmt: skip
    with conn.cursor() as cursor:
        cursor.executemany(
            "insert into operations.feed (source, feed, owner_team, expected_by, allowed_lag_days, volume,"
            " may_be_first, known_seq, same_within_minutes) values (%s, %s, %s, %s, %s, %s, %s, %s, %s)"
            " on conflict (source, feed) do update"
            " set owner_team = excluded.owner_team, expected_by = excluded.expected_by,"
            " allowed_lag_days = excluded.allowed_lag_days, volume = excluded.volume,"
            " may_be_first = excluded.may_be_first, same_within_minutes = excluded.same_within_minutes",
            feeds,
        )
    conn.execute(
        "delete from operations.feed where not (source || '/' || feed = any(%s))",
        ([f"{source}/{feed}" for source, feed, *_ in feeds],),
    )
    return len(feeds)


def _with_its_patients(one: SourceDefinition) -> set[str]:
    """Return the feeds of a system that is not a chart whose rows say who the patient is, such as a log of calls.

    It knows a patient from the first such row on, and not before.
    """
    tables = one.conventions.get("tables", {}).values() if "chart" not in one.roles else ()
    told = [{record["feed"] for record in table["records"]} for table in tables]
    return {feed for feeds in told if "patient" in feeds for feed in feeds - {"patient"}}


def ensure_registered(conn: Connection, seq: int) -> None:
    """Register the definitions if nothing is registered: after an upgrade, before the next night opens."""
    row = conn.execute("select exists (select from operations.role)").fetchone()
    if row == (False,):
        register(conn, seq)


def _register_targets(conn: Connection, seq: int, found: list[SourceDefinition]) -> None:
    """Keep by night who takes what, and which of them are only observed."""
    from throughline.warehouse import modes

    said = {
        ("target", f"{one.source}|{role.name}"): role.mode
        for one in found
        for role in one.roles.values()
    }
    modes.register(conn, seq, ("target",), said)
    conn.execute("delete from operations.routing where known_seq = %s", (seq,))
    conn.execute(
        "insert into operations.routing (known_seq, roles, serves)"
        " select %s, r.roles, v.serves from (select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object("
        "'source', source, 'role', role, 'connection', connection, 'form', nullif(form, 'interface')))"
        " order by source, role), '[]') as roles from operations.role) as r"
        " cross join (select coalesce(jsonb_agg(jsonb_build_object('source', source, 'kind', kind,"
        " 'value', value) order by source, kind, value), '[]') as serves from operations.serves) as v"
        " where not exists (select from operations.routing as k where k.roles = r.roles and k.serves = v.serves"
        " and k.known_seq = (select max(o.known_seq) from operations.routing as o where o.known_seq < %s))",
        (seq, seq),
    )


def number_prefixes(found: list[SourceDefinition]) -> dict[str, list[str]]:
    """Return, by source, the prefixes that make its record numbers unique when persons are linked.

    Charts with the same `mrn_system` share one numbering. The chart whose visits go by their bare id
    has no prefix, nor have charts that share its numbering. A system that is not a chart uses the
    record numbers of the charts it serves, so it gets the prefix of each of them.
    """
    charts = {one.source: one for one in found if "chart" in one.roles}
    system = {name: str(one.conventions.get("mrn_system", "")) for name, one in charts.items()}
    plain = {"", *(system[name] for name, one in charts.items() if one.ids == "bare")}
    own = {
        name: "" if one.ids == "bare" or system[name] in plain else f"{system[name]}|"
        for name, one in charts.items()
    }
    return {
        one.source: [own[one.source]]
        if one.source in own
        else sorted({own[name] for name in one.serves.get("charts", charts)}) or [""]
        for one in found
    }


def _register_roles(conn: Connection, found: list[SourceDefinition]) -> None:
    """Write the systems, their roles and whom they serve.

    How a chart's visits are named is part of keys and references, so it cannot change once registered.
    """
    prefixes = {one.source: f"{one.source}|" if one.ids == "named" else "" for one in found}
    numbers = number_prefixes(found)
    known = conn.execute(
        "select source, id_prefix, is_chart, number_prefixes from operations.source"
    ).fetchall()
    for source, prefix, is_chart, before in known:
        if is_chart and numbers.get(source, before) != before:
            problem = "its record numbers had another system before, and persons are linked by them"
            raise SourceDefinitionError(f"{source}.yaml: conventions/mrn_system: {problem}")
        if is_chart and prefixes.get(source, prefix) != prefix:
            problem = (
                "its visits had other names before, which are part of the keys of what was sent"
            )
            raise SourceDefinitionError(f"{source}.yaml: ids: {problem}")
    gone = [source for source, prefix, is_chart, _ in known if is_chart and not prefix]
    for one in found:
        if one.ids == "bare" and gone and one.source not in gone:
            problem = f"the visits of {gone[0]} went by their bare id; write named"
            raise SourceDefinitionError(f"{one.source}.yaml: ids: {problem}")
    with conn.cursor() as cursor:
        cursor.executemany(
            "insert into operations.source (source, title, id_prefix, is_chart, number_prefixes)"
            " values (%s, %s, %s, %s, %s)"
            " on conflict (source) do update set title = excluded.title, id_prefix = excluded.id_prefix,"
            " is_chart = operations.source.is_chart or excluded.is_chart,"
            " number_prefixes = excluded.number_prefixes",
            [
                (
                    one.source,
                    one.title,
                    prefixes[one.source],
                    "chart" in one.roles,
                    numbers[one.source],
                )
                for one in found
            ],
        )
        cursor.execute("delete from operations.role")
        cursor.executemany(
            "insert into operations.role (source, role, connection, submitter_id, receiver_id, form, work_list)"
            " values (%s, %s, %s, %s, %s, %s, %s)",
            [
                (
                    one.source,
                    role.name,
                    role.connection,
                    role.submitter_id,
                    role.receiver_id,
                    role.form,
                    json.dumps(asdict(role.work_list)) if role.work_list is not None else None,
                )
                for one in found
                for role in one.roles.values()
            ],
        )
        cursor.execute("delete from operations.serves")
        cursor.executemany(
            "insert into operations.serves (source, kind, value) values (%s, %s, %s)",
            [
                (one.source, kind, value)
                for one in found
                for kind, values in one.serves.items()
                for value in values
            ],
        )
