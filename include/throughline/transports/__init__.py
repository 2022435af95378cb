"""Transports move bytes between us and other systems, regardless of content.

A transport does not depend on the standard of what it carries. Importing this package is cheap: the
module of a transport is imported on first use.
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
"""The transports that carry files: name to the module whose `connect` returns `Files`."""


def open_files(transport: str, address: Address) -> AbstractContextManager[Files]:
    """Open the folders of a system over a transport. Raises `SourceUnavailable` on entering."""
    connect = cast("Open", import_module(FILES[transport]).connect)
    return connect(address)
