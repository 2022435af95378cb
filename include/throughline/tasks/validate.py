"""Validates claim files with pyx12, which is independent of our own code."""

from __future__ import annotations

import functools
import io
import logging
from typing import Any

SEEN = 20


def complaints(content: bytes) -> list[str]:
    """Return pyx12's objections to a file under the 5010 guide, as codes of AK and IK segments without values.

    An empty list means that the file was accepted.
    """
    import pyx12.x12n_document

    logging.getLogger("pyx12").setLevel(logging.CRITICAL)
    answer = io.StringIO()
    try:
        accepted = pyx12.x12n_document.x12n_document(
            param=_parameters(), src_file=io.StringIO(content.decode("ascii")),
            fd_997=answer, fd_html=None,
        )  # fmt: skip
    except Exception as error:  # noqa: BLE001 - whatever stops it, the file was not accepted
        return [f"the validator gave up: {type(error).__name__}"]
    if accepted:
        return []
    # IK403/IK404 may quote the bad value (IK404): it stays here.
    found = [
        "*".join(line.rstrip("~").split("*")[:4])
        for line in answer.getvalue().splitlines()
        if line.startswith(("IK3", "IK4", "IK5", "AK2", "AK9"))
    ]
    return found[:SEEN] or ["refused without a reason"]


@functools.cache
def _parameters() -> Any:
    """Return pyx12's parameters, and let it keep each guide that it has read.

    It parses the guide of a claim anew for each file, which takes many times as long as a small file: 0.4 s. A
    guide is only read once it is there, what was counted on the way through it belongs to the file.
    """
    import pyx12.map_if
    import pyx12.params

    pyx12.map_if.load_map_file = functools.cache(pyx12.map_if.load_map_file)
    return pyx12.params.params()
