"""Ids from natural keys, so that a second run and a rebuilt database give the same rows."""

from __future__ import annotations

import hashlib
import uuid


def derive(*parts: object) -> uuid.UUID:
    """Return an id derived from `parts`.

    It equals `md5('a|b|c')::uuid` in SQL, so Python and SQL give a row the same id.
    """
    joined = "|".join(str(part) for part in parts)
    return uuid.UUID(hashlib.md5(joined.encode(), usedforsecurity=False).hexdigest())
