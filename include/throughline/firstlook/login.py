"""Whether a FHIR server is reached and lets us in: its statement about itself, its SMART configuration, and a token."""

from __future__ import annotations

import re
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from throughline.firstlook.found import Look, Stop, listed
from throughline.firstlook.network import reach_url
from throughline.firstlook.words import is_page, meant, said_of
from throughline.sources.fhir.auth import BackendService, algorithm_of, scope_of
from throughline.sources.fhir.search.capability import Capability, capability
from throughline.transports.address import Address, SourceUnavailable
from throughline.transports.https import Answer, HttpClient
from throughline.transports.patience import Patience

PATIENCE = Patience(attempts=2, total_s=60.0, longest_wait_s=5.0, waits_s=10.0)
FHIR_JSON = "application/fhir+json"
DISCOVERY = ".well-known/smart-configuration"
RELEASES = ("4.0", "4.3")
"""FHIR R4 and R4B, which are read."""

HINTS = {
    "invalid_client": "compare client_id, key_id and the public key with what is registered for this server",
    "invalid_scope": "write in `scope` what was granted, such as system/Patient.rs or system/Patient.read",
    "unauthorized_client": "the client is known and may not log in so: ask for a backend client (client credentials)",
    "invalid_request": "ask the vendor what a token request must have; SMART Backend Services is what was sent",
}


@dataclass
class Server:
    """A FHIR server that has been reached: how to ask it, what it says it offers, and the scopes that it gave."""

    http: HttpClient
    offers: Capability
    scopes: str

    def get(self, path: str, params: dict[str, Any] | None = None) -> Answer:
        """Ask once, and once more after a brief failure. Raises `SourceUnavailable`."""
        headers = {"Accept": FHIR_JSON, "Prefer": "handling=strict"}
        return self.http.get(path, params or {}, headers, patience=PATIENCE, follow=True)


def covers(scopes: str, letters: str, kind: str) -> bool:
    """Return whether scopes allow something with a type (`rs` to read and search); true if nobody said them."""
    return not scopes.strip() or any(_covers(scope, letters, kind) for scope in scopes.split())


def _covers(scope: str, letters: str, kind: str) -> bool:
    """Return whether one scope of SMART, of version 1 (`.read`) or 2 (`.rs`), allows something."""
    found = re.fullmatch(r"(?:system|user)/([A-Za-z]+|\*)\.([a-z]+|\*)(?:\?.*)?", scope)
    if found is None or found[1] not in (kind, "*"):
        return False
    allowed = {"read": "rs", "write": "cud", "*": "cruds"}.get(found[2], found[2])
    return set(letters) <= set(allowed)


def server(look: Look, address: Address, stack: ExitStack) -> Server:
    """Reach a FHIR server, log in, and read what it says of itself; the stack closes it. Raises `Stop`."""
    where = f"base_url in the extra of the connection {address.name}"
    reach_url(look, address.base_url, where, f"write {where}")
    asked = stack.enter_context(HttpClient(address, authorize=dict))
    smart = _discovered(asked)
    tokens = _logged_in(look, address, smart)
    http = stack.enter_context(HttpClient(address, authorize=tokens, renew=tokens.forget))
    found = Server(http, Capability(datetime.now(UTC)), tokens.granted)
    found.offers = _statement(look, found, address, where)
    return found


def _discovered(http: HttpClient) -> dict[str, Any]:
    """Return what the server says of logins; nothing if it says nothing that can be read."""
    try:
        answer = http.get(
            DISCOVERY, {}, {"Accept": "application/json"}, patience=PATIENCE, follow=True
        )
        said = answer.json() if answer.status == 200 else {}
    except (SourceUnavailable, ValueError):
        return {}
    return said if isinstance(said, dict) else {}


