"""Every key that a definition may say is read by some code: one that decides nothing promises what nobody does.

A key that is only told to people says so in its schema (`toldOnly`); one that is *not yet* is refused.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import fields
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
import sqlglot
from sqlglot import exp

from throughline.practice import Practice
from throughline.sources import registry
from throughline.sources.source import Feed, Role, SourceDefinition
from throughline.vocabulary.files import FILES
from throughline.vocabulary.schemas import SCHEMAS, schema_of
from throughline.warehouse import contract
from throughline.warehouse.sql import ROOT as SQL
from throughline.warehouse.sql import split

CODE = Path(__file__).resolve().parents[4] / "include" / "throughline"
Key = tuple[str, ...]

# What stands for which part of a definition of a workflow, in the files of sql/ and in the views over it.
PARTS: dict[str, Key] = {
    "v.definition": (),
    "w.rule": (),
    "c.trigger_rule": ("trigger",),
    "s.rule": ("stages",),
    "e.rule": ("exclusions",),
    "y.rule": ("stages", "pays"),
}
OF_A_DEFINITION = ("w_workflow", "w_rule", "w_exclusion")
"""The tables that have a column for what a definition says."""


def keys(node: Any, at: Key = ()) -> Iterator[Key]:
    """Yield the keys that a schema lets a file say, but those that are told only, or not yet."""
    for name, below in node.get("properties", {}).items():
        if not {"toldOnly", "notYet"} & below.keys() and below.get("$ref") != "#/$defs/source":
            yield (*at, name)
            yield from keys(below, (*at, name))
    for part in ("items", "additionalProperties", "then", "else"):
        if isinstance(node.get(part), dict):
            yield from keys(node[part], at)


def files() -> dict[str, str]:
    """Return the SQL that reads definitions, by file: that of the loop, and the view of what stages rest on."""
    read = [
        path
        for path in SQL.rglob("*.sql")
        if "schema" not in path.parts or "stage_feed" in path.read_text(encoding="utf-8")
    ]
    return {path.relative_to(SQL).as_posix(): path.read_text(encoding="utf-8") for path in read}


def read_in_sql(texts: dict[str, str]) -> set[Key]:
    """Return the keys of a workflow that some statement reads."""
    found: set[Key] = set()
    for text in texts.values():
        code = re.sub(r"--.*", "", text)
        chains = re.finditer(r"([\w.]+)((?:\s*->>?\s*'\w+')*)(?:\s*\?\s*'(\w+)')?", code)
        for chain in chains:
            part = PARTS.get(chain[1])
            if part is not None:
                steps = re.findall(r"'(\w+)'", chain[2]) + ([chain[3]] if chain[3] else [])
                found |= {(*part, *steps[:n]) for n in range(1, len(steps) + 1)}
    return found


def parsed(text: str) -> list[exp.Expr]:
    """Return the statements of a file."""
    statements = split(contract.read(text)[1])
    return [
        sqlglot.parse_one(
            re.sub(r"%\(\w+\)s", "null", s).replace(" on commit drop", ""), read="postgres"
        )
        for s in statements
    ]


def dead_columns(texts: dict[str, str]) -> list[str]:
    """Return the columns of what a definition says that are handed on, and never looked at."""
    made: set[str] = set()
    used: set[str] = set()
    for path, text in texts.items():
        if path.startswith("schema/"):
            continue
        for tree in parsed(text):
            name = tree.this.name if isinstance(tree, exp.Create) else ""
            if name in OF_A_DEFINITION and isinstance(tree.expression, exp.Query):
                made |= set(tree.expression.named_selects)
                continue
            is_kept = not isinstance(tree, exp.Create)
            for column in tree.find_all(exp.Column):
                if is_kept or not isinstance(column.parent, exp.Select):
                    used.add(column.name)
    return sorted(made - used)


def test_every_key_of_a_workflow_is_read() -> None:
    in_python = {("workflow",), ("version",), ("status",), ("mode",)}  # by `workflows.register`
    assert sorted(set(keys(schema_of("workflow"))) - read_in_sql(files()) - in_python) == []


def test_what_is_read_of_a_workflow_is_looked_at() -> None:
    assert dead_columns(files()) == []


def test_a_key_that_nobody_reads_is_found() -> None:
    texts = files()
    without = {
        path: text.replace("'attempts_meet_clock'", "'attempts'") for path, text in texts.items()
    }
    assert ("stages", "attempts_meet_clock") not in read_in_sql(without)
    told = {
        "cases/rules.sql": "s.rule ->> 'proof' as proof,",
        "cases/stages.sql": "    r.proof,\n",
    }
    more = dict(texts)
    for path, right in told.items():
        assert right in texts[path]
        more[path] = texts[path].replace(
            right, f"{right} {right.replace('proof', 'on_missed').strip()}", 1
        )
    assert dead_columns(more) == ["on_missed"]


@lru_cache(maxsize=1)
def python() -> tuple[set[str], set[str]]:
    """Return the words in quotes and the attributes that are read, in all modules of the loop."""
    words, attributes = set(), set()
    for path in CODE.rglob("*.py"):
        if path.name != "words.py":
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    words.add(node.value)
                if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
                    attributes.add(node.attr)
    return words, attributes


def unread(schema: Any) -> list[Key]:
    """Return the keys that no module of the loop names."""
    words, _ = python()
    return [key for key in keys(schema) if key[-1] not in words]


@pytest.mark.parametrize("name", FILES)
def test_every_key_of_another_file_is_read(name: str) -> None:
    assert unread(schema_of(name)) == []


def test_every_key_of_a_source_is_read() -> None:
    path = SCHEMAS.parent / "sources" / "schema.json"
    assert unread(json.loads(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("standard", registry.names())
def test_every_convention_of_a_standard_is_read(standard: str) -> None:
    """Conventions are named in `standard.py`; another module of the package must ask for each."""
    package = CODE / "sources" / standard
    words = {
        node.value
        for path in package.rglob("*.py")
        if path.name != "standard.py"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant)
    }
    said = list(keys({"properties": registry.standard(standard).conventions}))
    assert [key for key in said if key[-1] not in words] == []


def test_a_key_that_no_module_names_is_found() -> None:
    schema: dict[str, Any] = {
        "properties": {"owner_team": {}, "of_nobody": {"items": {"properties": {"too": {}}}}}
    }
    assert unread(schema) == [("of_nobody",), ("of_nobody", "too")]
    told = {
        "properties": {"of_nobody": {"toldOnly": True}, "nor_this": {"not": {}, "notYet": "no"}}
    }
    assert unread(told) == []


@pytest.mark.parametrize("kind", [Practice, SourceDefinition, Feed, Role], ids=lambda k: k.__name__)
def test_what_is_read_of_another_file_is_looked_at(kind: Any) -> None:
    _, attributes = python()
    assert [each.name for each in fields(kind) if each.name not in attributes] == []
