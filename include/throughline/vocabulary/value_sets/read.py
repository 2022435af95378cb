"""Reads FHIR R4 ValueSets: the codes of an expansion, else those that the definition of the set lists itself.

A set that only a terminology server can expand (by a filter, or a whole code system) is refused, and the message says
so. An `expansion` goes before `compose`: it is what the publisher made of it.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from throughline.vocabulary.documents import DefinitionError
from throughline.vocabulary.value_sets.systems import canonical

Coding = tuple[str, str]
"""System and code."""

MOST_DEEP = 10
"""How far value sets may name each other."""


@dataclass(frozen=True)
class ValueSet:
    """A list of codes: `codes` are (system, code), `sha256` is their fingerprint, whatever the file looks like.

    `name` is what definitions call it; `url` and `version` what its publisher calls it (version may be empty).
    """

    name: str
    url: str
    version: str
    title: str
    codes: frozenset[Coding]
    sha256: str
    file: str

    @property
    def systems(self) -> dict[str, int]:
        """How many codes it has of each system."""
        found: dict[str, int] = {}
        for system, _ in sorted(self.codes):
            found[system] = found.get(system, 0) + 1
        return found


def fingerprint(codes: Iterable[Coding]) -> str:
    """Return the fingerprint of some codes, in whatever order they come."""
    return hashlib.sha256(
        "\n".join(f"{system}|{code}" for system, code in sorted(codes)).encode()
    ).hexdigest()


def named(text: str) -> str:
    """Return a name as definitions write it: Influenza Vaccine, InfluenzaVaccine and influenza-vaccine are one."""
    parts = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", text)
    return re.sub(r"[^a-z0-9]+", "_", parts.casefold()).strip("_")


def resources(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the ValueSets of a file, each with its place in it: one resource, or the entries of a Bundle.

    Raises `DefinitionError`.
    """
    try:
        raw = path.read_bytes()
        said = json.loads(gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw)
    except (OSError, EOFError, ValueError, RecursionError) as error:
        reason = "is not JSON" if isinstance(error, ValueError) else "cannot be read"
        raise DefinitionError(f"{path.name}: {reason}") from None
    if not isinstance(said, dict):
        raise DefinitionError(f"{path.name}: holds no FHIR resource")
    if said.get("resourceType") == "ValueSet":
        yield path.name, said
    elif said.get("resourceType") == "Bundle":
        for number, entry in enumerate(_list(said, "entry"), 1):
            one = entry.get("resource") if isinstance(entry, dict) else None
            if isinstance(one, dict) and one.get("resourceType") == "ValueSet":
                yield f"{path.name}, entry {number}", one
    else:
        kind = said.get("resourceType")
        found = f"a {kind}" if isinstance(kind, str) else "no FHIR resource"
        raise DefinitionError(f"{path.name}: holds {found}, and no ValueSet")


def of_resource(
    place: str, said: Mapping[str, Any], others: Mapping[str, Mapping[str, Any]]
) -> ValueSet:
    """Return the value set that a resource defines; `others` are the resources it may name, by url.

    Raises `DefinitionError` with the place and what to do instead.
    """
    url, version, title = (_text(said, key) for key in ("url", "version", "title"))
    called = _text(said, "name") or title or _text(said, "id")
    if not called or not url:
        raise DefinitionError(f"{place}: a ValueSet needs a url and a name")
    codes = frozenset(_codes(place, said, others, 0))
    if not codes:
        raise DefinitionError(f"{place}: {called} has no codes")
    return ValueSet(named(called), url, version, title or called, codes, fingerprint(codes), place)


def _codes(
    place: str, said: Mapping[str, Any], others: Mapping[str, Mapping[str, Any]], depth: int
) -> set[Coding]:
    if depth > MOST_DEEP:
        raise DefinitionError(f"{place}: value sets name each other in a circle")
    expansion = said.get("expansion")
    if isinstance(expansion, dict):
        return _expanded(place, expansion)
    compose = said.get("compose")
    if not isinstance(compose, dict):
        raise DefinitionError(f"{place}: has neither an expansion nor a list of codes")
    found: set[Coding] = set()
    for part in _list(compose, "include"):
        found |= _part(place, part, others, depth)
    for part in _list(compose, "exclude"):
        found -= _part(place, part, others, depth)
    return found


def _part(
    place: str, part: Any, others: Mapping[str, Mapping[str, Any]], depth: int
) -> set[Coding]:
    """Return the codes of one part of a definition: those that it lists and that each set it names has (FHIR R4)."""
    if not isinstance(part, dict):
        raise DefinitionError(f"{place}: a part of compose is no object")
    system = canonical(_text(part, "system"))
    if _list(part, "filter"):
        raise DefinitionError(
            f"{place}: chooses codes of {system} by a filter, which only a terminology server can do:"
            " download the set with its expansion"
        )
    sets = [
        _codes(place, _other(place, url, others), others, depth + 1)
        for url in _list(part, "valueSet")
    ]
    if not _list(part, "concept"):
        if not sets:
            raise DefinitionError(
                f"{place}: takes all codes of {system or 'a system that it does not name'}:"
                " download the set with its expansion"
            )
        return set.intersection(*sets) if not system else {
            one for one in set.intersection(*sets) if one[0] == system
        }  # fmt: skip
    if not system:
        raise DefinitionError(f"{place}: lists codes without their system")
    listed = {(system, _code(place, concept)) for concept in _list(part, "concept")}
    return listed.intersection(*sets) if sets else listed


def _other(place: str, url: Any, others: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any]:
    wanted = str(url)
    found = others.get(wanted) or others.get(wanted.partition("|")[0])
    if found is None:
        raise DefinitionError(
            f"{place}: takes its codes from {wanted}, which is not there: put that set beside it"
        )
    return found


def _expanded(place: str, expansion: Mapping[str, Any]) -> set[Coding]:
    found: set[Coding] = set()
    counted = 0
    waiting = list(_list(expansion, "contains"))
    while waiting:
        one = waiting.pop()
        if not isinstance(one, dict):
            raise DefinitionError(f"{place}: an entry of the expansion is no object")
        counted += 1
        waiting += _list(one, "contains")
        # an abstract entry is a heading, and no code that a record could have
        if one.get("abstract") is True or "code" not in one:
            continue
        system = canonical(_text(one, "system"))
        if not system:
            raise DefinitionError(f"{place}: the expansion has a code without its system")
        found.add((system, _code(place, one)))
    total = expansion.get("total")
    if isinstance(total, int) and total > counted:
        raise DefinitionError(
            f"{place}: the expansion ends at {counted:,} of {total:,}: download it whole"
        )
    return found


def _code(place: str, said: Any) -> str:
    code = said.get("code") if isinstance(said, dict) else None
    if isinstance(code, int | float):
        raise DefinitionError(f"{place}: has the number {code} for a code: a code is a text")
    if not isinstance(code, str) or not code.strip():
        raise DefinitionError(f"{place}: has an entry without a code")
    return code.strip()


def _text(said: Mapping[str, Any], key: str) -> str:
    found = said.get(key)
    return found.strip() if isinstance(found, str) else ""


def _list(said: Mapping[str, Any], key: str) -> list[Any]:
    found = said.get(key)
    return found if isinstance(found, list) else []
