"""Turns the cells of a row into the value of a column, as the definition says; what does not fit is a fault.

Nothing is guessed from a cell: the format of a date, the words of a flag and the marks of a number are declared,
and a cell that they do not fit is refused with its column and the reason. Dates are read by `strptime`, so that
one format is read one way in every row.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from throughline.sources.codes import Codes
from throughline.sources.fhir.values import digits
from throughline.sources.tabular.columns import Column

EXCEL = "excel"
"""The format of days and moments that are serial numbers of a workbook."""

# Serial numbers of Excel count days from here in its 1900 system; those before 1 March 1900 are off by one, because
# Excel has a 29 February 1900, and by its standard so has OOXML (hexdocs.pm/date_time_parser, read 2026-11-29).
_EXCEL_FIRST = datetime(1899, 12, 30)  # noqa: DTZ001 - a clock on the wall, whose zone is declared
_EXCEL_LEAST, _EXCEL_MOST = Decimal(61), Decimal(2958466)
# What a spreadsheet makes of a long number: its last digits are gone.
_DAMAGED = re.compile(r"[+-]?[0-9]([.,][0-9]+)?[eE][+][0-9]+")
_CELL_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,15}([+-][0-9]{2}:[0-9]{2})?")
_DIGITS = re.compile(r"\d+")
# letters, except the T of ISO 8601 between a day and an hour
_LETTERS = re.compile(r"(?!(?<=\d)T(?=\d))[^\W\d_]+")
LONGEST_SHAPE = 32
_SAMPLE = datetime(2001, 12, 25, 13, 14, 15, tzinfo=UTC)
_LARGEST = Decimal(10) ** 12
_TRUE, _FALSE = ("true", "yes"), ("false", "no")

Row = Mapping[str, str]
"""The cells of a row by the name of their column, folded by `name_of`."""


class Refused(ValueError):
    """A cell that does not fit what was declared; the message names the column and says why, without the value.

    Of a day or a number that cannot be read, it shows the shape (`shape_of`).
    """


class Value(NamedTuple):
    """How a value is read: the columns that it is read from, and the function that reads it."""

    columns: tuple[str, ...]
    read: Callable[[Row], Any]


def name_of(column: str) -> str:
    """Return a column's name without what people change without noticing: case and blanks."""
    return " ".join(column.split()).casefold()


def shape_of(text: str) -> str:
    """Return how a cell is written and nothing of what it says: `3/2/2026 9:05 PM` is `99/99/9999 99:99 a`.

    One or two digits are 99, so that all days of one format look the same; a word of any length is `a`.
    """
    found = _DIGITS.sub(lambda run: "9" * max(2, len(run.group())), text)
    found = _LETTERS.sub("a", found)
    return found if len(found) <= LONGEST_SHAPE else f"{found[:LONGEST_SHAPE]}…"


def columns_in(said: Any) -> tuple[str, ...]:
    """Return the columns of the file that an expression names."""
    if isinstance(said, str):
        return (said,)
    if not isinstance(said, Mapping) or "from" not in said:
        return ()
    return (said["from"],) if isinstance(said["from"], str) else tuple(said["from"])


def value_of(
    said: Any, column: Column, zone: ZoneInfo, empty: frozenset[str], codes: Codes | None
) -> Value:
    """Return how a column is read, of an expression that was checked (`mistakes`)."""
    about: Mapping[str, Any] = {"from": said} if isinstance(said, str) else said
    if "zone" in about:
        zone = ZoneInfo(about["zone"])
    names = columns_in(about)
    cells = _cells(about, names, empty)
    told = ", ".join(names) or column.name
    convert = _converter(about, column, zone, codes)
    is_many = column.type in ("list", "ids")
    is_required = column.is_filled or bool(about.get("required"))

    def read(row: Row) -> Any:
        found = cells(row)
        if not found:
            if is_required:
                raise Refused(f"{told}: is empty")
            return column.otherwise
        try:
            value = convert(found) if is_many else convert(found[0])
        except Refused as error:
            raise Refused(f"{told}: {error}") from None
        return column.otherwise if value is None else value

    return Value(names, read)


def text_of(said: Any, zone: ZoneInfo, empty: frozenset[str]) -> Value:
    """Return how an id is read: the text of an expression."""
    return value_of(said, Column("id", "id"), zone, empty, None)


