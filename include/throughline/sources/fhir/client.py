"""The common base of clients of a FHIR server: construction, authorisation, closing."""

from __future__ import annotations

from typing import Self

from throughline.sources.fhir.auth import BackendService
from throughline.transports.address import Address
from throughline.transports.https import HttpClient
from throughline.transports.patience import REAL, Clock, Patience


class ServerClient:
    """A client of one FHIR server; uses SMART backend services if its address has the credentials.

    Use it as a context manager, or call `close`.
    """

    def __init__(
        self, address: Address, *, clock: Clock = REAL, patience: Patience | None = None
    ) -> None:
        tokens = BackendService(address, clock, patience)
        self._name = address.name
        self._http = HttpClient(address, authorize=tokens, renew=tokens.forget, clock=clock)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()
