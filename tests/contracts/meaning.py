"""Reads the warehouse's comments (`comment on`) and renders `docs/warehouse.md` from them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.contracts.uses import Columns, Uses
from throughline.warehouse import Connection

TARGET = Path(__file__).resolve().parents[2] / "docs" / "warehouse.md"
SCHEMAS = (
    "landing",
    "staging",
    "quality",
    "core",
    "identity",
    "evidence",
    "cases",
    "tasks",
    "operations",
)

SAME_WORDS: dict[str, str | tuple[str, ...]] = {
    "source": "The system of record, by the name of its definition",
    "feed": "The feed, by its name in the catalogue",
    "known_seq": "The night in which we learned it (operations.night)",
    "retracted_seq": "The night in which it ceased to stand",
    "closed_seq": "The night in which it ended (operations.night)",
    "planned_seq": "The night that planned it (operations.night)",
    "opened_seq": "The night that opened it (operations.night)",
    "derived_seq": "The night that last changed the row",
    "person_id": "The person",
    "case_id": "The case",
    "workflow": "The workflow, by its name",
    "owner_team": "The team that owns it",
    "effect_key": "The key of the effect on the outside",
    "patient_control_number": (
        "The submitter's number of the claim (CLM01)",
        "The claim that bills the visit",
    ),
}
"""Columns that many tables have, and the words with which their comment must begin everywhere."""

HEAD = """# The warehouse

Written by `make docs` from what the tables say of themselves (`comment on`, in `sql/schema/`) and from the statements
that use them. *Written by* and *read by* are the steps of the loop; [sql.md](sql.md) has the files of `sql/`. A moment
(`timestamptz`) stands for one everywhere; a `date` is a day. Amounts are US dollars.

## Who may rely on what

A step reads the tables of its neighbour and what the steps before it publish; what reads further is listed, with its
reason, in `tests/contracts/reach.py`.
"""


@dataclass(frozen=True)
class Column:
    """A column in PostgreSQL's catalog; `meaning` is None if it has no comment."""

    name: str
    type: str
    meaning: str | None


@dataclass(frozen=True)
class Relation:
    """A table or view by `schema.name`, with its columns in their order."""

    name: str
    kind: str
    meaning: str | None
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class Warehouse:
    """All comments: of schemas, tables and views, and functions (with their bodies)."""

    schemas: Mapping[str, str | None]
    relations: tuple[Relation, ...]
    functions: Mapping[str, str | None]
    bodies: Mapping[str, str]

    @property
    def columns(self) -> Columns:
        """The columns of each table and view."""
        return {
            each.name: frozenset(column.name for column in each.columns) for each in self.relations
        }


def look(conn: Connection) -> Warehouse:
    """Return the comments of a migrated warehouse."""
    schemas = conn.execute(
        "select nspname::text, obj_description(oid, 'pg_namespace') from pg_namespace where nspname = any(%s)",
        (list(SCHEMAS),),
    ).fetchall()
    rows = conn.execute(
        "select n.nspname || '.' || c.relname, case c.relkind when 'v' then 'view' else 'table' end,"
        " obj_description(c.oid, 'pg_class'), a.attname::text, format_type(a.atttypid, a.atttypmod),"
        " col_description(c.oid, a.attnum)"
        " from pg_class as c inner join pg_namespace as n on n.oid = c.relnamespace"
        " inner join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped"
        " where n.nspname = any(%s) and c.relkind in ('r', 'p', 'v', 'm') order by n.nspname, c.relname, a.attnum",
        (list(SCHEMAS),),
    ).fetchall()
    relations: dict[str, Relation] = {}
    for name, kind, meaning, column, type_name, said in rows:
        before = relations[name].columns if name in relations else ()
        short = type_name.replace("timestamp with time zone", "timestamptz")
        relations[name] = Relation(name, kind, meaning, (*before, Column(column, short, said)))
    functions = conn.execute(
        "select n.nspname || '.' || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')',"
        " obj_description(p.oid, 'pg_proc'), p.prosrc"
        " from pg_proc as p inner join pg_namespace as n on n.oid = p.pronamespace where n.nspname = any(%s)"
        " order by 1",
        (list(SCHEMAS),),
    ).fetchall()
    views = conn.execute(
        "select schemaname || '.' || viewname, definition from pg_views where schemaname = any(%s)",
        (list(SCHEMAS),),
    ).fetchall()
    return Warehouse(
        dict(schemas),
        tuple(relations.values()),
        {name: said for name, said, _ in functions},
        {f"{name.partition('(')[0]}()": body for name, _, body in functions} | dict(views),
    )