def _cells(
    about: Mapping[str, Any], names: Sequence[str], empty: frozenset[str]
) -> Callable[[Row], list[str]]:
    """Return a function that gives the filled texts of a row: those of the columns, split or joined."""
    if "constant" in about:
        constant = about["constant"]
        text = str(constant).lower() if isinstance(constant, bool) else str(constant)
        return lambda row: [text]
    keys = [name_of(name) for name in names]
    join, split, many = about.get("join"), about.get("split"), about.get("list")

    def cells(row: Row) -> list[str]:
        found = [text for key in keys if (text := row[key].strip()) not in empty]
        if split is not None:
            found = [part for text in found if (part := _part(text, split)) not in empty]
        if many is not None:
            found = [
                p for text in found for part in text.split(many) if (p := part.strip()) not in empty
            ]
        if join is not None and found:
            found = [str(join).join(found)]
        return found

    return cells


def _part(text: str, split: Mapping[str, Any]) -> str:
    parts = text.split(split["by"])
    at = split["part"]
    at = at - 1 if at > 0 else at
    return parts[at].strip() if -len(parts) <= at < len(parts) else ""


def _converter(
    about: Mapping[str, Any], column: Column, zone: ZoneInfo, codes: Codes | None
) -> Callable[[Any], Any]:
    typed = _typed(about, column, zone, codes)
    if "lookup" not in about:
        return typed
    known = {str(said): given for said, given in about["lookup"].items()}
    folded = {name_of(said): given for said, given in known.items()}
    # a word that nobody has mapped is kept: nothing rests on its record until somebody does (`looked_up`)
    otherwise = about.get("otherwise", "keep" if codes or column.type == "text" else "refuse")

    def one(text: str) -> Any:
        given = known.get(text, folded.get(name_of(text), text))
        if given is text and text not in known and name_of(text) not in folded:
            if otherwise == "refuse":
                raise Refused("a value that the lookup does not have")
            return None if otherwise == "empty" else typed(text)
        if given is None or isinstance(given, bool):
            return given if column.type == "flag" or given is None else typed(str(given).lower())
        return typed(str(given))

    return one


def _typed(
    about: Mapping[str, Any], column: Column, zone: ZoneInfo, codes: Codes | None
) -> Callable[[Any], Any]:
    if column.type == "date":
        form, pivot = about.get("date", ""), about.get("pivot")
        return lambda text: _day(text, form, pivot)
    if column.type == "moment":
        form = about.get("moment") or about.get("date", "")
        return lambda text: moment_of(text, form, zone, about.get("pivot"), is_day="date" in about)
    if column.type in ("money", "number"):
        marks = about.get("number", {})
        is_whole = column.type == "number"
        return lambda text: number_of(text, marks, is_whole=is_whole)
    if column.type == "flag":
        words = about.get("flag", {"yes": _TRUE, "no": _FALSE})
        given = {
            name_of(str(w)): is_yes
            for is_yes in (True, False)
            for w in words["yes" if is_yes else "no"]
        }
        return lambda text: _flag(text, given)
    if column.type == "ids":
        return lambda texts: msgspec.json.encode([_plain(text) for text in texts]).decode()
    if column.type == "list":
        return lambda texts: [_plain(text) for text in texts]
    if column.type == "phone":
        return lambda text: digits(_plain(text))
    if codes is not None:
        return lambda text: codes(_plain(text))
    return _plain


def _plain(text: str) -> str:
    """Return a text as it stands; a formula is a text like any other, for nothing here computes it."""
    if _DAMAGED.fullmatch(text):
        raise Refused("a long number that a spreadsheet has rounded (1.2E+10)")
    return text


def _flag(text: str, given: Mapping[str, bool]) -> bool:
    found = given.get(name_of(text))
    if found is None:
        raise Refused("neither of the words for yes and no")
    return found


# A number as it is declared: with marks between thousands only where they belong.
def number_of(text: str, marks: Mapping[str, str], *, is_whole: bool = False) -> str:
    """Return a number as text; (12.50), -12.50 and 12.50- are negative, and a $ before it is left out."""
    point, thousands = marks.get("decimal", "."), marks.get("thousands", ",")
    found = text.replace("\u2212", "-").replace("\xa0", " ").strip()
    is_negative = found.startswith("(") and found.endswith(")")
    found = found[1:-1].strip() if is_negative else found
    if found.endswith("-"):
        found, is_negative = found[:-1].strip(), not is_negative
    elif found.startswith("-"):
        found, is_negative = found[1:].strip(), not is_negative
    found = found.removeprefix("$").strip()
    if found.startswith("-"):
        found, is_negative = found[1:], not is_negative
    whole, mark, rest = found.partition(point)
    if thousands and thousands in whole:
        groups = whole.split(thousands)
        if not 1 <= len(groups[0]) <= 3 or any(len(group) != 3 for group in groups[1:]):
            raise Refused(f"not a number as declared; the cell is like {shape_of(text)}")
        whole = "".join(groups)
    is_digits = (whole or rest).isascii() and all(p.isdigit() for p in (whole, rest) if p)
    if not is_digits or not (whole or rest) or (mark and not rest):
        raise Refused(f"not a number as declared; the cell is like {shape_of(text)}")
    try:
        value = Decimal(f"{whole or 0}.{rest or 0}")
    except InvalidOperation:
        raise Refused(f"not a number as declared; the cell is like {shape_of(text)}") from None
    if value >= _LARGEST or (is_whole and value != value.to_integral_value()):
        raise Refused("a number out of range")
    value = -value if is_negative and value else value
    return str(int(value)) if is_whole else f"{value:f}"


