"""What each role of the warehouse has to be able to write, read out of the statements of its steps."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from sqlglot import exp

from tests.contracts import derive
from tests.contracts.uses import _VERB, Columns, _set_by, _strings
from throughline.warehouse import Connection, contract
from throughline.warehouse.sql import split

LOADER, LOOP, DECIDER = "throughline_loader", "throughline_loop", "throughline_decider"

Right = tuple[str, str, str]
"""A table, `insert`, `update` or `delete`, and the column that an update sets (else empty)."""

STEPS: dict[str, tuple[str, ...]] = {
    "throughline.sources": (LOADER,),
    "throughline.sources.systems": (LOOP,),
    "throughline.quality": (LOADER,),
    "throughline.quality.balance": (LOADER, DECIDER),
    "throughline.quality.decide": (DECIDER,),
    "throughline.tasks.attest": (DECIDER,),
    "throughline.tasks.listed": (LOOP, DECIDER),
    "throughline.exceptions": (LOOP, DECIDER),
    "throughline.exceptions.resolve": (DECIDER,),
    "throughline.decisions": (DECIDER,),
    "throughline.retention": (DECIDER,),
    # a restore carries it over as the owner
    "throughline.deployment.removed": (),
    "throughline.warehouse.steps": (LOADER, LOOP),
}
"""Modules and the roles that they run in; everything else of the pipeline, and of `sql/`, is the loop's."""

SHOWS: Right = ("operations.shown", "insert", "")
"""`decisions.show`, which whoever asks a question calls; the rest of that module is the decider's."""

OF_THE_OWNER = {"tasks/after_restore.sql"}
"""Files of `sql/` that no role of the night runs."""

FROM_FRAGMENTS: dict[str, set[Right]] = {
    LOADER: {
        SHOWS,
        ("quality.quarantine", "update", "status"),
        ("quality.quarantine", "update", "subject_source"),
        ("quality.quarantine", "update", "subject_id"),
    },
    LOOP: {
        SHOWS,
        *(
            (f"evidence.{table}", verb, "")
            for table in ("code_map", "known_code")
            for verb in ("insert", "delete")
        ),
    },
}
"""What statements need that are put together from fragments, so that they cannot be parsed."""


def needed(columns: Columns) -> dict[str, set[Right]]:
    """Return the rights that each role's statements need, but for `core` and `staging`."""
    found: dict[str, set[Right]] = defaultdict(set)
    for role, rights in FROM_FRAGMENTS.items():
        found[role] |= rights
    for path in sorted({*derive.files()} - OF_THE_OWNER):
        for statement in split(contract.read(derive.text_of(path))[1]):
            found[LOOP] |= set(_rights(statement, columns))
    for module, text in _strings():
        if module.startswith("throughline.") and _VERB.match(text):
            for role in roles_of(module):
                found[role] |= set(_rights(re.sub(r"%s", "null", text), columns))
    return found


def roles_of(module: str) -> tuple[str, ...]:
    """Return the roles that a module runs in: those of the nearest package in `STEPS`."""
    while module:
        if module in STEPS:
            return STEPS[module]
        module = module.rpartition(".")[0]
    return (LOOP,)


def granted(conn: Connection) -> dict[str, set[Right]]:
    """Return what the roles may write, as `needed`."""
    found: dict[str, set[Right]] = defaultdict(set)
    for role, place, verb, column in conn.execute(
        """
        select r.rolname::text, n.nspname || '.' || c.relname, v.verb, coalesce(a.attname::text, '')
        from pg_roles as r
        cross join pg_class as c
        inner join pg_namespace as n on n.oid = c.relnamespace
        cross join (values ('insert'), ('update'), ('delete')) as v (verb)
        left join pg_attribute as a
            on v.verb = 'update' and a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        where r.rolname = any(%s) and c.relkind in ('r', 'p', 'v')
            and n.nspname = any(%s)
            and case v.verb
                when 'insert' then has_any_column_privilege(r.oid, c.oid, 'insert')
                when 'update' then has_column_privilege(r.oid, c.oid, a.attnum, 'update')
                else has_table_privilege(r.oid, c.oid, 'delete')
            end
        """,
        (
            [LOADER, LOOP, DECIDER],
            "landing quality identity evidence cases tasks operations".split(),
        ),
    ).fetchall():
        found[role].add((place, verb, column))
    return found


def _rights(statement: str, columns: Columns) -> Iterator[Right]:
    try:
        tree = derive.parsed(statement)
    except derive.OpaqueStatement:
        if copied := re.match(r"\s*copy (\w+\.\w+) ", statement):
            yield (copied[1], "insert", "")
        return
    for write in tree.find_all(*derive.WRITES):
        target = write.this.this if isinstance(write.this, exp.Schema) else write.this
        table = derive.name_of(target) if isinstance(target, exp.Table) else ""
        if table not in columns:
            continue
        if isinstance(write, exp.Insert):
            yield table, "insert", ""
            conflict = write.args.get("conflict")
            if conflict is not None:
                yield from ((table, "update", name) for name in _set_by(conflict))
        elif isinstance(write, exp.Update):
            yield from ((table, "update", name) for name in _set_by(write))
        else:
            yield table, "delete", ""
