"""Derives from the statements of a file of `sql/`, with sqlglot, what its header must say."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import sqlglot
from sqlglot import exp

from throughline.warehouse import contract
from throughline.warehouse.contract import Contract
from throughline.warehouse.sql import ROOT, split

UNDERSTOOD = (
    exp.Query,
    exp.Insert,
    exp.Update,
    exp.Delete,
    exp.Merge,
    exp.Create,
    exp.Analyze,
    exp.Drop,
    exp.Alter,
)
WRITES = (exp.Insert, exp.Update, exp.Delete, exp.Merge)


# Statements that sqlglot cannot parse are rejected below, so its warnings are not needed.
logging.getLogger("sqlglot").setLevel(logging.ERROR)


class OpaqueStatement(ValueError):
    """A statement that sqlglot cannot parse, so its effects are unknown."""


def files() -> list[str]:
    """Return the files of `sql/` that have a header: all but the migrations."""
    return [
        path.relative_to(ROOT).as_posix()
        for path in sorted(ROOT.rglob("*.sql"))
        if "schema" not in path.relative_to(ROOT).parts
    ]


def text_of(path: str, root: Path = ROOT) -> str:
    """Return the text of a file of `sql/`."""
    return (root / path).read_text(encoding="utf-8")


@cache
def derived(text: str) -> Contract:
    """Return what the statements of a file do. Raises `OpaqueStatement`."""
    reads: set[str] = set()
    makes: list[str] = []
    changes: set[str] = set()
    counts: list[str] = []
    for statement in split(contract.read(text)[1]):
        tree = parsed(statement)
        reads |= reads_of(tree)
        if made := _made(tree):
            makes.append(made)
        changes |= set(_written(tree))
        if (name := contract.count_of(statement)) is not None and name not in counts:
            counts.append(name)
    own = set(makes)
    return Contract(
        reads=tuple(sorted(reads - own)),
        makes=tuple(makes),
        changes=tuple(sorted(changes - own)),
        counts=tuple(counts),
    )


def reads_of(tree: exp.Expr) -> set[str]:
    """Return the tables, views and functions that a statement reads."""
    queries = {cte.alias for cte in tree.find_all(exp.CTE)}
    targets = {id(node) for node in _targets(tree)}
    named = {name_of(table) for table in tree.find_all(exp.Table) if id(table) not in targets}
    return named - queries - {""}


def parsed(statement: str) -> exp.Expr:
    """Return the tree of a statement. Raises `OpaqueStatement`."""
    plain = re.sub(r"%\(\w+\)s", "null", statement).replace("%%", "%")
    # This clause makes sqlglot give up on the whole statement.
    plain = re.sub(r"\bon commit drop\b", "", plain)
    try:
        tree = sqlglot.parse_one(plain, dialect="postgres")
    except sqlglot.errors.ParseError as error:
        raise OpaqueStatement(str(error)) from None
    opaque = tree.find(exp.Command)
    if opaque is not None or not isinstance(tree, UNDERSTOOD):
        raise OpaqueStatement(f"not understood: {statement[:60]}")
    return tree


def _made(tree: exp.Expr) -> str | None:
    """Return the temporary table or view that a statement makes."""
    if isinstance(tree, exp.Create) and tree.kind in ("TABLE", "VIEW"):
        target = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
        return name_of(target)
    return None


def _targets(tree: exp.Expr) -> Iterator[exp.Table]:
    """Yield the tables that a statement writes, creates, indexes or analyzes."""
    if isinstance(tree, exp.Create | exp.Analyze | exp.Drop | exp.Alter):
        if isinstance(tree, exp.Create) and tree.kind in ("TABLE", "VIEW"):
            target = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
            if isinstance(target, exp.Table):
                yield target
        else:
            yield from tree.find_all(exp.Table)
    for write in tree.find_all(*WRITES):
        target = write.this.this if isinstance(write.this, exp.Schema) else write.this
        if isinstance(target, exp.Table):
            yield target


def _written(tree: exp.Expr) -> Iterator[str]:
    for write in tree.find_all(*WRITES):
        target = write.this.this if isinstance(write.this, exp.Schema) else write.this
        if isinstance(target, exp.Table):
            yield name_of(target)


def name_of(table: exp.Expr) -> str:
    """Return `schema.table`, the name of a temporary one, or `schema.function()`."""
    if isinstance(table.this, exp.Anonymous):
        # A function of our own reads tables; one of PostgreSQL itself, such as unnest, reads none.
        return f"{table.text('db')}.{table.this.name}()" if table.text("db") else ""
    if not isinstance(table.this, exp.Identifier):
        return ""
    return ".".join(part for part in (table.text("db"), table.name) if part)


def with_header(text: str) -> str:
    """Return a file with the header that its statements require."""
    _, rest = contract.read(text)
    header = derived(text).header()
    return f"{header}\n\n{rest}" if header else rest
