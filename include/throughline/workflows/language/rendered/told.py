"""What a page is made of: sentences with lists below them, fields, tables, sections, a picture. No markup yet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Told:
    """A sentence or a phrase, and the list below it; `is_ordered` numbers the list."""

    text: str
    parts: tuple[Told, ...] = ()
    is_ordered: bool = False

    def plain(self) -> str:
        """Return all of it as one text, for whoever searches or compares it."""
        return " ".join([self.text, *(part.plain() for part in self.parts)])


@dataclass(frozen=True)
class Items:
    """A list."""

    items: tuple[Told, ...]
    is_ordered: bool = False


@dataclass(frozen=True)
class Fields:
    """Names, each with what is said of it."""

    rows: tuple[tuple[str, tuple[Told, ...]], ...]


@dataclass(frozen=True)
class Table:
    """A table; each cell holds sentences. The first cell of a row is what the row is about."""

    head: tuple[str, ...]
    rows: tuple[tuple[tuple[Told, ...], ...], ...]


@dataclass(frozen=True)
class Picture:
    """A picture as SVG, and what it shows in words, line by line."""

    svg: str
    about: tuple[str, ...]


@dataclass(frozen=True)
class Section:
    """A part of the page with a title of its own; sections stand below it."""

    title: str
    blocks: tuple[Block, ...]


Block = Told | Items | Fields | Table | Picture | Section


@dataclass(frozen=True)
class Page:
    """The whole page."""

    title: str
    blocks: tuple[Block, ...]


def told(text: str) -> tuple[Told, ...]:
    """Return one sentence, as cells and fields hold it."""
    return (Told(text),)


def before(text: str, said: Told) -> Told:
    """Return what is said with words before it."""
    return Told(f"{text}{said.text}", said.parts, said.is_ordered)


def after(said: Told, text: str) -> Told:
    """Return what is said with words after it; what has a list below it gets them as a last entry of the list."""
    if said.parts:
        return Told(said.text, (*said.parts, Told(text.lstrip(" ,;."))), said.is_ordered)
    return Told(f"{said.text}{text}", (), said.is_ordered)


def capital(said: Told) -> Told:
    """Return what is said with a capital letter at its beginning."""
    return Told(capitalized(said.text), said.parts, said.is_ordered)


def capitalized(text: str) -> str:
    """Return a text with a capital letter at its beginning."""
    return text[:1].upper() + text[1:]


def uncapitalized(text: str) -> str:
    """Return a text so that it can stand inside a sentence; what is written in capitals stays so."""
    second = text[1:2]
    return text if second.isupper() or second.isdigit() else text[:1].lower() + text[1:]


def listed(words: Iterable[str], by: str = "or") -> str:
    """Return words as a list in a sentence: a, b or c."""
    each = list(words)
    if len(each) < 2:
        return "".join(each)
    return f"{', '.join(each[:-1])} {by} {each[-1]}"


def number(value: object) -> str:
    """Return a number as people write it, and any other value as it is."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
