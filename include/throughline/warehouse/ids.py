"""Ids from natural keys, so that a second run and a rebuilt database give the same rows."""

from __future__ import annotations

import hashlib
import uuid


def derive(*parts: object) -> uuid.UUID:
    """Return the id of the thing that `parts` name.

    The same as `md5('a|b|c')::uuid` in SQL, so that both languages name a row alike.
    """
    joined = "|".join(str(part) for part in parts)
    return uuid.UUID(hashlib.md5(joined.encode(), usedforsecurity=False).hexdigest())
