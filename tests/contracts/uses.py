"""Who writes and who reads each column of the warehouse: files of `sql/`, modules, views and functions.

It parses statements with sqlglot. A column counts for every table of its statement that its qualifier can mean. If a
statement cannot be parsed (because it is built from fragments), its words are matched instead.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sqlglot import exp

from tests.contracts import derive
from throughline.evidence import ledger
from throughline.identity.carriers import carriers
from throughline.sources import catalogue
from throughline.warehouse import contract
from throughline.warehouse.sql import split

Columns = Mapping[str, frozenset[str]]
"""The columns of each table and view, by `schema.table`."""

ROOT = Path(__file__).resolve().parents[2]
CODE = (ROOT / "include" / "throughline", ROOT / "include" / "stack", ROOT / "plugins")

# Modules that pass their queries to a file of `sql/`, which is listed instead.
HANDED_ON = {
    "throughline.identity.carriers",
    "throughline.evidence.ledger",
    "throughline.evidence.files",
}

# What the caller of a file of facts takes of the `record` that its selects name (`throughline.evidence.files`).
OF_A_RECORD = frozenset(
    "source source_id source_version subject_source subject_id batch_id is_deleted known_seq".split()
)

_VERB = re.compile(
    r"\s*(?:--[^\n]*\n\s*)*(select|insert|update|delete|with|copy|lock|create)\b", re.IGNORECASE
)
_WRITTEN = r"\b(?:insert into|update|delete from|copy)\s+"
_DYNAMIC = re.compile(r"\b(core|staging)\.\{")


@dataclass
class Uses:
    """Who does what, by `schema.table` and then by column; users are `sql/…` paths, modules, views, functions."""

    writes: dict[str, dict[str, set[str]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(set))
    )
    reads: dict[str, dict[str, set[str]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(set))
    )

    def writers(self, table: str) -> list[str]:
        """Return who writes a table."""
        return sorted(set().union(*self.writes[table].values())) if table in self.writes else []

    def readers(self, table: str) -> list[str]:
        """Return who reads a table."""
        return sorted(set().union(*self.reads[table].values())) if table in self.reads else []


def uses(columns: Columns, definitions: Mapping[str, str]) -> Uses:
    """Return who uses what; `definitions` holds the bodies of views and functions by their names."""
    found = Uses()
    for path in derive.files():
        for statement in split(contract.read(derive.text_of(path))[1]):
            _add(found, f"sql/{path}", statement, columns)
        for query in given(path):
            _add(found, f"sql/{path}", query, columns)
    for name, body in definitions.items():
        _add(found, name, body.strip().rstrip(";"), columns)
    for module, text in _strings():
        if module not in HANDED_ON:
            _add_of_module(found, module, text, columns)
    return found


def given(path: str) -> list[str]:
    """Return the queries that the caller of a file gives it, over all feeds of the catalogue."""
    if path == "identity/records.sql":
        return list(carriers().values())
    if path == "evidence/retract.sql":
        return [ledger.gone(table) for _, table in catalogue.tables() if table.facts]
    return []


def _add(found: Uses, user: str, statement: str, columns: Columns) -> None:
    try:
        tree = derive.parsed(statement)
    except derive.OpaqueStatement:
        _add_words(found, user, statement, columns)
        return
    for table, names in _written(tree, columns):
        for name in names:
            found.writes[table][name].add(user)
    for table, name in _read(tree, columns):
        found.reads[table][name].add(user)


def _written(tree: exp.Expr, columns: Columns) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield the tables that a statement writes, with the columns that it sets."""
    for write in tree.find_all(*derive.WRITES):
        target = write.this.this if isinstance(write.this, exp.Schema) else write.this
        table = derive.name_of(target) if isinstance(target, exp.Table) else ""
        if table not in columns:
            continue
        if isinstance(write, exp.Insert) and isinstance(write.this, exp.Schema):
            yield table, frozenset(each.name for each in write.this.expressions) & columns[table]
        elif isinstance(write, exp.Update):
            yield table, _set_by(write) & columns[table]
        else:
            yield table, columns[table]
        conflict = write.args.get("conflict")
        if conflict is not None:
            yield table, _set_by(conflict) & columns[table]


