"""Decides which values of coded fields may be shown, so that no name, number or birthday leaks.

A system that is not set up yet may send anything in any field. A value is shown if a code map knows it
or if it looks like a code. Any other value is shown only if at least `ENOUGH` persons have it. A value
that looks like a date, or equals an identifying value of the same delivery, is never shown.
"""

from __future__ import annotations

import re

ENOUGH = 5
ENOUGH_OF_A_URL = 2
LONGEST = 80

_DATE = re.compile(r"\d{6}|\d{8}(\d{4,6})?|\d{4}-\d\d?(-\d\d?.*)?|\d\d?[./-]\d\d?[./-]\d\d(\d\d)?")
# A few digits, or lower-case words joined as in FHIR. `Smith`, `SMITH`, `smith` and `LEE` match neither.
_FORM = re.compile(
    r"(?=.{1,12}$)(?!(?:.*\d){6})[A-Za-z]{0,4}[0-9]{1,5}[A-Za-z0-9]{0,3}([.^-][A-Za-z0-9]{1,4})?|[A-Za-z]{1,2}"
)
_WORD = re.compile(r"[a-z]{2,20}(-[a-z0-9]{1,20}){1,4}")
_URL = re.compile(r"(https?://|urn:)[\w.:/#-]+")


def may_be_shown(value: str, persons: int, *, is_known: bool, is_personal: bool) -> bool:
    """Return whether a value that this many persons have may be shown.

    `is_known`: a code map or a list of this tree has it. `is_personal`: it equals an identifying value
    (a name, a number) of the same delivery.
    """
    if is_known:
        return True
    if is_personal or len(value) > LONGEST or _DATE.fullmatch(value):
        return False
    if _URL.fullmatch(value):
        return persons >= ENOUGH_OF_A_URL
    if _FORM.fullmatch(value) or _WORD.fullmatch(value):
        return True
    return persons >= ENOUGH
