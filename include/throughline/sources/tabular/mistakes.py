"""Finds what is wrong in the description of tables and no schema can say: all of it, with the place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from throughline.sources import catalogue
from throughline.sources.checks import instead, problems
from throughline.sources.codes import Codes, codes_of
from throughline.sources.tabular.columns import (
    COLUMNS,
    NO_PATIENT,
    STANDARD,
    Column,
    lines_of,
    needs_patient,
    readable,
    takes_patient,
)
from throughline.sources.tabular.schema import VALUE
from throughline.sources.tabular.shape import used_columns
from throughline.sources.tabular.values import (
    EXCEL,
    Refused,
    columns_in,
    is_a_day,
    name_of,
    says_twice,
    value_of,
)
from throughline.vocabulary.numbers import is_time_zone

FILL_IN = "?"
"""What `make source` writes where nothing can be guessed."""

_ONE_QUERY = re.compile(r"\s*(select|with)\b", re.IGNORECASE)
_OF_TYPE: Mapping[str, tuple[str, ...]] = {
    "date": ("date", "pivot"),
    "moment": ("date", "moment", "pivot", "zone"),
    "money": ("number", "sum"),
    "number": ("number",),
    "flag": ("flag",),
    "list": ("list",),
    "ids": ("list",),
}
_FOUND_BY: Mapping[str, tuple[str, ...]] = {
    "record_number": ("mrn",),
    "claim": ("medical_record_number", "member_id"),
}
"""By which columns a person is found whom a record names by no number of its source's own patients."""
_ALWAYS = frozenset({"from", "constant", "join", "split", "lookup", "otherwise", "required"})


