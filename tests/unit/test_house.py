"""The house keeps its order: who may import whom, no circles, no room that has grown too large."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
INCLUDE = ROOT / "include"

# A package imports only what stands above it (docs/architecture.md says what each is for).
ORDER = (
    "vocabulary",
    "practice",
    "warehouse",
    "decisions",
    "exceptions",
    "transports",
    "sources",
    "quality",
    "identity",
    "evidence",
    "workflows",
    "cases",
    "silence",
    "tasks",
    "told",
    "profiling",
    "proven",
    "orchestration",
    "deployment",
)

Imports = dict[str, set[str]]


def modules(package: str, root: Path = INCLUDE) -> dict[str, Path]:
    """Return the files of a package by the name they are imported by."""
    return {
        ".".join(file.relative_to(root).with_suffix("").parts).removesuffix(".__init__"): file
        for file in sorted((root / package).rglob("*.py"))
    }


def named(source: str) -> Iterator[str]:
    """Yield every dotted name that a source imports, in functions and for types alone, too."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def imports(sources: dict[str, str]) -> Imports:
    """Return, for each module, the modules among `sources` that it imports."""
    found: Imports = {name: set() for name in sources}
    for name, source in sources.items():
        for wanted in named(source):
            target = wanted
            while target and target not in sources:
                target = target.rpartition(".")[0]
            if target and target != name:
                found[name].add(target)
    return found


def circles(graph: Imports) -> list[list[str]]:
    """Return the groups of modules that import each other in a loop."""
    return sorted(
        sorted(group)
        for group in {frozenset(_together(graph, start)) for start in graph}
        if len(group) > 1
    )


def _reached(graph: Imports, start: str) -> set[str]:
    seen: set[str] = set()
    todo = list(graph[start])
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            todo += graph[name]
    return seen


def _together(graph: Imports, start: str) -> set[str]:
    ahead = _reached(graph, start)
    return {start} | {name for name in ahead if start in _reached(graph, name)}


def against_the_order(graph: Imports, order: Iterable[str]) -> list[str]:
    """Return `importer -> imported` for each import of something that stands below its importer."""
    place = {package: number for number, package in enumerate(order)}
    return sorted(
        f"{name} -> {target}"
        for name, targets in graph.items()
        for target in targets
        if len(name.split(".")) > 1 < len(target.split("."))
        and place[name.split(".")[1]] < place[target.split(".")[1]]
    )


def read(package: str) -> dict[str, str]:
    """Return the sources of a package by module."""
    return {name: file.read_text(encoding="utf-8") for name, file in modules(package).items()}


def test_a_package_imports_only_what_stands_above_it() -> None:
    assert against_the_order(imports(read("throughline")), ORDER) == []


def test_every_package_has_its_place_in_the_order() -> None:
    packages = {file.parent.name for file in (INCLUDE / "throughline").glob("*/__init__.py")}
    assert packages <= set(ORDER)


@pytest.mark.parametrize("package", ["throughline", "stack", "sandbox"])
def test_there_is_no_import_circle(package: str) -> None:
    assert circles(imports(read(package))) == []


def test_pipeline_and_sandbox_share_no_code() -> None:
    sources = read("throughline") | read("sandbox")
    crossing = {
        f"{name} -> {target}"
        for name, targets in imports(sources).items()
        for target in targets
        if name.split(".")[0] != target.split(".")[0]
    }
    assert crossing == set()


def test_neither_imports_the_commands_dags_or_pages() -> None:
    roots = {
        (name, wanted.split(".")[0])
        for package in ("throughline", "sandbox")
        for name, source in read(package).items()
        for wanted in named(source)
    }
    assert not [each for each in roots if each[1] in ("stack", "dags", "plugins", "tests")]


def test_the_pipeline_reaches_others_with_one_library_for_http() -> None:
    wanted = {name for source in read("throughline").values() for name in named(source)}
    roots = {name.split(".")[0] for name in wanted}
    assert "requests" in roots
    assert not roots & {"httpx", "aiohttp"}
    assert not [name for name in wanted if name.startswith("urllib.request")]


def test_a_planted_circle_and_a_planted_step_back_are_found() -> None:
    planted = imports(
        {
            "t.sources": "",
            "t.sources.a": "from t.sources import b",
            "t.sources.b": "def f():\n    import t.tasks.c\n",
            "t.tasks.c": "from t.sources.a import anything",
        }
    )
    assert circles(planted) == [["t.sources.a", "t.sources.b", "t.tasks.c"]]
    assert against_the_order(planted, ORDER) == ["t.sources.b -> t.tasks.c"]
