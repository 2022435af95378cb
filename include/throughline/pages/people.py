"""Names, for those who may see them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from throughline.pages.access import look
from throughline.pages.visitor import Visitor
from throughline.warehouse import Connection, sql


@dataclass(frozen=True)
class Name:
    """Who a person is, as the best record knows them. `wrong_at`: a call found the number to be another's."""

    person_id: str
    family: str | None
    given: str | None
    birth_date: date | None
    phone: str | None
    mrn: str | None
    is_deceased: bool
    wrong_at: datetime | None = None

    @property
    def full(self) -> str:
        """The name as it is read out: `Ada Long`."""
        return " ".join(part for part in (self.given, self.family) if part) or "no name on record"

    @property
    def telephone(self) -> str:
        """The telephone number, grouped if it has ten digits: `(716) 555-0142`."""
        return telephone(self.phone)


LANGUAGES = {
    "ar": "Arabic",
    "bn": "Bengali",
    "de": "German",
    "en": "English",
    "es": "Spanish",
    "fa": "Persian",
    "fr": "French",
    "hi": "Hindi",
    "ht": "Haitian Creole",
    "it": "Italian",
    "ko": "Korean",
    "ne": "Nepali",
    "pl": "Polish",
    "pt": "Portuguese",
    "ru": "Russian",
    "so": "Somali",
    "sw": "Swahili",
    "tl": "Tagalog",
    "uk": "Ukrainian",
    "ur": "Urdu",
    "vi": "Vietnamese",
    "yi": "Yiddish",
    "zh": "Chinese",
}
"""Names of languages by ISO 639-1; a record's other codes are shown as they are."""


def language(code: str) -> str:
    """Return a language as people say it: `en-US` is English."""
    return LANGUAGES.get(code.lower().partition("-")[0], code)


def telephone(phone: str | None) -> str:
    """Return a telephone number as people read it; empty if there is none."""
    digits = phone or ""
    if len(digits) == 10 and digits.isdigit():
        return f"({digits[:3]}) {digits[3:6]}-{digits[6:]}"
    return digits


def names(
    conn: Connection, visitor: Visitor, page: str, persons: Iterable[str | None], about_id: str = ""
) -> dict[str, Name]:
    """Return who the persons are, by id, and keep that the visitor was shown them.

    Returns nothing for a visitor who may not see patients.
    """
    asked = sorted({person for person in persons if person})
    if not asked or not visitor.sees_patients:
        return {}
    look(conn, visitor, page, asked, about_id)
    found = sql.run(conn, "told/pages/names.sql", persons=asked).rows
    return {row[0]: Name(*row) for row in found}