def mistakes(raw: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong in `conventions.tables` of a source."""
    tables = raw.get("conventions", {}).get("tables")
    if tables is None:
        yield "conventions/tables: is missing; write the tables of the source, by a name of yours"
        return
    fed: set[str] = set()
    for name, table in tables.items():
        at = f"conventions/tables/{name}"
        fed |= {record["feed"] for record in table["records"]}
        yield from _of_table(at, table)
        yield from _of_query(at, table, raw["transport"])
        for number, record in enumerate(table["records"]):
            yield from _of_record(f"{at}/records/{number}", record, table, raw)
    for feed in raw["feeds"]:
        if feed in readable() and feed not in fed:
            yield f"feeds/{feed}: no table has records of it; leave it out, or describe them"


def _of_table(at: str, table: Mapping[str, Any]) -> Iterator[str]:
    is_snapshot = table["delivers"] == "snapshot"
    if is_snapshot and "absent" not in table:
        yield f"{at}/absent: is missing; write deleted or kept: what becomes of a record that is gone from the file"
    if not is_snapshot and "order" not in table:
        yield f"{at}/order: is missing; write how the newest change is found, or position"
    if "absent" in table and not is_snapshot:
        yield f"{at}/absent: applies only to a snapshot; leave it out"
    for key in ("order", "ties", "deleted"):
        if key in table and is_snapshot:
            yield f"{at}/{key}: applies only to changes; leave it out"
    said: dict[str, Any] = {}
    for number, record in enumerate(table["records"]):
        about = (record.get("absent"), record.get("covers"))
        if said.setdefault(record["feed"], about) != about:
            yield f"{at}/records/{number}: {record['feed']} is above with another absent or covers; write the same"
    yield from _of_order(f"{at}/order", table.get("order"))
    form = table.get("format", "csv")
    for key in ("encoding", "delimiter", "quote"):
        if key in table and form == "xlsx":
            yield f"{at}/{key}: a workbook has none; leave it out"
    if "sheet" in table and form != "xlsx":
        yield f"{at}/sheet: applies only to format: xlsx; leave it out"
    header = table.get("header", 1)
    if header == 0 and "columns" not in table:
        yield f"{at}/columns: is missing; write the names of the columns, since there is no header"
    if isinstance(header, list) and header != sorted(set(header)):
        yield f"{at}/header: {header} cannot be read; write the rows from top to bottom"
    if "zone" in table and not is_time_zone(table["zone"]):
        yield f"{at}/zone: there is no zone {table['zone']!r}; write one such as America/Denver"
    if "dated" in table and (told := says_twice(table["dated"])):
        yield f"{at}/dated: {table['dated']!r} says {told} twice; write each part of a date once"
    elif "dated" in table and not is_a_day(table["dated"]):
        yield f"{at}/dated: {table['dated']!r} has no date; write a name such as visits_%Y%m%d.csv"
    if table.get("total", {}).keys() == {"where"}:
        yield f"{at}/total/sums: is missing; write which columns it adds up, or rows"
    used = {name_of(name) for name in used_columns(table)}
    for name in table.get("unused", ()):
        if name_of(name) in used:
            yield f"{at}/unused: {name!r} is used below; leave it out"
    if header == 0:
        known = {name_of(name) for name in table.get("columns", ())}
        for name in sorted(used - known) if known else ():
            yield f"{at}/columns: {name!r} is used below and is not there; add it"


def _of_query(at: str, table: Mapping[str, Any], transport: str) -> Iterator[str]:
    """Yield what is wrong about where the rows come from: files, or a query."""
    if transport != "sql":
        if "query" in table:
            yield f"{at}/query: applies only to transport: sql; leave it out"
        return
    if "query" not in table:
        yield f"{at}/query: is missing; write the query whose rows they are"
    elif not _ONE_QUERY.match(table["query"]) or ";" in table["query"].strip().rstrip(";"):
        yield f"{at}/query: must be one query; write select or with, and no second statement"
    for key in (
        "files",
        "format",
        "encoding",
        "delimiter",
        "quote",
        "sheet",
        "header",
        "columns",
        "footer",
        "dated",
    ):
        if key in table:
            yield f"{at}/{key}: a query has none; leave it out"


def _of_order(at: str, order: Any) -> Iterator[str]:
    if not isinstance(order, dict):
        return
    yield from problems(order, VALUE, at=at)
    kinds = [key for key in ("moment", "date", "number") if key in order]
    if len(kinds) != 1 or "from" not in order:
        yield f"{at}: {order!r} cannot be read; write from, and moment, date or number: {{}}"
    elif kinds[0] == "number":
        return
    else:
        yield from _of_format(f"{at}/{kinds[0]}", order[kinds[0]], order, is_moment=True)


def _of_record(
    at: str, record: Mapping[str, Any], table: Mapping[str, Any], raw: Mapping[str, Any]
) -> Iterator[str]:
    feed = record["feed"]
    if feed not in readable():
        yield f"{at}/feed: no table can be read as {feed!r}; {instead(feed, sorted(readable()))}"
        return
    if feed not in raw["feeds"]:
        yield f"{at}/feed: {feed!r} is not among the source's feeds; add it there, with expected_by"
    entry = catalogue.entry(feed)
    if "patient" in record and not takes_patient(feed):
        why = (
            "is named by its claim's number" if feed in NO_PATIENT else "has none, or is one itself"
        )
        yield f"{at}/patient: a record of {feed} {why}; leave it out"
    if "row" in record:
        yield from _of_answer(at, record, table)
    elif "patient" not in record and needs_patient(feed):
        yield f"{at}/patient: is missing; write the column with the patient's number"
    elif "patient" not in raw["feeds"] and _is_of_nobody(feed, record):
        yield (
            f"{at}/patient: nobody would be found by it, and what it proves would be lost: the source has no feed"
            " patient, which says whose number is whose; add it, and a record of these rows with the same key, mrn,"
            " family, given and birth_date"
        )
    for place in ("key", "patient"):
        for each in record[place] if isinstance(record.get(place), list) else [record.get(place)]:
            if each is not None:
                yield from _of_value(f"{at}/{place}", each, Column(place))
    yield from _of_columns(f"{at}/columns", entry.table.name, record["columns"])
    yield from _of_words(f"{at}/columns", entry.table.name, record["columns"], table, raw)
    lines = lines_of(entry)
    if "lines" in record:
        if lines is None:
            yield f"{at}/lines: a record of {feed} has none; leave it out"
        else:
            yield from _of_columns(f"{at}/lines/columns", lines, record["lines"]["columns"])
            yield from _of_words(
                f"{at}/lines/columns", lines, record["lines"]["columns"], table, raw
            )
        if record.get("one_per") == "row":
            yield f"{at}/one_per: a record with lines is of several rows; leave it out"
    is_grouped = "lines" in record or record.get("one_per") == "key"
    for name, said in record["columns"].items():
        if isinstance(said, dict) and "sum" in said:
            if not is_grouped:
                yield f"{at}/columns/{name}/sum: applies only to one_per: key; leave it out"
            elif table["delivers"] != "snapshot":
                yield f"{at}/columns/{name}/sum: changes say only a part of the rows; leave it out"
    yield from _of_absent(at, record, table, entry.table.name)


def _of_answer(at: str, record: Mapping[str, Any], table: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with a record that answers a row of our work lists."""
    feed = record["feed"]
    if not takes_patient(feed) or "lines" in record:
        yield f"{at}/row: a record of {feed} answers no row of a list; leave it out"
    if "patient" in record:
        yield f"{at}/patient: the row's number says whose it is; leave it out"
    if record.get("one_per") == "key":
        yield f"{at}/one_per: the row's number tells one answer from another; leave it out"
    if not isinstance(table.get("order"), dict):
        yield (
            f"{at}/row: a list of three days ago may come back today; write delivers: changes, and order:"
            ' {from: When, moment: "%m/%d/%Y %H:%M"}'
        )


def _is_of_nobody(feed: str, record: Mapping[str, Any]) -> bool:
    """Return whether records name a patient of the source, and no other number by which a person is found."""
    links = _FOUND_BY.get(catalogue.entry(feed).subject, ())
    if feed == "payment_notice" or catalogue.entry(feed).subject == "request":
        return False
    return needs_patient(feed) and not any(name in record["columns"] for name in links)


def _of_absent(
    at: str, record: Mapping[str, Any], table: Mapping[str, Any], name: str
) -> Iterator[str]:
    """Yield what is wrong about what becomes of a record that a snapshot does not have any more."""
    is_deleted = record.get("absent", table.get("absent")) == "deleted"
    if "absent" in record and table["delivers"] != "snapshot":
        yield f"{at}/absent: applies only to a snapshot; leave it out"
    if "covers" not in record:
        return
    if not is_deleted or table["delivers"] != "snapshot":
        yield f"{at}/covers: applies only to absent: deleted; leave it out"
    day = record["covers"]["column"]
    dates = [c.name for c in COLUMNS[name].values() if c.type in ("date", "moment")]
    if day not in dates:
        known = instead(day, dates) if dates else "leave covers out"
        yield f"{at}/covers/column: {day!r} is no day of {name}; {known}"
    elif day not in record["columns"]:
        yield f"{at}/covers/column: {day!r} is not mapped; map it in columns"


def _of_columns(at: str, table: str, said: Mapping[str, Any]) -> Iterator[str]:
    columns = COLUMNS[table]
    for name, value in said.items():
        column = columns.get(name)
        if column is None:
            yield f"{at}/{name}: {table} has no such column; {instead(name, list(columns))}"
        else:
            yield from _of_value(f"{at}/{name}", value, column)
    for column in columns.values():
        if column.is_needed and column.name not in said:
            yield f"{at}/{column.name}: is missing; write where it is read, or {{constant: ...}}"


def _of_value(at: str, said: Any, column: Column) -> Iterator[str]:
    about: Mapping[str, Any] = {"from": said} if isinstance(said, str) else said
    if ("from" in about) == ("constant" in about):
        yield f"{at}: {said!r} cannot be read; write from or constant, one of them"
        return
    if FILL_IN in columns_in(about) or about.get("constant") == FILL_IN:
        yield f"{at}: {FILL_IN!r} is to be filled in: write the column of the file, or leave the line out"
        return
    if any(FILL_IN in (str(key), str(value)) for key, value in about.get("lookup", {}).items()):
        yield f"{at}/lookup: {FILL_IN!r} is to be filled in: write each word of the file, and what it stands for"
        return
    if about.get("list") == FILL_IN:
        yield f'{at}/list: {FILL_IN!r} is to be filled in: write what stands between several in one cell, such as ","'
    known = _ALWAYS | set(_OF_TYPE.get(column.type, ()))
    for key in sorted(set(about) - known):
        yield f"{at}/{key}: does not apply to {_a(column)}; leave it out"
    is_list = column.type in ("list", "ids")
    if len(columns_in(about)) > 1 and "join" not in about and not is_list:
        yield f'{at}/join: is missing; write what stands between the columns, such as " "'
    if "otherwise" in about and "lookup" not in about:
        yield f"{at}/otherwise: applies only to a lookup; leave it out"
    if "zone" in about and not is_time_zone(about["zone"]):
        yield f"{at}/zone: there is no zone {about['zone']!r}; write one such as America/Denver"
    if column.type in ("date", "moment") and "constant" not in about:
        yield from _of_dates(at, about, column)
    if column.type == "flag" and "constant" not in about:
        words = about.get("lookup", {})
        if "flag" not in about and not (
            words and all(w is None or isinstance(w, bool) for w in words.values())
        ):
            yield f'{at}/flag: is missing; write the words for yes and no: {{"yes": [Y], "no": [N]}}'


def _of_words(
    at: str, name: str, said: Mapping[str, Any], table: Mapping[str, Any], raw: Mapping[str, Any]
) -> Iterator[str]:
    """Yield constants and words of lookups that a column cannot hold, and words that no cell can be."""
    reads = codes_of(STANDARD, raw["conventions"].get("codes", {}))
    empty = {"", *(str(each) for each in table.get("empty", ()))}
    for column in COLUMNS[name].values():
        about = said.get(column.name)
        if not isinstance(about, Mapping) or FILL_IN in str(about.get("lookup", "")):
            continue
        here = f"{at}/{column.name}"
        codes = reads.get(f"{name}.{column.name}")
        if "constant" in about and (why := _not_held(about, about["constant"], column, codes)):
            yield f"{here}/constant: {about['constant']!r} cannot stand there: {why}"
        if "lookup" in about and column.type in ("list", "ids"):
            yield f"{here}/lookup: does not apply to {_a(column)}; leave it out"
            continue
        for word, given in about.get("lookup", {}).items():
            if str(word).strip() in empty:
                yield (
                    f"{here}/lookup: {word!r} is never looked up, because an empty cell is not; leave it out, and"
                    " describe the rows with an empty cell as a record of their own, with when and a constant"
                )
            if given is not None and (why := _not_held(about, given, column, codes)):
                yield f"{here}/lookup: {given!r}, for which {word!r} stands, cannot stand there: {why}"


def _not_held(about: Mapping[str, Any], given: Any, column: Column, codes: Codes | None) -> str:
    """Return why a column cannot hold what a definition gives it, or nothing."""
    if given == FILL_IN or (isinstance(given, bool) and column.type == "flag"):
        return ""
    if not str(given).strip():
        return "it is empty; write null for nothing, or leave it out"
    if codes is not None and (why := codes.not_known(str(given))):
        return why
    if column.type in ("date", "moment") and list(_of_dates("", about, column)):
        return ""  # its format is told
    how = {key: about[key] for key in (*_OF_TYPE.get(column.type, ()), "zone") if key in about}
    is_zone = is_time_zone(how.get("zone", "UTC"))
    if not is_zone:
        return ""
    try:
        value_of({**how, "constant": given}, column, ZoneInfo("UTC"), frozenset(), None).read({})
    except Refused as error:
        return str(error).partition(": ")[2]
    return ""


def _of_dates(at: str, about: Mapping[str, Any], column: Column) -> Iterator[str]:
    given = [key for key in ("date", "moment") if key in about and key in _OF_TYPE[column.type]]
    if len(given) != 1:
        wanted = "date" if column.type == "date" else "moment (or date, if the file has only days)"
        yield f'{at}/{wanted.partition(" ")[0]}: is missing; write the format, such as "%m/%d/%Y", as {wanted}'
        return
    yield from _of_format(
        f"{at}/{given[0]}", about[given[0]], about, is_moment=given[0] == "moment"
    )


def _of_format(at: str, form: str, about: Mapping[str, Any], *, is_moment: bool) -> Iterator[str]:
    if FILL_IN in form:
        yield (
            f"{at}: {form!r} is to be filled in: every date of the sample can be read two ways;"
            ' ask who makes the file, and write "%m/%d/%Y" (the month first) or "%d/%m/%Y"'
        )
    elif form == EXCEL:
        return
    elif told := says_twice(form):
        yield f"{at}: {form!r} says {told} twice; write each part of a date once"
    elif not is_a_day(form, with_time=is_moment and "%" in form):
        wanted = "a day and an hour" if is_moment else "a day"
        yield f'{at}: {form!r} does not say {wanted}; write a format such as "%m/%d/%Y %H:%M"'
    elif ("%y" in form) != ("pivot" in about):
        if "%y" in form:
            told = at.rpartition("/")[0]
            yield f"{told}/pivot: is missing; write up to which year (0 to 99) %y is of this century"
        else:
            yield f"{at.rpartition('/')[0]}/pivot: applies only to %y; leave it out"


def _a(column: Column) -> str:
    names = {
        "date": "a day",
        "money": "an amount",
        "number": "a number",
        "list": "a list",
        "ids": "a list",
    }
    return names.get(column.type, f"a {column.type}")
