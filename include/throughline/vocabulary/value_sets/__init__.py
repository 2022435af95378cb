"""Value sets: lists of codes that workflows name, from FHIR ValueSets in the folder `value_sets` of the definitions.

Ours are small lists of codes that anybody may use. Licensed ones come from the practice's own download, into the
practice's own folder (`make value-sets`). Each is pinned there by its version and by the fingerprint of its codes: one
that changed without anybody taking it in is refused.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from throughline.vocabulary.documents import DefinitionError
from throughline.vocabulary.overlay import VALUE_SETS as FOLDER
from throughline.vocabulary.overlay import Layers, layers
from throughline.vocabulary.value_sets.read import Coding, ValueSet, of_resource, resources
from throughline.vocabulary.value_sets.systems import canonical

PINS = "pinned.json"
"""The file, beside them, that says which version of each was taken in, and the fingerprint of its codes."""


def value_sets(folder: Layers | None = None) -> dict[str, ValueSet]:
    """Return the value sets of the definitions by name: the practice's go before ours of the same name.

    Raises `DefinitionError` with every fault, one a line.
    """
    where = folder or layers()
    found = _of(where.ours / FOLDER, must_be_pinned=False)
    if where.own is not None:
        found |= _of(where.own / FOLDER, must_be_pinned=True)
    return dict(sorted(found.items()))


def read_files(paths: Iterable[Path]) -> dict[str, ValueSet]:
    """Return the value sets in some JSON files, by name. Raises `DefinitionError` with every fault."""
    wrong: list[str] = []
    said: list[tuple[str, dict[str, Any]]] = []
    for path in paths:
        try:
            said += resources(path)
        except DefinitionError as error:
            wrong.append(str(error))
    by_url: dict[str, dict[str, Any]] = {}
    for _, one in said:
        url, version = one.get("url"), one.get("version")
        if isinstance(url, str):
            by_url[url] = by_url[f"{url}|{version}"] = one
    found: dict[str, ValueSet] = {}
    for place, one in said:
        try:
            made = of_resource(place, one, by_url)
        except DefinitionError as error:
            wrong.append(str(error))
            continue
        other = found.setdefault(made.name, made)
        if other is not made and (other.url, other.version, other.sha256) != (
            made.url,
            made.version,
            made.sha256,
        ):
            wrong.append(
                f"{place}: there are two sets of the name {made.name}: this one ({_called(made)}) and that of"
                f" {other.file} ({_called(other)}): keep one of them"
            )
    if wrong:
        raise DefinitionError("\n".join(wrong))
    return found


def kept_in(folder: Path) -> list[Path]:
    """Return the files of the value sets in a folder `value_sets` of definitions, sorted."""
    return sorted(path for path in folder.glob("*.json") if path.name != PINS)


def lacking(names: Iterable[str], there: Mapping[str, ValueSet]) -> list[str]:
    """Return which of some names are no value set that is there, sorted."""
    return sorted({name for name in names if name not in there})


def pins_of(sets: Mapping[str, ValueSet]) -> dict[str, dict[str, Any]]:
    """Return what `pinned.json` says of some value sets."""
    return {
        name: {
            "url": one.url,
            "version": one.version,
            "codes": len(one.codes),
            "sha256": one.sha256,
        }
        for name, one in sorted(sets.items())
    }


def faults(folder: Layers) -> list[str]:
    """Return what is wrong with the value sets of the definitions, one fault each."""
    try:
        value_sets(folder)
    except DefinitionError as error:
        return str(error).splitlines()
    return []


def _of(folder: Path, *, must_be_pinned: bool) -> dict[str, ValueSet]:
    found = read_files(kept_in(folder))
    if must_be_pinned and found and (wrong := list(_not_pinned(folder, found))):
        raise DefinitionError("\n".join(wrong))
    return found


def _not_pinned(folder: Path, found: Mapping[str, ValueSet]) -> Iterator[str]:
    """Yield what differs from what was taken in."""
    path = folder / PINS
    try:
        pins = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    except (OSError, ValueError):
        yield f"{FOLDER}/{PINS}: cannot be read: take the download in again"
        return
    for name, one in found.items():
        pin = pins.get(name) if isinstance(pins, dict) else None
        if not isinstance(pin, dict):
            yield f"{FOLDER}/{one.file}: {name} was not taken in: take in the download that it is of"
        elif (pin.get("url"), pin.get("version")) != (one.url, one.version):
            yield (
                f"{FOLDER}/{one.file}: {name} is {_called(one)}, and {pin.get('url')} {pin.get('version')} was"
                " taken in: take in the download that this one is of"
            )
        elif pin.get("sha256") != one.sha256:
            yield (
                f"{FOLDER}/{one.file}: the codes of {name} changed without a new version ({_called(one)}):"
                " download it again, and take that in"
            )


def _called(one: ValueSet) -> str:
    return f"{one.url} {one.version or 'without a version'}"


__all__ = [
    "FOLDER",
    "PINS",
    "Coding",
    "ValueSet",
    "canonical",
    "faults",
    "kept_in",
    "lacking",
    "pins_of",
    "read_files",
    "value_sets",
]