def _clock(text: str, form: str, pivot: int | None) -> datetime:
    """Return what a clock and a calendar on the wall say, by the declared format."""
    if form == EXCEL:
        try:
            serial = Decimal(text)
        except InvalidOperation:
            raise Refused("not a serial number of a workbook") from None
        if not serial.is_finite() or not _EXCEL_LEAST <= serial < _EXCEL_MOST:
            raise Refused("a serial number of no date")
        return _EXCEL_FIRST + timedelta(seconds=round(float(serial * 86400)))
    if _CELL_MOMENT.fullmatch(text):
        # a cell that a workbook calls a date: it can be read one way only
        return datetime.fromisoformat(text)
    try:
        found = datetime.strptime(text, form)  # noqa: DTZ007 - its zone is declared, or in the format
    except ValueError:
        raise Refused(f"not a date as {form}; the cell is like {shape_of(text)}") from None
    if pivot is not None:
        century = 2000 if found.year % 100 <= pivot else 1900
        try:
            found = found.replace(year=century + found.year % 100)
        except ValueError:
            raise Refused("a day that there was not") from None
    return found


def says_twice(form: str) -> str:
    """Return which parts of a date a format says more than once, or nothing."""
    said = [f"%{letter}" for letter in re.findall("%(.)", form.replace("%%", ""))]
    if twice := sorted({each for each in said if said.count(each) > 1}):
        return ", ".join(twice)
    try:
        datetime.strptime("", form)  # noqa: DTZ007 - only whether it is a format
    except re.error:  # such as %x beside %d: it is several parts
        return "a part"
    except ValueError:
        pass
    return ""


def is_a_day(form: str, *, with_time: bool = False) -> bool:
    """Return whether a format says a whole day (and an hour): written and read again, a moment is the same."""
    try:
        found = datetime.strptime(_SAMPLE.strftime(form), form)  # noqa: DTZ007 - never shown
    except ValueError:
        return False
    is_hour = found.hour == _SAMPLE.hour
    return found.date() == _SAMPLE.date() and (is_hour or not with_time)


def _day(text: str, form: str, pivot: int | None) -> str:
    found = _clock(text, form, pivot)
    if found.year < 1000:
        raise Refused("a year before 1000")
    return found.date().isoformat()


def moment_of(
    text: str, form: str, zone: ZoneInfo, pivot: int | None = None, *, is_day: bool = False
) -> str:
    """Return a moment in UTC. Of an hour that the clock has twice, the first; one that it leaves out is refused."""
    found = _clock(text, form, pivot)
    if is_day:
        found = datetime.combine(found.date(), datetime.min.time())
    if found.year < 1000:
        raise Refused("a year before 1000")
    if found.tzinfo is None:
        local = found.replace(tzinfo=zone)
        at = local.astimezone(UTC)
        if not is_day and at.astimezone(zone).replace(tzinfo=None) != found:
            raise Refused("an hour that clocks left out")
        return at.isoformat()
    try:
        return found.astimezone(UTC).isoformat()
    except OverflowError:
        raise Refused("a date out of range") from None


def today(made_at: datetime, zone: ZoneInfo) -> date:
    """Return the local day of a moment."""
    return made_at.astimezone(zone).date()


def is_met(conditions: Mapping[str, Any], row: Row) -> bool:
    """Return whether a row meets every condition: the cell of a column is one of some values, or none of them."""
    return all(_is_one(row[name_of(name)], wanted) for name, wanted in conditions.items())


def _is_one(cell: str, wanted: Any) -> bool:
    if isinstance(wanted, Mapping):
        return not _is_one(cell, wanted["not"])
    texts = wanted if isinstance(wanted, list) else [wanted]
    return name_of(cell) in {name_of(str(text)) for text in texts}
