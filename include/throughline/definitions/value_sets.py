"""Takes the value sets of a download into the practice's definitions, and pins them.

`python -m throughline.definitions.value_sets FOLDER DEFINITIONS` is what `make value-sets` runs. Nothing is
written if a file has a fault. A set that is there already is replaced; one that the download does not have stays.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from throughline import programs
from throughline.vocabulary.documents import DefinitionError
from throughline.vocabulary.value_sets import (
    FOLDER,
    PINS,
    ValueSet,
    kept_in,
    pins_of,
    read_files,
)

PACKED_OR_NOT = (".json", ".json.gz")


def take_in(download: Path, definitions: Path) -> list[str]:
    """Write each value set of a folder into the definitions; return a line about each. Raises `DefinitionError`.

    The folder's JSON files count, also those in folders below it, and packed ones. Nothing is written if one of them,
    or one of the sets that stay, has a fault.
    """
    if not download.is_dir():
        raise DefinitionError(f"{download}: there is no such folder")
    found = sorted(path for path in download.rglob("*") if path.name.endswith(PACKED_OR_NOT))
    if not found:
        raise DefinitionError(f"{download}: holds no JSON file")
    new = read_files(found)
    into = definitions / FOLDER
    replaced = {into / f"{name}.json" for name in new}
    stay = read_files(path for path in kept_in(into) if path not in replaced)
    if twice := sorted(stay.keys() & new.keys()):
        raise DefinitionError(
            "\n".join(
                f"{FOLDER}/{stay[name].file}: is {name}, too: remove this file" for name in twice
            )
        )
    before = {name: _before(into / f"{name}.json").get(name) for name in new}
    into.mkdir(parents=True, exist_ok=True)
    for one in new.values():
        text = json.dumps(_resource(one), indent=1, ensure_ascii=False) + "\n"
        _write(into / f"{one.name}.json", text)
    _write(into / PINS, json.dumps(pins_of(stay | new), indent=1, sort_keys=True) + "\n")
    return [_line(one, before[one.name]) for one in sorted(new.values(), key=lambda o: o.name)]


def _before(path: Path) -> dict[str, ValueSet]:
    """Return what a file that is being replaced holds; nothing if it cannot be read."""
    try:
        return read_files([path]) if path.is_file() else {}
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
        said = take_in(download, definitions)
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