def _set_by(write: exp.Expr) -> frozenset[str]:
    return frozenset(
        each.this.name
        for each in write.expressions
        if isinstance(each, exp.EQ) and isinstance(each.this, exp.Column)
    )


def _read(tree: exp.Expr, columns: Columns) -> Iterator[tuple[str, str]]:
    """Yield (table, column) for each column that a statement looks at."""
    tables: dict[str, set[str]] = defaultdict(set)
    for table in tree.find_all(exp.Table):
        name = derive.name_of(table)
        if name in columns:
            tables[table.alias_or_name].add(name)
    all_of = set().union(*tables.values()) if tables else set()
    set_here = {
        id(each.this)
        for write in tree.find_all(exp.Update, exp.OnConflict)
        for each in write.expressions
        if isinstance(each, exp.EQ)
    }
    for column in tree.find_all(exp.Column):
        if id(column) in set_here:
            continue
        if not column.table and column.name in tables:
            # a whole row
            for whole in tables[column.name]:
                is_record = whole.startswith("core.")
                names = columns[whole] & OF_A_RECORD if is_record else columns[whole]
                yield from ((whole, name) for name in names)
        among = tables.get(column.table, set()) if column.table else all_of
        for one in among:
            names = (
                columns[one] if isinstance(column.this, exp.Star) else columns[one] & {column.name}
            )
            yield from ((one, name) for name in names)
    if any(not isinstance(star.parent, exp.Column | exp.Count) for star in tree.find_all(exp.Star)):
        yield from ((table, name) for table in all_of for name in columns[table])
    # A table without a named column is still read, to see whether it has rows.
    reads = derive.reads_of(tree)
    yield from ((table, "") for table in reads if table in columns)


def _add_words(found: Uses, user: str, text: str, columns: Columns) -> None:
    words = set(re.findall(r"\w+", text))
    for table in columns:
        if not re.search(rf"\b{re.escape(table)}\b", text):
            continue
        kind = (
            found.writes
            if re.search(_WRITTEN + re.escape(table) + r"\b", text, re.IGNORECASE)
            else found.reads
        )
        for name in (words & columns[table]) or {""}:
            kind[table][name].add(user)


# ---- Python ------------------------------------------------------------------------------------


def _strings() -> Iterator[tuple[str, str]]:
    """Yield each string of a module that may be SQL, f-strings with what they are made of as far as it is known."""
    for root in CODE:
        for file in sorted(root.rglob("*.py")):
            base = ROOT / "include" if ROOT / "include" in file.parents else ROOT
            module = ".".join(file.relative_to(base).with_suffix("").parts).removesuffix(
                ".__init__"
            )
            tree = ast.parse(file.read_text(encoding="utf-8"))
            known = {
                target.id: node.value.value
                for node in tree.body
                if isinstance(node, ast.Assign)
                and isinstance(node.value, ast.Constant)
                and isinstance(node.value.value, str)
                for target in node.targets
                if isinstance(target, ast.Name)
            }
            inside = {
                id(part)
                for node in ast.walk(tree)
                if isinstance(node, ast.JoinedStr)
                for part in node.values
            }
            for node in ast.walk(tree):
                if isinstance(node, ast.JoinedStr):
                    yield module, "".join(_part(part, known) for part in node.values)
                elif (
                    isinstance(node, ast.Constant)
                    and isinstance(node.value, str)
                    and id(node) not in inside
                ):
                    yield module, node.value
                elif isinstance(node, ast.Call) and ast.unparse(node).startswith(
                    "sql.Identifier('staging'"
                ):
                    yield module, "staging.{}"


def _part(part: ast.expr, known: Mapping[str, str]) -> str:
    if isinstance(part, ast.Constant):
        return str(part.value)
    name = (
        part.value.id
        if isinstance(part, ast.FormattedValue) and isinstance(part.value, ast.Name)
        else ""
    )
    return known.get(name, "null")


def _add_of_module(found: Uses, module: str, text: str, columns: Columns) -> None:
    for schema in set(_DYNAMIC.findall(text)):
        is_written = re.search(_WRITTEN + schema + r"\.\{", text)
        kind = found.writes if is_written else found.reads
        for table in (name for name in columns if name.startswith(f"{schema}.")):
            for name in columns[table]:
                kind[table][name].add(module)
    if _VERB.match(text):
        _add(found, module, re.sub(r"%s", "null", text), columns)