def unsaid(warehouse: Warehouse) -> list[str]:
    """Return every schema, table, column and function without a comment."""
    missing = [
        name
        for name, said in (*warehouse.schemas.items(), *warehouse.functions.items())
        if not said
    ]
    for each in warehouse.relations:
        missing += [] if each.meaning else [each.name]
        missing += [f"{each.name}.{column.name}" for column in each.columns if not column.meaning]
    return sorted(missing)


def strangers(warehouse: Warehouse) -> list[str]:
    """Return `where: what` for each table or column that a comment names but that does not exist."""
    columns = warehouse.columns
    every = frozenset().union(*columns.values())
    known = set(columns) | {name.partition("(")[0] for name in warehouse.functions}
    found = []
    for where, said in _meanings(warehouse):
        for schema, name, column in re.findall(
            rf"\b({'|'.join(SCHEMAS)})\.(\w+)(?:\.(\w+))?", said
        ):
            full = f"{schema}.{name}"
            if full not in known or (column and column not in columns.get(full, ())):
                found.append(f"{where}: {full}{'.' * bool(column)}{column}")
        found += [
            f"{where}: {word}"
            for word in re.findall(r"(?<![\w.])\w+_(?:seq|id|at|no)\b", said)
            if word not in every
        ]
    return found


def other_words(warehouse: Warehouse) -> list[str]:
    """Return the columns with a shared name whose comment does not begin with its words."""
    return [
        f"{each.name}.{column.name}"
        for each in warehouse.relations
        for column in each.columns
        if column.name in SAME_WORDS
        and not (column.meaning or "").startswith(SAME_WORDS[column.name])
    ]


def _meanings(warehouse: Warehouse) -> Iterator[tuple[str, str]]:
    yield from ((name, said or "") for name, said in warehouse.schemas.items())
    yield from ((name, said or "") for name, said in warehouse.functions.items())
    for each in warehouse.relations:
        yield each.name, each.meaning or ""
        yield from ((f"{each.name}.{column.name}", column.meaning or "") for column in each.columns)


# ---- the page ----------------------------------------------------------------------------------


def render(warehouse: Warehouse, uses: Uses) -> str:
    """Return the page."""
    lines = [HEAD]
    for schema in SCHEMAS:
        lines += [f"## {schema}", "", f"{warehouse.schemas.get(schema)}", ""]
        own = [each for each in warehouse.relations if each.name.startswith(f"{schema}.")]
        if schema == "staging":
            users = f"Written by {_steps(uses.writers(own[0].name))}; read by {_steps(uses.readers(own[0].name))}."
            lines += [f"{users} Its tables: {', '.join(f'`{each.name}`' for each in own)}.", ""]
            continue
        for each in own:
            lines += _table(each, uses)
        functions = {
            name: said
            for name, said in warehouse.functions.items()
            if name.startswith(f"{schema}.")
        }
        if functions:
            lines += [
                f"### Functions of `{schema}`",
                "",
                "| function | what it gives |",
                "|---|---|",
            ]
            lines += [f"| `{name}` | {_cell(said)} |" for name, said in functions.items()]
            lines += [""]
    return "\n".join(lines)


def _table(each: Relation, uses: Uses) -> Iterator[str]:
    yield from (f"### `{each.name}`", "")
    what = "A view. " if each.kind == "view" else ""
    writers = "" if each.kind == "view" else f" Written by {_steps(uses.writers(each.name))}."
    yield from (f"{what}{each.meaning}{writers} Read by {_steps(uses.readers(each.name))}.", "")
    yield from ("| column | type | meaning | written by | read by |", "|---|---|---|---|---|")
    for column in each.columns:
        writes = _steps(uses.writes[each.name].get(column.name, ()), "")
        reads = _steps(uses.reads[each.name].get(column.name, ()), "")
        yield f"| `{column.name}` | {column.type} | {_cell(column.meaning)} | {writes} | {reads} |"
    yield ""


def _steps(users: Iterable[str], none: str = "nobody") -> str:
    """Return the steps that users belong to: `sql/cases/…` and `throughline.cases…` are cases."""
    found = {
        user.split("/")[1]
        if user.startswith("sql/")
        else user.removeprefix("throughline.").partition(".")[0]
        if user.startswith(("throughline.", "stack.", "operations_pages"))
        else f"`{user}`"
        for user in users
    }
    return ", ".join(sorted(found)) or none


def _cell(text: str | None) -> str:
    return (text or "").replace("|", "\\|")
