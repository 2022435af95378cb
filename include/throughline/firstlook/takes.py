"""Whether a system takes the work that is sent to it: found before the first night, not by a failed task per patient.

Nothing is sent. A FHIR server says what it creates; the others are asked for something that there is not, as a night
asks when an answer was lost.
"""

from __future__ import annotations

import uuid
from contextlib import ExitStack

from throughline.firstlook import folders
from throughline.firstlook.found import Look, Stop, listed
from throughline.firstlook.login import FHIR_JSON, PATIENCE, Server, covers, server
from throughline.firstlook.network import reach_url
from throughline.firstlook.words import is_page, said_of
from throughline.sources.fhir.auth import WRITES, BackendService
from throughline.sources.source import Role
from throughline.tasks.files import INBOX
from throughline.tasks.wire.fhir_task import EFFECT_SYSTEM
from throughline.transports.address import Address, SourceUnavailable
from throughline.transports.https import HttpClient

CREATED = {
    "outreach": ("CommunicationRequest", "Task"),
    "documentation": ("Task",),
}
"""The types of resource that the work of a role is sent as: what `throughline.tasks.wire.fhir_task` writes."""
LOOKED_UP = {"schedule": "booking-requests/{}", "billing": "work-items?idempotency_key={}"}
"""How the work of a role is looked up: what `throughline.tasks.receivers` asks."""


def of_role(
    look: Look, role: Role, address: Address, known: Server | None, stack: ExitStack
) -> None:
    """Look whether the system behind an address takes the work of a role; `known` is a FHIR server already reached."""
    if role.work_list is not None:
        folders.takes_lists(look, role, role.work_list, address)
    elif role.name in CREATED:
        try:
            _creates(look, role, known or server(look, address, stack), address)
        except Stop:
            return
    elif role.name in LOOKED_UP:
        _answers(look, role, address)
    elif role.name == "payer":
        folders.takes(look, address, INBOX)


def _creates(look: Look, role: Role, found: Server, address: Address) -> None:
    kinds = CREATED[role.name]
    place = f"{look.place}: roles"
    lacking = [kind for kind in kinds if not found.offers.does(kind, "create")]
    if lacking:
        look.bad(
            f"{role.name}: the server takes no {listed(lacking)} (its CapabilityStatement has no create for it):"
            " every task of this role would be refused",
            f"take {role.name} out of {place}, and give it to a system that takes the work",
        )
        return
    tokens = BackendService(address, patience=PATIENCE, scope=WRITES)
    try:
        tokens()
    except SourceUnavailable as error:
        why = error.said or str(error).partition(": ")[2]
        look.bad(
            f"{role.name}: the server gives no token to send work: {why}",
            f"ask for {WRITES}, and write all scopes in `scope`; or take {role.name} out of {place}",
        )
        return
    barred = [kind for kind in kinds if not covers(tokens.granted, "c", kind)]
    if barred:
        wanted = " ".join(f"system/{kind}.c" for kind in barred)
        look.bad(
            f"{role.name}: the scopes that were given create no {listed(barred)}",
            f"ask for {wanted} (SMART v1: .write), and write it in `scope`; or take {role.name} out of {place}",
        )
        return
    blind = [kind for kind in kinds if not _finds(address, tokens, kind)]
    if blind:
        look.bad(
            f"{role.name}: {listed(blind)} cannot be found by identifier: after a lost answer nobody could tell"
            " whether the work arrived",
            f"ask the vendor for a search by identifier, or take {role.name} out of {place}",
        )
        return
    look.good(f"{role.name}: the server creates {listed(kinds)}, and finds them by identifier")


def _finds(address: Address, tokens: BackendService, kind: str) -> bool:
    """Return whether a type can be searched by identifier, as a night looks up what it sent."""
    wanted = {"identifier": f"{EFFECT_SYSTEM}|{uuid.uuid4()}"}
    try:
        with HttpClient(address, authorize=tokens) as client:
            answer = client.get(kind, wanted, {"Accept": FHIR_JSON}, patience=PATIENCE)
            return answer.status == 200 and answer.json().get("resourceType") == "Bundle"
    except (SourceUnavailable, ValueError, AttributeError):
        return False


def _answers(look: Look, role: Role, address: Address) -> None:
    """Ask an interface for something that there is not: it has to say so, and not that it does not know us."""
    where = f"base_url of the connection {address.name}"
    try:
        reach_url(look, address.base_url, where, f"write {where}")
    except Stop:
        return
    path = LOOKED_UP[role.name].format(uuid.uuid4())
    try:
        with HttpClient(address) as client:
            answer = client.get(path, patience=PATIENCE)
    except SourceUnavailable as error:
        look.bad(f"{role.name}: {str(error).partition(': ')[2]}", f"look at {where}")
        return
    if is_page(answer.body):
        look.bad(f"{role.name}: a page for people came instead of an answer", f"write {where}")
    elif answer.status in (401, 403):
        look.bad(
            f"{role.name}: the interface {said_of(answer)}",
            f"write login and password of {address.name}",
        )
    elif role.name == "billing" and answer.status != 200:
        look.bad(
            f"billing: the interface {said_of(answer)}, and a night looks up there what it sent",
            'it must answer GET /work-items?idempotency_key=… with {"items": []}',
        )
    elif role.name == "schedule" and answer.status != 404:
        look.bad(
            f"schedule: the interface {said_of(answer)} to a request that there is not",
            "it must answer GET /booking-requests/{id} with 404 then",
        )
    else:
        look.good(f"{role.name}: the interface answers, and can be asked what it took")
