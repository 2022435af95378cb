"""How bytes come and go, whatever they say: addresses of systems, and the ways to reach them.

A transport knows nothing of the standard of what it carries. Importing this package costs little:
the module of a transport is imported when somebody first goes that way.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from importlib import import_module
from typing import TYPE_CHECKING, cast

from throughline.transports.address import Address, SourceUnavailable

if TYPE_CHECKING:
    from throughline.transports.files import Files, Open

__all__ = ["Address", "SourceUnavailable", "open_files"]

FILES = {
    "folder": "throughline.transports.folder",
    "https": "throughline.transports.listing",
    "sftp": "throughline.transports.sftp",
}
"""The transports that carry files: the module of each, whose `connect` gives `Files`."""


def open_files(transport: str, address: Address) -> AbstractContextManager[Files]:
    """Open the folders of a system over a transport. Raises `SourceUnavailable` on entering."""
    connect = cast("Open", import_module(FILES[transport]).connect)
    return connect(address)
