"""What a FHIR server says it can be asked: its CapabilityStatement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from throughline.transports.address import SourceUnavailable


class _Named(msgspec.Struct):
    name: str = ""
    code: str = ""


class _Type(msgspec.Struct, rename="camel"):
    type: str = ""
    interaction: list[_Named] = []
    search_param: list[_Named] = []
    operation: list[_Named] = []


class _Rest(msgspec.Struct, rename="camel"):
    mode: str = "server"
    resource: list[_Type] = []
    search_param: list[_Named] = []
    operation: list[_Named] = []


class _Statement(msgspec.Struct, rename="camel"):
    rest: list[_Rest] = []
    resource_type: str = ""
    fhir_version: str = ""


_STATEMENT = msgspec.json.Decoder(_Statement)


@dataclass(frozen=True)
class Capability:
    """What a server says it can be asked, by resource type; `at` is its own time.

    `operations` has those of the whole server under an empty type.
    """

    at: datetime
    params: Mapping[str, frozenset[str]] = field(default_factory=dict)
    interactions: Mapping[str, frozenset[str]] = field(default_factory=dict)
    operations: Mapping[str, frozenset[str]] = field(default_factory=dict)
    fhir_version: str = ""

    def searches(self, kind: str, param: str) -> bool:
        """Return whether a type can be searched by a parameter."""
        return param in self.params.get(kind, frozenset())

    def does(self, kind: str, interaction: str) -> bool:
        """Return whether a type has an interaction, such as `history-type`."""
        return interaction in self.interactions.get(kind, frozenset())

    def has(self, kind: str) -> bool:
        """Return whether a type is named at all."""
        return kind in self.params


def capability(body: bytes, name: str, at: datetime) -> Capability:
    """Return what a statement says. Raises `SourceUnavailable`, naming the source, if it cannot be read."""
    try:
        statement = _STATEMENT.decode(body)
    except msgspec.DecodeError:
        raise SourceUnavailable(f"{name}: the CapabilityStatement cannot be read", body) from None
    params: dict[str, frozenset[str]] = {}
    interactions: dict[str, frozenset[str]] = {}
    operations: dict[str, frozenset[str]] = {}
    for rest in statement.rest:
        if rest.mode != "server":
            continue
        of_all = {one.name for one in rest.search_param}
        operations[""] = frozenset(one.name.removeprefix("$") for one in rest.operation)
        for one in rest.resource:
            params[one.type] = frozenset(of_all | {each.name for each in one.search_param})
            interactions[one.type] = frozenset(each.code for each in one.interaction)
            operations[one.type] = frozenset(each.name.removeprefix("$") for each in one.operation)
    return Capability(at, params, interactions, operations, statement.fhir_version)
