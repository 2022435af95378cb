"""Puts the guesses into YAML: a definition of a source, with a comment on what each guess was made from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime

from throughline.profiling.guessing.columns import Looks
from throughline.profiling.guessing.names import (
    CONSTANTS,
    DAY,
    HOUR,
    KEY,
    MAKES,
    NAMES,
    PATIENT,
    WHOLE_NAME,
)
from throughline.profiling.guessing.sample import Sample
from throughline.profiling.guessing.scalars import quoted
from throughline.programs.commands import as_here
from throughline.sources import catalogue
from throughline.sources.codes import codes_of, known_codes
from throughline.sources.tabular.columns import COLUMNS, STANDARD, Column, needs_patient
from throughline.sources.tabular.mistakes import FILL_IN
from throughline.sources.tabular.values import name_of
from throughline.vocabulary.counts import count

_DATE_IN_NAME = re.compile(r"(19|20)[0-9]{6}")
KNOWN = 3
"""So many recognised names make a row the names of columns, and no row of a patient."""
LEAST = 0.5
"""A table is guessed to be of a feed if it has this share of what the feed must have."""


class Guess:
    """The guesses about one table; `payers` are those of payers.yaml, with their names."""

    def __init__(
        self,
        sample: Sample,
        looks: Mapping[str, Looks],
        feeds: list[str],
        payers: Mapping[str, str] | None = None,
    ) -> None:
        self._sample = sample
        self._payers = payers or {}
        self._looks = looks
        self._by_name = {_words(name): name for name in looks}
        self.feeds = feeds or self._likely()
        self._used: set[str] = set()
        self._codes: dict[str, dict[str, int]] = {}

    # --- which feeds

    def _likely(self) -> list[str]:
        """Return the feeds that the names of the columns are of, the likeliest first."""
        scores = {feed: self._score(feed) for feed in NAMES}
        found = sorted((f for f in scores if scores[f] >= LEAST), key=lambda f: -scores[f])
        # an encounter is guessed only of a list that has no appointments in it
        # and a practitioner only of one that says who may bill
        has_degree = self._column("practitioner", "qualification_code") is not None
        return [
            f
            for f in found
            if not (f == "encounter" and "appointment" in found)
            and (f != "practitioner" or has_degree)
        ]

    def _score(self, feed: str) -> float:
        own = [
            c.name
            for c in COLUMNS[feed].values()
            if c.is_needed and (feed, c.name) not in CONSTANTS
        ]
        has_key = self._column(feed, KEY) is not None
        is_about = not needs_patient(feed) or self._column(feed, PATIENT) is not None
        there = sum(self._is_there(feed, name) for name in own)
        return there / max(len(own), 1) if has_key and is_about else 0.0

    def _is_there(self, feed: str, name: str) -> bool:
        if self._column(feed, name) is not None:
            return True
        if name in ("family", "given"):
            return self._column(feed, WHOLE_NAME) is not None
        return COLUMNS[feed][name].type == "moment" and self._column(feed, DAY) is not None

    def _column(self, feed: str, name: str) -> str | None:
        """Return the column of the file that has one of the names, or None: of several, the one that is filled most.

        Of numbers by which records are found, the first: the same in every table of a system.
        """
        words = NAMES.get(feed, {}).get(name, (name.replace("_", " "),))
        found = [self._by_name[each] for word in words if (each := _words(word)) in self._by_name]
        if name in (KEY, PATIENT):
            return found[0] if found else None
        return max(found, key=lambda one: self._looks[one].filled, default=None)

    # --- the file

    def text(self, name: str, zone: str, team: str) -> str:
        """Return the definition."""
        table = list(self._table(name))
        lines = [
            f"# Guessed from {quoted(self._sample.name)}, {count(len(self._sample.frame), 'row')}. Read each line,"
            f" correct it, and run {as_here('make check-definitions')}:",
            f"# it refuses each {FILL_IN!r}, which stands where nothing could be guessed.",
            f"source: {quoted(name)}",
            f"title: {quoted(name.replace('_', ' ').capitalize())}",
            "standard: tabular",
            "transport: folder              # or sftp, https",
            f"connection: {quoted(name)}",
            f"owner_team: {quoted(team)}             # whose exceptions it makes: a team of teams.yaml",
            f"time_zone: {quoted(zone)}",
            "feeds:",
            *(f'  {feed}: {{expected_by: "03:00"}}' for feed in self.feeds),
            "conventions:",
            *self._of_codes(),
            "  tables:",
            *table,
        ]
        return "\n".join(lines) + "\n"

    def _table(self, name: str) -> Iterator[str]:
        sample = self._sample
        yield f"    {quoted(name)}:"
        yield from (f"      {line}" for line in _files(sample.name))
        if sample.format != "csv":
            yield f"      format: {sample.format}"
        if sample.encoding not in ("utf-8", ""):
            yield f"      encoding: {sample.encoding}          # as its bytes are"
        if sample.delimiter not in (",", "") and sample.format == "csv":
            yield f"      delimiter: {quoted(sample.delimiter)}"
        if sample.header != 1:
            yield f"      header: {sample.header}                   # the row with the names of the columns"
        if sample.footer:
            yield f"      footer: {sample.footer}                   # rows at the end that are none of the table"
        yield "      delivers: snapshot          # or changes, with order: a file that holds only what is new"
        yield "      absent: kept                # or deleted: a record that a file does not have any more"
        records = [line for feed in self.feeds for line in self._record(feed)]
        if sample.total is not None:
            yield from self._total(*sample.total)
        unused = [column for column in self._looks if column not in self._used]
        has_key = any(self._column(feed, KEY) is not None for feed in self.feeds)
        if unused and (has_key or len(self._used) >= KNOWN):
            yield f"      unused: [{', '.join(quoted(column) for column in unused)}]"
        elif unused:
            # nothing says that they are names: a table without a header has its first patient there
            yield "      # unused: [too few names of columns were recognised, so none is written here]"
        yield "      records:"
        yield from records

    def _total(self, column: str, word: str) -> Iterator[str]:
        self._used.add(column)
        sums = [name for name, looks in self._looks.items() if looks.is_number and _is_money(name)]
        self._used |= set(sums)
        told = (
            f"sums: [{', '.join(quoted(name) for name in sums)}]"
            if sums
            else f"rows: {quoted(FILL_IN)}"
        )
        yield f"      total: {{where: {{{quoted(column)}: {quoted(word)}}}, {told}}}    # the last row of the sample"

    def _record(self, feed: str) -> Iterator[str]:
        key = self._column(feed, KEY)
        yield f"        - feed: {feed}"
        if key is None:
            yield f"          key: {quoted(FILL_IN)}                # which column tells one record from another?"
        else:
            self._used.add(key)
            looks = self._looks[key]
            yield from self._when(feed, key)
            told = f"{count(looks.distinct, 'value')} in {count(looks.filled, 'row')}"
            if looks.distinct < looks.filled:
                yield f"          one_per: key              # {told}: rows of one key are one record"
            yield f"          key: {quoted(key)}    # {told}"
        if needs_patient(feed):
            patient = self._column(feed, PATIENT)
            self._used |= {patient} if patient is not None else set()
            yield f"          patient: {quoted(patient or FILL_IN)}"
        yield "          columns:"
        for column in COLUMNS[catalogue.entry(feed).table.name].values():
            yield from (f"            {line}" for line in self._value(feed, column))
        if feed == "claim" and "charge_item" in self.feeds:
            yield from self._lines()

    def _when(self, feed: str, key: str) -> Iterator[str]:
        """Yield the condition that a row has a record of the feed: its key is filled, and what makes it one."""
        names = [key, *(self._column(feed, name) for name in MAKES.get(feed, ()))]
        half = [name for name in dict.fromkeys(names) if name and self._looks[name].empty]
        if half:
            each = ", ".join(f'{quoted(name)}: {{not: ""}}' for name in half)
            told = "; ".join(
                f"{quoted(n)} is empty in {count(self._looks[n].empty, 'row')}" for n in half
            )
            yield f"          when: {{{each}}}    # {told}"

    def _lines(self) -> Iterator[str]:
        key = self._column("charge_item", KEY)
        yield "          lines:"
        yield f"            key: {quoted(key or FILL_IN)}"
        yield "            columns:"
        for name, of in (("code", "code"), ("charge", "amount"), ("units", "quantity")):
            found = self._column("charge_item", of)
            if found is not None:
                self._used.add(found)
                yield f"              {name}: {quoted(found)}"

    # --- one column

    def _value(self, feed: str, column: Column) -> Iterator[str]:
        found = self._column(feed, column.name)
        whole = self._column(feed, WHOLE_NAME) if column.name in ("family", "given") else None
        day = self._column(feed, DAY) if column.type == "moment" and column.is_needed else None
        if found is not None:
            self._used.add(found)
            yield from self._mapped(feed, column, self._looks[found])
        elif whole is not None:
            self._used.add(whole)
            part = 1 if column.name == "family" else 2
            is_last = self._looks[whole].has_comma
            by, part = (",", part) if is_last else (" ", -1 if part == 1 else 1)
            told = (
                "most have a comma: the family name is first"
                if is_last
                else "no commas: the family name is last?"
            )
            yield f"{column.name}: {{from: {quoted(whole)}, split: {{by: {quoted(by)}, part: {part}}}}}    # {told}"
        elif day is not None:
            yield self._day_and_hour(feed, column.name, day)
        elif (feed, column.name) in CONSTANTS:
            yield f"{column.name}: {{constant: {CONSTANTS[feed, column.name]}}}    # what such a report usually means"
        elif column.name == "is_billable":
            yield f"{column.name}: {{from: {quoted(FILL_IN)}, lookup: {{MD: true, DO: true, NP: true, PA: true}}}}"
        elif column.is_needed:
            yield f"{column.name}: {quoted(FILL_IN)}    # no column has a name like it"

    def _mapped(self, feed: str, column: Column, looks: Looks) -> Iterator[str]:
        name = quoted(looks.name)
        filled = f"filled in {looks.filled:,} of {count(looks.rows, 'row')}"
        if column.type in ("date", "moment"):
            form, told = _form(looks)
            is_moment = column.type == "moment" and "%H" in form.replace("%I", "%H")
            yield from _dated(column.name, name, "moment" if is_moment else "date", form, told)
        elif column.type == "flag":
            yield f'{column.name}: {{from: {name}, flag: {{"yes": [{quoted(FILL_IN)}], "no": []}}}}    # {filled}'
        elif column.type == "list":
            told = (
                "stands between the entries of each cell that has several"
                if looks.mark
                else "cells have none, or several marks: what stands between several in one cell?"
            )
            yield f"{column.name}: {{from: {name}, list: {quoted(looks.mark or FILL_IN)}}}    # {told}"
        elif column.type in ("money", "number") and not looks.is_number and looks.filled:
            yield f"{column.name}: {name}    # not every cell is a number: {filled}"
        elif column.name == "payer_id":
            yield self._payer(looks)
        else:
            table = catalogue.entry(feed).table.name
            self._note_codes(f"{table}.{column.name}", looks)
            yield f"{column.name}: {name}    # {filled}"

    def _payer(self, looks: Looks) -> str:
        """Return the lookup from what the report calls a payer to the payers of payers.yaml."""
        called = {_words(one): payer for payer, one in self._payers.items()}
        ours = called | {_words(payer): payer for payer in self._payers}
        each = [
            f"{quoted(said)}: {quoted(ours.get(_words(said), FILL_IN))}" for said in looks.codes
        ]
        if len(looks.codes) < looks.distinct:
            each.append(f"{quoted(FILL_IN)}: {quoted(FILL_IN)}")
        told = f"{count(looks.distinct, 'name')}; each stands for a payer of payers.yaml"
        return (
            f"payer_id: {{from: {quoted(looks.name)}, lookup: {{{', '.join(each)}}}}}    # {told}"
        )

    def _day_and_hour(self, feed: str, column: str, day: str) -> str:
        self._used.add(day)
        hour = self._column(feed, HOUR)
        looks = self._looks[day]
        form, told = _form(looks)
        has_hour = "%H" in form or "%I" in form
        if looks.days and not looks.is_ambiguous:
            form, has_hour = looks.days[0], False
        if hour is None or hour == day or not self._looks[hour].hours or has_hour:
            kind = "moment" if has_hour else "date"
            return next(_dated(column, quoted(day), kind, form, told))
        self._used.add(hour)
        both = f"{form} {self._looks[hour].hours[0]}"
        names = f"[{quoted(day)}, {quoted(hour)}]"
        pivot = ", pivot: 30" if "%y" in both else ""
        return f'{column}: {{from: {names}, join: " ", moment: {quoted(both)}{pivot}}}    # {told}'

    # --- codes

    def _note_codes(self, field: str, looks: Looks) -> None:
        known = known_codes().get(field)
        if known is None or not known.entries:
            return
        reads = codes_of(STANDARD, {})[field]
        own = {code: 1 for code in looks.codes if not reads.find(code)[1]}
        if own:
            self._codes[field] = own

    def _of_codes(self) -> Iterator[str]:
        if not self._codes:
            return
        yield "  # What the report's own codes stand for. The check names the words that there are."
        yield "  codes:"
        for field, own in self._codes.items():
            each = ", ".join(f"{quoted(code)}: {quoted(FILL_IN)}" for code in own)
            yield f"    {field}: {{{each}}}"


def _words(name: str) -> str:
    """Return the words of a name; `Patient #`, `Patient No.` and `Patient Number` are the same."""
    found = re.findall(r"[a-z0-9]+|#", name_of(name))
    return " ".join("no" if word in ("#", "number", "num") else word for word in found)


def _is_money(name: str) -> bool:
    return any(
        word in _words(name) for word in ("amount", "charge", "total", "paid", "fee", "balance")
    )


def _form(looks: Looks) -> tuple[str, str]:
    """Return the format of a column of days, and what it was guessed from."""
    if looks.is_ambiguous:
        return (
            FILL_IN,
            f"{count(looks.distinct, 'day')}, and each can be read as month/day and as day/month: ask, and write which",
        )
    if not looks.formats:
        return FILL_IN, f"no format that is known fits {count(looks.distinct, 'value')}"
    return looks.formats[0], f"fits {count(looks.distinct, 'value')}"


def _dated(column: str, name: str, key: str, form: str, told: str) -> Iterator[str]:
    pivot = ", pivot: 30" if "%y" in form else ""
    yield f"{column}: {{from: {name}, {key}: {quoted(form)}{pivot}}}    # {told}"


def _files(name: str) -> Iterator[str]:
    found = _DATE_IN_NAME.search(name)
    if found is not None:
        try:
            datetime.strptime(found.group(), "%Y%m%d")  # noqa: DTZ007 - only whether it is a day
        except ValueError:
            found = None
    if found is None:
        yield f"files: {quoted(name)}    # * stands for any characters"
        return
    start, end = name[: found.start()], name[found.end() :]
    yield f"files: {quoted(f'{start}*{end}')}"
    yield f"dated: {quoted(f'{start}%Y%m%d{end}')}    # the day in the name: up to its end a file is complete"
