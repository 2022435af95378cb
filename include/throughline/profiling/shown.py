"""Decides which values of coded fields may be shown, so that no name, number or birthday leaks.

A system that is not set up yet may send anything in any field. A value is shown if a code map knows it,
if it looks like a code, or if it looks like a word of a list and stands in a column of which the definition looks up
others. Any other value is shown only if at least `ENOUGH` persons have it. A value
that looks like a date, or equals an identifying value of the same delivery, is never shown.
"""

from __future__ import annotations

import re

ENOUGH = 5
MANY_WORDS = 30
"""A list has few words that its lookup does not have; a column with more of them may hold free text."""
ENOUGH_OF_A_URL = 2
LONGEST = 80

_DATE = re.compile(r"\d{6}|\d{8}(\d{4,6})?|\d{4}-\d\d?(-\d\d?.*)?|\d\d?[./-]\d\d?[./-]\d\d(\d\d)?")
# A few digits, or lower-case words joined as in FHIR. `Smith`, `SMITH`, `smith` and `LEE` match neither.
_FORM = re.compile(
    r"(?=.{1,12}$)(?!(?:.*\d){6})[A-Za-z]{0,4}[0-9]{1,5}[A-Za-z0-9]{0,3}([.^-][A-Za-z0-9]{1,4})?|[A-Za-z]{1,2}"
)
_WORD = re.compile(r"[a-z]{2,20}(-[a-z0-9]{1,20}){1,4}")
# What a list of plans or departments says: `Blue Care HMO`. No address, no number, no sentence.
_ON_A_LIST = re.compile(r"(?=.{1,40}$)(?!(?:.*\d){5})[^\W_]\w*([ &/+().,'-]{1,3}\w+){0,5}[).]?")
_URL = re.compile(r"(https?://|urn:)[\w.:/#-]+")


def may_be_shown(
    value: str, persons: int, *, is_known: bool, is_personal: bool, is_listed: bool = False
) -> bool:
    """Return whether a value that this many persons have may be shown.

    `is_known`: a code map or a list of this tree has it. `is_personal`: it equals an identifying value
    (a name, a number) of the same delivery, or has one as a word. `is_listed`: it stands in a column that the
    definition looks up, among words that the lookup has.
    """
    if is_known:
        return True
    if is_personal or len(value) > LONGEST or _DATE.fullmatch(value):
        return False
    if _URL.fullmatch(value):
        return persons >= ENOUGH_OF_A_URL
    if _FORM.fullmatch(value) or _WORD.fullmatch(value):
        return True
    if is_listed and _ON_A_LIST.fullmatch(value):
        return True
    return persons >= ENOUGH
