"""A file of the definitions is read with the line of everything in it, and means what it shows."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from throughline.vocabulary import DefinitionError, Document, read

TEXT = """# a comment
team: billing

stages:
  - stage: seen
    clock: {from: trigger,
            days: 3}
  - {stage: billed, feeds: [a.b, c.d]}
"""


def made(folder: Path, text: str) -> Path:
    path = folder / "made.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_every_place_has_its_line(tmp_path: Path) -> None:
    document = read(made(tmp_path, TEXT))
    assert document.data["stages"][0]["clock"] == {"from": "trigger", "days": 3}
    made_yaml = str(tmp_path / "made.yaml")
    assert document.at(()) == f"{made_yaml}:2: top"
    assert document.at(("team",)) == f"{made_yaml}:2: team"
    assert document.at(("stages", 0, "clock", "days")) == f"{made_yaml}:7: stages/seen/clock/days"
    assert document.at(("stages", 1, "feeds", 1)) == f"{made_yaml}:8: stages/billed/feeds/1"
    # what is not there is told where it should be
    assert document.at(("stages", 0, "window")) == f"{made_yaml}:5: stages/seen/window"


def test_without_lines_the_place_is_told_alone() -> None:
    assert Document("made.yaml", {"a": [{"reason": "died"}]}).at(("a", 0)) == "made.yaml: a/died"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: 1\nb:\n  c: 1\n  d: 2\n  c: 3\n", "made.yaml:5: b: the key c appears twice"),
        ("a:\n  20: x\n", "made.yaml:2: a: the key 20 is not a word"),
        ("a:\n  no: x\n", "made.yaml:2: a: the key no is not a word"),
        ("a:\n  2026-09-01: x\n", "made.yaml:2: a: the key 2026-09-01 is not a word"),
        ("a:\n  ? [b]\n  : x\n", "made.yaml:2: a: the key a list is not a word"),
        ("a: 1\nb: [\n", "made.yaml:3: invalid YAML"),
        ("a: !!python/name:os.system\n", "made.yaml:1: invalid YAML"),
    ],
)
def test_what_does_not_mean_what_it_shows_is_refused(
    tmp_path: Path, text: str, problem: str
) -> None:
    with pytest.raises(DefinitionError, match=problem):
        read(made(tmp_path, text))


def test_a_file_of_nothing_is_nothing(tmp_path: Path) -> None:
    assert read(made(tmp_path, "# only a comment\n")).data is None


def test_a_file_that_cannot_be_read_is_named_with_who_cannot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(*_: object, **__: object) -> str:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "read_text", denied)
    with pytest.raises(DefinitionError, match=r"teams\.yaml: cannot be read \(Permission denied\)"):
        read(tmp_path / "teams.yaml")
