"""Interfaces that tell by HL7 v2 what the EHR's export tells: ADT of stays and visits, MDM of notes, DFT of charges.

They are off unless `serve --messages` names them. Draws have purposes of their own and nothing that happens in the
world depends on them, so that a world with messages is the world without them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sandbox.messages import adt, dft, mdm
from sandbox.messages.engine import USER, Engine, deliver
from sandbox.world.engine import World

__all__ = ["KINDS", "USER", "attach", "chosen", "empty", "of"]

KINDS: dict[str, Callable[[World, Engine], None]] = {
    "adt": adt.install,
    "mdm": mdm.install,
    "dft": dft.install,
}
"""What can be asked for, and what lets a world tell it."""


def chosen(text: str) -> tuple[str, ...]:
    """Return the kinds of ``adt,mdm,dft``. Raises ``ValueError`` that names one that does not exist."""
    kinds = tuple(dict.fromkeys(filter(None, (part.strip().lower() for part in text.split(",")))))
    for kind in kinds:
        if kind not in KINDS:
            raise ValueError(f"unknown messages {kind!r}; there are {', '.join(KINDS)}")
    return kinds


def attach(world: World, kinds: Iterable[str] = ()) -> None:
    """Let a world tell these kinds, or those that it told before; called when it is created and at every start."""
    told = tuple(kinds)
    if told and "messages" not in world.parts:
        world.parts["messages"] = Engine(told)
    engine = of(world)
    if engine is None:
        return
    for kind in engine.kinds:
        KINDS[kind](world, engine)
    world.on("deliver", lambda world, day: deliver(world, engine, day))


def of(world: World) -> Engine | None:
    """What waits to be sent by a world, or None if it tells nothing by messages."""
    found: Engine | None = world.parts.get("messages")
    return found


def empty(world: World) -> None:
    """Put out all that waits, however late it would come."""
    engine = of(world)
    if engine is not None:
        deliver(world, engine, world.lived_to, everything=True)
