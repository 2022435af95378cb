"""Names and addresses in the characters that X12 has: what each letter becomes, and which have no form.

X12's 005010 guides know no letters beyond A to Z, and X12 itself recommends a letter without its diacritical mark:
PEÑA is sent as PENA (https://x12.org/resources/requests-for-interpretation/rfi-2212-language-characters-837, checked
2026-11-29). Unicode says which letter lies under a mark. Letters that it does not take apart are in `FORMS`, most
of them as passports write them (ICAO Doc 9303-3, section 6, for ß, Æ, Œ, Þ, Ð, Đ, Ħ, Ŋ, Ŧ, ĸ, Ĳ); Ø is O and not
OE, as its mark is dropped like others. A letter of another script has no form here: how a person writes it in Latin
letters is theirs to say.
"""

from __future__ import annotations

import re
import unicodedata

FORMS = {
    "ß": "SS", "ẞ": "SS", "Æ": "AE", "Œ": "OE", "Þ": "TH", "Ð": "D", "Ŋ": "N", "ĸ": "Q", "ı": "I", "ȷ": "J", "Ɛ": "E",
    "Ɔ": "O", "Ɖ": "D", "Ƿ": "W", "Ꜳ": "AA", "Ꜵ": "AO", "Ꜷ": "AU", "Ꜹ": "AV", "Ꜽ": "AY",
    # apostrophes that are part of a name, such as the ʻokina
    "’": "'", "‘": "'", "‛": "'", "ʼ": "'", "ʻ": "'", "ʽ": "'", "ʾ": "'", "ʿ": "'", "′": "'", "´": "'", "`": "'",
    "＇": "'", "ꞌ": "'", "ʹ": "'",
    "·": "", "“": '"', "”": '"', "„": '"', "⁄": "/",
    "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "―": "-", "−": "-",
}  # fmt: skip
"""Characters that Unicode does not take apart, in upper case, and what is written for each."""

_ASCII = str.maketrans({sign: form for sign, form in FORMS.items() if sign.isascii()})

_NAMED = re.compile(r"LATIN (?:CAPITAL|SMALL) LETTER ([A-Z])(?: WITH .*)?")
"""A letter with a stroke, a hook or a tail is not taken apart, but its name says which letter it is."""


class NoFormError(ValueError):
    """A letter or a digit has no form in X12. The message does not hold it."""


def folded(text: str) -> str:
    """Return text in upper case, each letter as A to Z, each digit as 0 to 9; other signs stay or become blanks.

    Marks on letters are dropped. Raises `NoFormError` for a letter or digit that has no such form.
    """
    if text.isascii():
        return text.upper().translate(_ASCII)
    return "".join(_form(sign) for sign in unicodedata.normalize("NFC", text))


def _form(sign: str) -> str:
    if sign.isascii() and sign not in FORMS:
        return sign.upper()
    upper = sign.upper()
    if upper in FORMS or sign in FORMS:
        return FORMS.get(upper) or FORMS[sign]
    kind = unicodedata.category(sign)
    if kind == "Nd":
        return str(unicodedata.decimal(sign))
    if kind in ("Mn", "Me", "Cf"):
        return ""
    named = _NAMED.fullmatch(unicodedata.name(upper, "")) if len(upper) == 1 else None
    if named:
        return named[1]
    apart = unicodedata.normalize("NFKD", upper)
    if apart not in (sign, upper) or len(upper) > 1:
        # ½ behind a house number is a number of its own
        return (" " if kind == "No" else "") + "".join(_form(part) for part in apart)
    if kind[0] in "LNM" or kind in ("Co", "Cn", "Cs"):
        raise NoFormError("a letter has no form in X12")
    return " "
