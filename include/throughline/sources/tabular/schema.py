"""The JSON schema of `conventions.tables`: how tables are described."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_TEXT: Mapping[str, Any] = {"type": "string", "minLength": 1}
_COLUMN = {**_TEXT, "description": "the name of a column of the file"}
_COLUMNS = {
    "type": "array",
    "items": _COLUMN,
    "minItems": 1,
    "description": "a list of names of columns of the file",
}
_WORD = {"type": ["string", "number", "boolean"], "description": "a word as the file has it"}
_WORDS = {
    "anyOf": [_WORD, {"type": "array", "items": _WORD, "minItems": 1}],
    "description": 'a word as the file has it, or a list of them; "" is an empty cell',
}
_CONDITIONS: Mapping[str, Any] = {
    "type": "object",
    "minProperties": 1,
    "additionalProperties": {
        "anyOf": [
            *_WORDS["anyOf"],
            {
                "type": "object",
                "required": ["not"],
                "additionalProperties": False,
                "properties": {"not": _WORDS},
            },
        ],
        "description": 'a word, a list of words, or {not: a word or a list}; "" is an empty cell',
    },
    "description": "conditions, all of which a row meets: {column: word}, {column: [words]} or {column: {not: words}}",
}
_FORMAT = {
    **_TEXT,
    "description": 'the format in which every cell is written, such as "%m/%d/%Y" or "%m/%d/%Y %I:%M %p" (the'
    " codes of Python's strptime), or excel for serial numbers of a workbook",
}
_NUMBER = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "decimal": {"enum": [".", ","], "description": "the mark before the cents: . or ,"},
        "thousands": {
            "enum": [",", ".", " ", "'", ""],
            "description": 'the mark between thousands, or "" if there is none',
        },
    },
    "description": 'the marks of its numbers: {decimal: ".", thousands: ","}',
}
_FLAG = {
    "type": "object",
    "required": ["yes", "no"],
    "additionalProperties": False,
    "properties": {
        "yes": {"type": "array", "items": _WORD, "description": "a list of words that say yes"},
        "no": {"type": "array", "items": _WORD, "description": "a list of words that say no"},
    },
    "description": 'the words for yes and no: {"yes": [Y], "no": [N]}',
}
VALUE: Mapping[str, Any] = {
    "anyOf": [
        _COLUMN,
        {
            "type": "object",
            "minProperties": 1,
            "additionalProperties": False,
            "properties": {
                "from": {
                    "anyOf": [_COLUMN, _COLUMNS],
                    "description": "the column of the file that it is read from, or a list of columns",
                },
                "constant": {**_WORD, "description": "what it always is"},
                "join": {
                    "type": "string",
                    "description": "what stands between the columns that are joined",
                },
                "split": {
                    "type": "object",
                    "required": ["by", "part"],
                    "additionalProperties": False,
                    "properties": {
                        "by": {**_TEXT, "description": "what stands between the parts"},
                        "part": {
                            "type": "integer",
                            "not": {"const": 0},
                            "description": "which part: 1 is the first, -1 the last",
                        },
                    },
                    "description": 'a part of the cell: {by: ",", part: 1}',
                },
                "list": {
                    **_TEXT,
                    "description": "what stands between the entries of a list in one cell",
                },
                "lookup": {
                    "type": "object",
                    "minProperties": 1,
                    "additionalProperties": {
                        "type": ["string", "number", "boolean", "null"],
                        "description": "what a word of the file stands for",
                    },
                    "description": "what the words of the file stand for: {word: meaning}",
                },
                "otherwise": {
                    "enum": ["keep", "empty", "refuse"],
                    "description": "what becomes of a word that the lookup does not have: keep, empty or refuse",
                },
                "date": _FORMAT,
                "moment": _FORMAT,
                "pivot": {
                    "type": "integer",
                    "minimum": 0,
                    "maximum": 99,
                    "description": "of years with two digits: up to this one they are of this century (0 to 99)",
                },
                "zone": {**_TEXT, "description": "the zone of its times, such as America/Denver"},
                "number": _NUMBER,
                "flag": _FLAG,
                "sum": {
                    "const": True,
                    "description": "true: it is added up over the rows of a record",
                },
                "required": {"const": True, "description": "true: a row without it is set aside"},
            },
        },
    ],
    "description": "a column of the file, or how the value is read: from or constant, and join, split, list,"
    " lookup, date, moment, zone, number, flag",
}
_KEY = {
    "anyOf": [VALUE, {"type": "array", "items": VALUE, "minItems": 1}],
    "description": "the column, or the list of columns, that tell one record from another",
}
_MAPPED = {
    "type": "object",
    "minProperties": 1,
    "additionalProperties": VALUE,
    "description": "the columns of the feed, each with where its value is read: docs/feed-columns.md lists them",
}
ABSENT = {
    "enum": ["deleted", "kept"],
    "description": "of a snapshot: whether a record that it does not have any more is deleted or kept",
}
_RECORD = {
    "type": "object",
    "required": ["feed", "key", "columns"],
    "additionalProperties": False,
    "properties": {
        "feed": {**_TEXT, "description": "a feed of this source"},
        "when": _CONDITIONS,
        "key": _KEY,
        "patient": {
            **VALUE,
            "description": "the column with the patient's number, as in the key of the feed patient",
        },
        "row": {
            "type": "object",
            "required": ["number", "patient"],
            "additionalProperties": False,
            "properties": {
                "number": {**_COLUMN, "description": "the column with the number of the row (No.)"},
                "patient": {
                    **_COLUMN,
                    "description": "the column with the name of its patient",
                },
            },
            "description": "of an answer to our work list: {number: No., patient: Patient}",
        },
        "one_per": {
            "enum": ["row", "key"],
            "description": "row, or key if rows with one key are one record",
        },
        "absent": ABSENT,
        "covers": {
            "type": "object",
            "required": ["column", "days_back", "days_ahead"],
            "additionalProperties": False,
            "properties": {
                "column": {**_TEXT, "description": "a column of the feed with a day or a moment"},
                "days_back": {
                    "type": "integer",
                    "minimum": 0,
                    "description": "a number of days before its own",
                },
                "days_ahead": {
                    "type": "integer",
                    "minimum": 0,
                    "description": "a number of days after its own",
                },
            },
            "description": "the days that a snapshot covers: {column: starts_at, days_back: 30, days_ahead: 90}",
        },
        "columns": _MAPPED,
        "lines": {
            "type": "object",
            "required": ["columns"],
            "additionalProperties": False,
            "properties": {"key": _KEY, "columns": _MAPPED},
            "description": "the lines of a claim, one of each row: key and columns",
        },
    },
    "description": "what a row says of a feed: feed, key, patient, row, when, one_per, absent, covers, columns, lines",
}
_TABLE = {
    "type": "object",
    "required": ["delivers", "records"],
    "additionalProperties": False,
    "properties": {
        "files": {
            "anyOf": [_TEXT, {"type": "array", "items": _TEXT, "minItems": 1}],
            "description": "the names of its files, with * for any characters and ? for one",
        },
        "query": {
            **_TEXT,
            "description": "of transport sql: the query whose rows they are; :since is up to when they are known",
        },
        "format": {"enum": ["csv", "tsv", "xlsx"], "description": "csv, tsv or xlsx"},
        "encoding": {
            "enum": ["utf-8", "utf-16", "cp1252", "latin-1"],
            "description": "utf-8 (with or without a mark at the start), utf-16, cp1252 (Windows) or latin-1",
        },
        "delimiter": {
            "type": "string",
            "minLength": 1,
            "maxLength": 1,
            "description": "the one character between cells",
        },
        "quote": {
            "type": "string",
            "minLength": 1,
            "maxLength": 1,
            "description": "the one character around cells that hold others",
        },
        "sheet": {**_TEXT, "description": "the name of the sheet; without it, the first one"},
        "header": {
            "anyOf": [
                {"type": "integer", "minimum": 0},
                {"type": "array", "items": {"type": "integer", "minimum": 1}, "minItems": 1},
            ],
            "description": "the row with the names of the columns (1), a list of rows that make them up, or 0 for none",
        },
        "columns": {
            **_COLUMNS,
            "description": "the names of the columns, if the file has no header or bad ones",
        },
        "unused": {
            "type": "array",
            "items": _TEXT,
            "description": "columns of the file that nobody needs: they are no news",
        },
        "footer": {
            "type": "integer",
            "minimum": 0,
            "maximum": 100,
            "description": "how many rows at the end say nothing (0 to 100)",
        },
        "empty": {
            "type": "array",
            "items": _WORD,
            "description": "words that stand for nothing, such as N/A",
        },
        "ignore": {
            "type": "array",
            "minItems": 1,
            "items": _CONDITIONS,
            "description": "a list of conditions: rows that meet one of them belong to nobody",
        },
        "total": {
            "type": "object",
            "required": ["where"],
            "additionalProperties": False,
            "properties": {
                "where": _CONDITIONS,
                "sums": {**_COLUMNS, "description": "a list of columns that it adds up"},
                "rows": {**_COLUMN, "description": "the column in which it counts the rows"},
                "of": {
                    "enum": ["file", "section"],
                    "description": "file, or section: the rows since the last total",
                },
                "number": _NUMBER,
            },
            "description": "the row that adds up the others: where, sums, rows, of, number",
        },
        "delivers": {
            "enum": ["snapshot", "changes"],
            "description": "snapshot (a file holds all that there is) or changes (only what changed)",
        },
        "absent": ABSENT,
        "order": {
            "anyOf": [{"const": "position"}, {"type": "object"}],
            "description": 'of changes: how the newest is found, such as {from: Updated, moment: "%m/%d/%Y %H:%M"},'
            " or position, if later rows replace earlier ones",
        },
        "ties": {
            "const": "position",
            "description": "position: of changes of one order, the later row counts",
        },
        "deleted": {
            **_CONDITIONS,
            "description": "of changes: the conditions of a row that takes its records away",
        },
        "dated": {
            **_TEXT,
            "description": 'the name of its files with the codes of its date, such as "visits_%Y%m%d.csv"',
        },
        "zone": {**_TEXT, "description": "the zone of its times, such as America/Denver"},
        "records": {
            "type": "array",
            "minItems": 1,
            "items": _RECORD,
            "description": "a list of what a row says: for each feed its key and columns",
        },
    },
    "description": "a table: files, format, header, delivers, records and what else differs",
}
TABLES: Mapping[str, Any] = {
    "type": "object",
    "minProperties": 1,
    "propertyNames": {"pattern": "^[a-z][a-z0-9_]{0,40}$"},
    "additionalProperties": _TABLE,
    "description": "the tables of the source, by a name of yours: {patients: {files: patients.csv, records: [...]}}",
}
