"""When a message was written, and which of two messages is the newer one."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from zoneinfo import ZoneInfo

from throughline.sources.hl7v2.message import Message, moment, offset_of

_NUMBER = re.compile(r"[0-9]+")


def clock(m: Message, zone: ZoneInfo) -> tuple[datetime | None, ZoneInfo | timezone]:
    """Return when the message was written, and the zone of its times that name no offset.

    MSH-7's offset is the message's default (HL7 v2 chapter 2, DTM). If it equals the offset of the
    sender's own zone at that moment, the zone is used instead, because an appointment may lie after
    the change to winter time.
    """
    text = m.value(m.fields[0], 7)
    made = moment(text, zone)
    stated = offset_of(text)
    if (
        made is None
        or stated is None
        or made.astimezone(zone).utcoffset() == stated.utcoffset(None)
    ):
        return made, zone
    return made, stated


def version(at: datetime, control_id: str) -> str:
    """Return the version of what a message says: of two, the one that sorts later is newer.

    Messages of the same second sort by number: 10 comes after 9.
    """
    made = at.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
    number = _NUMBER.sub(lambda found: found.group().zfill(12), control_id)
    return f"{made}/{number}"
