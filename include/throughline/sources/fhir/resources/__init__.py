"""The resource types that are read: each module here lists its own in `KINDS`."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from throughline.sources.fhir.settings import Kind

KINDS: dict[str, Kind] = {
    kind.feed: kind
    for module in iter_modules(__path__, f"{__name__}.")
    for kind in import_module(module.name).KINDS
}
"""How each feed is read, collected from the modules in this folder."""
