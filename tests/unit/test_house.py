"""The house keeps its order: who may import whom, no circles, no room that has grown too large."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pytest

from tests import worlds
from tests.worlds import NIGHTLY, SLOW, THINNED, is_thinned

ROOT = Path(__file__).resolve().parents[2]
INCLUDE = ROOT / "include"

# A package imports only what stands above it (docs/architecture.md says what each is for).
ORDER = (
    "programs",
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
    "definitions",
    "cases",
    "silence",
    "tasks",
    "retention",
    "told",
    "profiling",
    "proven",
    "orchestration",
    "firstlook",
    "deployment",
    "pages",
)

MOST_LINES, MOST_MODULES = 400, 15

LONG = frozenset(
    {
        "tests/night/truth.py",
        "tests/unit/sandbox/claims/test_a_practice_bills.py",
        "tests/unit/throughline/sources/test_hl7v2.py",
        "tests/unit/throughline/sources/test_ndjson.py",
        "tests/unit/throughline/transports/test_https.py",
        "tests/warehouse/cases/scenarios/transitional_care.py",
        "tests/warehouse/cases/test_taken_back.py",
        "tests/warehouse/clinic.py",
        "tests/warehouse/sources/test_fetch.py",
        "tests/warehouse/sources/test_staging.py",
        "tests/warehouse/tasks/test_claims.py",
        "tests/warehouse/tasks/test_dispatch.py",
        "tests/warehouse/tasks/test_which_system.py",
    }
)
"""Tests that were longer when the limit came; one that is short enough leaves the list, and none enters it."""

LIKE_FILES = frozenset({"tests/unit/throughline/sources"})
"""Folders of like files: one test for each thing that is read."""

Imports = dict[str, set[str]]


def modules(package: str, root: Path = INCLUDE) -> dict[str, Path]:
    """Return the files of a package by the name they are imported by."""
    return {
        ".".join(file.relative_to(root).with_suffix("").parts).removesuffix(".__init__"): file
        for file in sorted((root / package).rglob("*.py"))
    }


@cache
def named(source: str) -> tuple[str, ...]:
    """Return every dotted name that a source imports, in functions and for types alone, too."""
    found: list[str] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found += (f"{node.module}.{alias.name}" for alias in node.names)
    return tuple(found)


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


def written() -> list[Path]:
    """Return the modules and SQL files that the limits hold for: all but migrations."""
    found = [
        file
        for folder in ("include", "dags", "plugins", "tests")
        for file in sorted((ROOT / folder).rglob("*.py"))
        if "__pycache__" not in file.parts
    ]
    return found + [
        file for file in sorted((ROOT / "sql").rglob("*.sql")) if "schema" not in file.parts
    ]


def long(files: Iterable[Path], root: Path = ROOT) -> set[str]:
    """Return the files with more lines than may be."""
    return {
        file.relative_to(root).as_posix()
        for file in files
        if len(file.read_text(encoding="utf-8").splitlines()) > MOST_LINES
    }


def crowded(files: Iterable[Path], root: Path = ROOT) -> set[str]:
    """Return the folders with more modules than may be."""
    modules_of = Counter(
        file.parent.relative_to(root).as_posix()
        for file in files
        if file.suffix == ".py" and file.name != "__init__.py"
    )
    return {folder for folder, count in modules_of.items() if count > MOST_MODULES}


def test_no_file_is_too_long_to_read_at_once() -> None:
    found = long(written())
    assert found - LONG == set(), f"longer than {MOST_LINES} lines: split it by what it is about"
    assert LONG - found == set(), "short enough now: take it from LONG"


def test_no_folder_has_too_many_modules() -> None:
    found = crowded(written())
    assert found - LIKE_FILES == set(), f"more than {MOST_MODULES} modules: which room is missing?"
    assert LIKE_FILES - found == set(), "no longer crowded: take it from LIKE_FILES"


def test_a_planted_long_file_and_a_planted_crowd_are_found(tmp_path: Path) -> None:
    for number in range(MOST_MODULES + 1):
        (tmp_path / f"m{number}.py").write_text("x = 1\n" * MOST_LINES)
    files = sorted(tmp_path.glob("*.py"))
    assert long(files, tmp_path) == set()
    assert crowded(files, tmp_path) == {"."}
    files[0].write_text("x = 1\n" * (MOST_LINES + 1))
    assert long(files, tmp_path) == {files[0].name}
    assert crowded(files[1:], tmp_path) == set()


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


def test_every_program_ends_in_silence_where_nobody_reads_on() -> None:
    alone = {
        "throughline.deployment.watch",  # copied to machines without packages
        "throughline.deployment.health",  # prints nothing
    }
    programs = {
        name: source
        for name, source in (read("throughline") | read("stack")).items()
        if '__name__ == "__main__"' in source and name not in alone
    }
    del programs["stack.bootstrap"]  # runs before there is any package
    assert len(programs) > 15
    assert [name for name, source in programs.items() if "programs.run(" not in source] == []


def test_the_pipeline_reaches_others_with_one_library_for_http() -> None:
    # the watch is copied to machines without packages, so it has the standard library only
    pipeline = {
        module: source
        for module, source in read("throughline").items()
        if module != "throughline.deployment.watch"
    }
    wanted = {name for source in pipeline.values() for name in named(source)}
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


def test_the_list_of_slow_files_names_files() -> None:
    assert [name for name in SLOW if not (ROOT / "tests" / f"{name}.py").is_file()] == []


@pytest.mark.parametrize(
    "names",
    [NIGHTLY, worlds.HEAVY, worlds.LONG, tuple(THINNED)],
    ids=["nights", "heavy", "long", "thinned"],
)
def test_a_list_of_tests_names_tests(names: tuple[str, ...]) -> None:
    gone = []
    for name in names:
        file, _, function = name.partition("[")[0].partition("::")
        path = ROOT / "tests" / file
        if not path.is_file() or (f"\ndef {function}(" not in path.read_text() and function):
            gone.append(name)
    assert gone == []


def test_the_first_case_of_a_thinned_test_stays_and_about_its_share_of_the_others() -> None:
    of = "tests/warehouse/tasks/test_dispatch.py"
    kept = [number for number in range(300) if not is_thinned(f"{of}::test_x[{number}]", number)]
    assert kept[0] == 0
    assert 70 < len(kept) < 130
    assert not is_thinned("tests/unit/test_house.py::test_x[1]", 1)


def test_of_a_heavy_file_the_first_test_stays_and_a_share_of_the_others_is_in_the_nights() -> None:
    of = "tests/warehouse/tasks/test_plan.py"
    names = [f"{of}::test_{number}" for number in range(300)]
    nights = [
        number
        for number, name in enumerate(names)
        if worlds.is_left_to_the_night(name, number) and not worlds.is_long(name, number)
    ]
    assert not worlds.is_left_to_the_night(names[0], 0)
    assert not worlds.is_long(names[0], 0)
    assert 70 < len(nights) < 130
    named = f"tests/{next(name for name in NIGHTLY if '::' in name and name.partition('::')[0] in worlds.HEAVY)}"
    assert not worlds.is_long(named, 5), "what is named for the nights stays there"
