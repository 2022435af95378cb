"""The common base of clients of a FHIR server: construction, authorisation, closing."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import ClassVar, Self

from throughline.sources.fhir.auth import READS, BackendService
from throughline.transports.address import Address
from throughline.transports.https import HttpClient
from throughline.transports.patience import REAL, Clock, Patience

log = logging.getLogger(__name__)

NOTED_S = 60.0
"""Clocks differ by seconds: only more than that is worth a warning."""


def believed(
    source: str, said: datetime, asked_at: datetime, now: datetime, cut_off: datetime
) -> datetime:
    """Return up to when an answer is complete: what the server says, unless its clock is ahead of ours.

    The next request asks for what changed after this time. If that is still to come, whatever changes until then
    would never be asked for. Then the answer counts up to `asked_at`, our own time of the request: what was there
    then is in it, because a server runs its query after it was asked (`transactionTime` is "the server's time when
    the query is run", and the response has all up to it: Bulk Data Access 2.0.0, read on 2026-11-29). A record that
    comes twice changes nothing. A night may be ahead of this machine, as the sandbox's are: a server is believed up
    to the night's `cut_off`.
    """
    if said <= max(now, cut_off):
        return said
    ahead = (said - now).total_seconds()
    if ahead > NOTED_S:
        log.warning(
            "%s: its clock is %.0f s ahead of ours; its answer counts up to when it was asked",
            source,
            ahead,
        )
    return cut_off if cut_off > now else asked_at


class ServerClient:
    """A client of one FHIR server; uses SMART backend services if its address has the credentials.

    Use it as a context manager, or call `close`.
    """

    SCOPE: ClassVar[str] = READS
    """The scopes that it asks for, unless its address states others."""

    def __init__(
        self, address: Address, *, clock: Clock = REAL, patience: Patience | None = None
    ) -> None:
        tokens = BackendService(address, clock, patience, self.SCOPE)
        self._name = address.name
        self._http = HttpClient(address, authorize=tokens, renew=tokens.forget, clock=clock)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()
