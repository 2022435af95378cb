"""Lists the paths in resources and which of them a reader reads, for the profile of a source.

The structs that lines are decoded into define what is read. A branch that no struct knows is listed
by its first element only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from types import UnionType
from typing import Any, BinaryIO, Union, get_args, get_origin

import msgspec

from throughline.sources.definitions import SourceDefinition
from throughline.sources.fhir.ndjson import FEED_OF_TYPE, KINDS, lines
from throughline.sources.fhir.resources.people import INTERPRETER
from throughline.sources.fhir.settings import Settings, settings_of
from throughline.sources.fhir.values import Extension
from throughline.sources.standard import Held, HeldCode

# Element names of FHIR: any other string in the place of a name may be personal data.
_NAME = re.compile(r"_?[a-z][A-Za-z]{0,60}")
_TYPE = re.compile(r"[A-Z][A-Za-z]{1,40}")
_URL = re.compile(r"(?:https?://|urn:)[\w.:/#-]{1,200}")
OTHER = "(a name that FHIR does not have)"


def held(stream: BinaryIO, file: str, definition: SourceDefinition) -> Iterator[Held]:
    """Yield what each resource of a file holds. Raises `FileRefusedError`."""
    settings = settings_of(definition)
    systems = _systems(settings)
    urls = frozenset({*settings.extensions.values(), INTERPRETER})
    for _, line in lines(stream, file):
        try:
            resource = msgspec.json.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            continue
        if not isinstance(resource, dict) or not isinstance(resource.get("resourceType"), str):
            continue
        kind = resource["resourceType"]
        if not _TYPE.fullmatch(kind):
            kind = "(no type of FHIR)"
        feed = FEED_OF_TYPE.get(kind)
        read_as = KINDS[feed].decoder.type if feed in definition.feeds and feed else None
        found: dict[str, bool] = {}
        _walk(resource, read_as, "", urls, found)
        source_id = resource.get("id")
        yield Held(
            kind,
            found,
            tuple(_codes(resource, kind, systems, settings)) if read_as is not None else (),
            source_id if isinstance(source_id, str) else None,
        )


def _systems(settings: Settings) -> dict[str, str]:
    """Return what each identifier system of the conventions is for."""
    named = {
        settings.mrn_system: "record number",
        settings.npi_system: "NPI",
        settings.tax_system: "tax number",
        settings.control_number_system: "patient control number",
        settings.visit_number_system: "visit number",
        **dict.fromkeys(settings.task_systems, "our own task"),
    }
    return {system: use for system, use in named.items() if system}


def _codes(
    resource: dict[str, Any], kind: str, systems: dict[str, str], settings: Settings
) -> Iterator[HeldCode]:
    identifiers = resource.get("identifier")
    for one in identifiers if isinstance(identifiers, list) else ():
        system = one.get("system") if isinstance(one, dict) else None
        if isinstance(system, str):
            yield HeldCode("identifier.system", system, systems.get(system), is_for_all=False)
    gender = resource.get("gender") if kind == "Patient" else None
    if isinstance(gender, str):
        sex, is_known = settings.codes["patient.sex"].find(gender)
        yield HeldCode("gender", gender, sex if is_known else None, field="patient.sex")


def _walk(
    value: dict[str, Any], struct: Any, at: str, urls: frozenset[str], found: dict[str, bool]
) -> None:
    """Record the paths of an object that is decoded into `struct` (None: not decoded)."""
    fields = _fields(struct) if struct is not None else {}
    for name, inside in value.items():
        if inside is None or inside in ("", [], {}):
            continue
        path = f"{at}{name}" if _NAME.fullmatch(name) else f"{at}{OTHER}"
        if name in ("extension", "modifierExtension") and isinstance(inside, list):
            is_read = fields.get(name) is Extension
            for one in inside:
                url = one.get("url") if isinstance(one, dict) else None
                told = url if isinstance(url, str) and _URL.fullmatch(url) else "without a url"
                _note(found, f"{path}({told})", is_read and url in urls)
            continue
        below = fields.get(name)
        objects = [
            o for o in (inside if isinstance(inside, list) else [inside]) if isinstance(o, dict)
        ]
        if isinstance(below, type) and objects:
            for one in objects:
                _walk(one, below, f"{path}.", urls, found)
        else:
            _note(found, path, name in fields)


def _note(found: dict[str, bool], path: str, is_read: bool) -> None:
    found[path] = found.get(path, False) or is_read


@lru_cache(maxsize=256)
def _fields(struct: type) -> dict[str, type | None]:
    """Return the names that a struct is decoded from, each with the struct behind it, if any."""
    return {field.encode_name: _struct_in(field.type) for field in msgspec.structs.fields(struct)}


def _struct_in(kind: Any) -> type | None:
    """Return the struct in an annotation such as `list[Coding]` or `Period | None`."""
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return kind
    if get_origin(kind) in (list, Union, UnionType):
        return next((s for part in get_args(kind) if (s := _struct_in(part)) is not None), None)
    return None
