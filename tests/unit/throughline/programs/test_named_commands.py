"""Every text of the pipeline that names a command of `make` names one that works in a container, too."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from throughline.programs import commands

ROOT = Path(__file__).resolve().parents[4]
CODE = ROOT / "include" / "throughline"
TARGETS = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
NAMED = re.compile(rf"\bmake ({'|'.join(sorted(TARGETS, key=len, reverse=True))})(?![-\w])")
CALLS = ("as_here", "in_clone", "here")

OF_A_CLONE = (
    "warehouse/contract.py",
    "vocabulary/page.py",
    "vocabulary/schemas.py",
    "profiling/guessing/page.py",
    "orchestration/dag_table.py",
    "orchestration/feed_table.py",
    "workflows/language/reference.py",
)
"""Write pages and headers of this tree: they run where it is worked on."""
LATER = (
    "told/summary.py",
    "told/status.py",
    "tasks/observing/__main__.py",
    "definitions/lay_out.py",
)
"""Where a whole text is passed to `as_here` before it is read, in the same file."""
KEPT = {"definitions/written.py": "Kept by make check-definitions."}
"""Heads of files in the practice's folder, which a clone and a container have in common."""


def texts(tree: ast.Module) -> Iterator[tuple[str, bool]]:
    """Yield each string that is no docstring, and whether a call of `CALLS` holds it."""

    def walk(node: ast.AST, *, is_held: bool) -> Iterator[tuple[str, bool]]:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            return  # a docstring
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CALLS:
            is_held = True
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value, is_held
        for child in ast.iter_child_nodes(node):
            yield from walk(child, is_held=is_held)

    return walk(tree, is_held=False)


def sources() -> Iterator[tuple[str, str]]:
    """Yield each module and template of the pipeline that people may read, as path and text."""
    for path in sorted([*CODE.rglob("*.py"), *CODE.rglob("*.jinja")]):
        name = str(path.relative_to(CODE))
        if name not in OF_A_CLONE and name != "programs/commands.py":
            yield name, path.read_text("utf-8")


def test_a_text_that_names_a_command_of_make_says_what_works_where_it_is_read() -> None:
    as_in_a_clone = [
        f"{name}: {text}"
        for name, source in sources()
        if name.endswith(".py") and name not in LATER
        for text, is_held in texts(ast.parse(source))
        if NAMED.search(text) and not is_held and KEPT.get(name, "\0") not in text
    ]
    assert as_in_a_clone == []
    for name in LATER:
        assert "as_here(" in (CODE / name).read_text("utf-8")


def test_a_page_that_names_a_command_of_make_says_what_works_where_it_is_read() -> None:
    for name, page in sources():
        if name.endswith(".jinja"):
            left = re.sub(r"\{\{ here\('[^']*'\) \}\}", "", page)
            left = re.sub(
                r"\{% if in_clone\('yes'\) %\}.*?\{% endif %\}", "", left, flags=re.DOTALL
            )
            assert NAMED.findall(left) == [], name


def test_every_command_that_is_named_has_a_program() -> None:
    only_in_clones = {"ui", "sql", "source-profile"}
    named = set()
    for name, text in sources():
        said = [one for one, _ in texts(ast.parse(text))] if name.endswith(".py") else [text]
        named |= {target for one in said for target in NAMED.findall(one)}
    assert named >= {"check", "decide", "exceptions", "quarantine", "readiness"}
    assert named - only_in_clones <= set(commands.PROGRAMS)
