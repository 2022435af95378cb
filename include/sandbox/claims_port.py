"""Where the clearinghouse, the payers and the billing system are plugged into the world."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any

from sandbox.world.engine import World


def _claims() -> ModuleType | None:
    package = importlib.import_module("sandbox.claims")
    return package if hasattr(package, "attach") else None


def attach(world: World) -> None:
    """Let the claims side listen to the world; called at every start."""
    package = _claims()
    if package is not None:
        package.attach(world)


def receive(world: World, name: str, content: bytes) -> None:
    """Hand a file from the clearinghouse's inbox on."""
    package = _claims()
    if package is not None:
        package.receive(world, name, content)


def billing_app(world: World) -> Any:
    """The billing system's HTTP application, or None."""
    package = _claims()
    return package.billing_app(world) if package is not None else None