def _logged_in(look: Look, address: Address, smart: dict[str, Any]) -> BackendService:
    """Ask for a token, if the connection says where. Raises `Stop` if none is given."""
    tokens = BackendService(address, patience=PATIENCE)
    extra = f"in the extra of the connection {address.name}"
    url, told = address.extra.get("token_url"), smart.get("token_endpoint")
    if not url and told:
        look.bad(
            "the server gives tokens, and the connection has none",
            f"write token_url: {told} {extra}",
        )
        raise Stop
    if not url:
        look.note(
            "no login is set: the server is asked without a token", f"else write token_url {extra}"
        )
        return tokens
    if told and str(told) != str(url):
        look.note(f"the server names another token_url: {told}")
    _fits(look, address, smart, extra)
    if urlsplit(str(url)).netloc != urlsplit(address.base_url).netloc:
        reach_url(look, str(url), f"token_url {extra}", f"write token_url {extra}")
    try:
        tokens()
    except SourceUnavailable as error:
        status = re.search(r"http_(\d+)$", str(error))
        if is_page(error.body):
            look.bad("a page for people came instead of a token", f"write token_url {extra}")
        elif status is None:
            look.bad(
                f"no token: {str(error).partition(': ')[2]}",
                f"look at private_key or key_file {extra}",
            )
        else:
            hint = next(
                (text for word, text in HINTS.items() if word in error.said),
                HINTS["invalid_client"],
            )
            look.bad(f"no token: the server {meant(int(status[1]), error.said)}", hint)
        raise Stop from None
    given = f", for {listed(tokens.granted.split(), 8)}" if tokens.granted else ""
    look.good(f"the server gives a token{given}")
    return tokens


def _fits(look: Look, address: Address, smart: dict[str, Any], extra: str) -> None:
    """Compare how we log in with what the server takes."""
    if address.extra.get("client_secret"):
        return
    methods = smart.get("token_endpoint_auth_methods_supported")
    if isinstance(methods, list) and methods and "private_key_jwt" not in methods:
        look.bad(
            f"the server takes no key of ours, but {listed(map(str, methods))}",
            f"write client_secret {extra}",
        )
    takes = smart.get("token_endpoint_auth_signing_alg_values_supported")
    try:
        ours = str(
            address.extra.get("algorithm") or algorithm_of(address.private_key or address.password)
        )
    except SourceUnavailable as error:
        look.bad(
            f"{str(error).removeprefix(f'{address.name}: ')}",
            f"write private_key or key_file {extra}",
        )
        raise Stop from None
    if isinstance(takes, list) and takes and ours not in takes:
        look.bad(
            f"our key signs with {ours}, and the server takes {listed(map(str, takes))}",
            f"make a key of that kind, register it, and write it {extra}",
        )


def _statement(look: Look, found: Server, address: Address, where: str) -> Capability:
    """Read the CapabilityStatement. Raises `Stop` if none comes: then it is another server, or we are not let in."""
    try:
        answer = found.get("metadata")
    except SourceUnavailable as error:
        look.bad(f"metadata: {str(error).removeprefix(f'{address.name}: ')}", f"write {where}")
        raise Stop from None
    if is_page(answer.body):
        look.bad(
            "a page for people came instead of FHIR: another server, a proxy or a login",
            f"write {where}",
        )
        raise Stop
    if answer.status in (401, 403):
        look.bad(
            f"the server {said_of(answer)}",
            f"look at scope (now {scope_of(address)}) and token_url",
        )
        raise Stop
    try:
        if answer.status != 200:
            raise SourceUnavailable(said_of(answer))
        said = capability(answer.body, address.name, datetime.now(UTC))
        if not said.params and not said.fhir_version:
            raise SourceUnavailable("what came is no CapabilityStatement")
    except SourceUnavailable as error:
        problem = str(error).removeprefix(f"{address.name}: ")
        look.bad(f"metadata: {problem}: this is not the base of a FHIR server", f"write {where}")
        raise Stop from None
    if said.fhir_version and not said.fhir_version.startswith(RELEASES):
        look.bad(
            f"the server speaks FHIR {said.fhir_version}, and R4 is read",
            f"write the base of R4 as {where}",
        )
        raise Stop
    look.good(f"it is a FHIR server{f' ({said.fhir_version})' if said.fhir_version else ''}"
              f" with {len(said.params)} types of resource")  # fmt: skip
    return said
