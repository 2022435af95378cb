"""Takes the value sets of a download into the practice's definitions, and pins them.

`python -m throughline.definitions.value_sets FOLDER DEFINITIONS` is what `make value-sets` runs. Nothing is
written if a file has a fault. A set that is there already is replaced; one that the download does not have stays.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path

from throughline import programs
from throughline.vocabulary.documents import DefinitionError
from throughline.vocabulary.value_sets import FOLDER, PINS, ValueSet, files, pins_of, read_folder


def take_in(download: Path, definitions: Path) -> list[str]:
    """Write each value set of a folder into the definitions; return a line about each. Raises `DefinitionError`."""
    if not download.is_dir():
        raise DefinitionError(f"{download}: there is no such folder")
    if not files(download):
        raise DefinitionError(f"{download}: holds no JSON file")
    new = read_folder(download)
    into = definitions / FOLDER
    into.mkdir(parents=True, exist_ok=True)
    before = _before(into)
    for one in new.values():
        text = json.dumps(_resource(one), indent=1, ensure_ascii=False) + "\n"
        _write(into / f"{one.name}.json", text)
    there = read_folder(into)
    _write(into / PINS, json.dumps(pins_of(there), indent=1, sort_keys=True) + "\n")
    return [_line(one, before.get(one.name)) for one in sorted(new.values(), key=lambda o: o.name)]


def _before(into: Path) -> dict[str, ValueSet]:
    """Return the sets that are there; none if they cannot be read: they are being replaced."""
    try:
        return read_folder(into)
    except DefinitionError:
        return {}


def _resource(one: ValueSet) -> dict[str, object]:
    """Return the set as a ValueSet with its codes and nothing else: descriptions may be licensed, too."""
    contains = [{"system": system, "code": code} for system, code in sorted(one.codes)]
    return {
        "resourceType": "ValueSet",
        "url": one.url,
        **({"version": one.version} if one.version else {}),
        "name": one.name,
        "title": one.title,
        "status": "active",
        "expansion": {"total": len(contains), "contains": contains},
    }


def _write(path: Path, text: str) -> None:
    """Write a file at once: a reader finds the old one or the new one."""
    part = path.with_name(f".{path.name}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


def _line(one: ValueSet, before: ValueSet | None) -> str:
    of = ", ".join(f"{count:,} of {system}" for system, count in one.systems.items())
    version = one.version or "no version"
    if before is None:
        what = "new"
    elif before.sha256 == one.sha256:
        what = "the same codes"
    else:
        more, fewer = len(one.codes - before.codes), len(before.codes - one.codes)
        what = f"new codes: {more:,}, gone: {fewer:,}, since version {before.version or 'before'}"
    return f"{one.name} ({version}): {of}; {what}"


def main(arguments: list[str]) -> int:
    """Take in the sets of a folder; say what was wrong, or a line about each."""
    download, definitions = (Path(each).expanduser() for each in arguments)
    try:
        said: Mapping[str, object] | list[str] = take_in(download, definitions)
    except DefinitionError as error:
        print(f"Nothing was taken in:\n{error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    print("\n".join(said))
    return 0


if __name__ == "__main__":
    programs.run(lambda: main(sys.argv[1:]), unread=1)
