"""YAML as a person writes it: words stay words, and every fault of a file is told with its line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from throughline.workflows.language.reading import MOST_BYTES, MOST_DEPTH, parse, read

WORDS = [
    "on",
    "off",
    "yes",
    "no",
    "y",
    "n",
    "On",
    "NO",
    "07",
    "0o7",
    "12:30",
    "1_000",
    "2026-03-02",
    "1e3",
    ".5",
    "0x1F",
]


@pytest.mark.parametrize("word", WORDS)
def test_a_word_stays_a_word(word: str) -> None:
    assert parse(f"a: {word}")[0].data == {"a": word}
    assert parse(f"{word}: a")[0].data == {word: "a"}


@pytest.mark.parametrize(
    ("said", "data"),
    [
        ("7", 7),
        ("-7", -7),
        ("1.5", 1.5),
        ("0", 0),
        ("true", True),
        ("False", False),
        ('"7"', "7"),
        ("'true'", "true"),
    ],
)
def test_numbers_and_truths_are_not_words(said: str, data: object) -> None:
    found = parse(f"a: {said}")[0].data["a"]
    assert found == data
    assert type(found) is type(data)


plain = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=8)
data = st.recursive(
    st.one_of(plain, st.integers(-999, 999), st.booleans()),
    lambda below: st.lists(below, max_size=4) | st.dictionaries(plain, below, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(plain, data, max_size=4))
@settings(max_examples=40, deadline=None)
def test_what_another_library_writes_is_read_as_it_was(said: dict[str, object]) -> None:
    from io import StringIO

    out = StringIO()
    yaml = YAML(typ="safe", pure=True)
    yaml.default_style = None
    yaml.dump(said, out)
    found, wrong = parse(out.getvalue())
    assert not wrong
    assert found.data == yaml.load(out.getvalue())


@given(st.text(max_size=60))
@settings(max_examples=60, deadline=None)
def test_whatever_stands_there_it_is_read_or_refused(text: str) -> None:
    document, wrong = parse(text, "x.yaml")
    assert document.data is not None or wrong


def test_a_place_has_its_line() -> None:
    document, _ = parse("a:\n  - b: 1\n    c:\n      d: 2\n  - 3\n")
    assert document.lines == {
        (): 1, ("a",): 1, ("a", 0): 2, ("a", 0, "b"): 2, ("a", 0, "c"): 3, ("a", 0, "c", "d"): 4, ("a", 1): 5,
    }  # fmt: skip


def test_all_faults_of_a_file_are_told_at_once() -> None:
    text = "a: 1\na: 2\nb: *c\nd: &e 1\nf:\ng: !!int '3'\nh: {i: 1, i: 2}\n? [1]\n: 2\n"
    found = [(each.line, each.text.split(":")[0]) for each in parse(text)[1]]
    assert found == [
        (2, "the key 'a' is on line 1 already"), (3, "*c stands for another part"),
        (4, "&e names a part to repeat it"), (5, "this is empty"),
        (6, "the tag tag"), (7, "the key 'i' is on line 7 already"), (8, "a key must be a word"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ("", 1, "the file is empty"),
        ("# only this\n", 1, "the file is empty"),
        ("a: 1\n---\nb: 2\n", 2, "a second document begins here"),
        ("a: [1, 2\n", 2, "this is not valid YAML from here on"),
        ("a: b: c\n", 1, "this is not valid YAML from here on"),
        ("a:\n\t- 1\n", 2, "this is not valid YAML from here on"),
        ("a: \x01\n", None, "this is not valid YAML"),
        ("[" * 100_000, 1, f"is nested more than {MOST_DEPTH} levels deep"),
        ("{b: " * 60 + "1", 1, f"is nested more than {MOST_DEPTH} levels deep"),
    ],
)
def test_what_is_no_file_of_ours_is_refused(text: str, line: int | None, told: str) -> None:
    (only,) = parse(text)[1]
    assert only.line == line
    assert told in only.text


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    latin, large = tmp_path / "latin.yaml", tmp_path / "large.yaml"
    latin.write_bytes("title: Gespr\xe4ch".encode("latin-1"))
    large.write_text("a: 1\n" + "#" * MOST_BYTES)
    told = {
        path.name: read(path)[1][0].text for path in (latin, large, tmp_path / "no.yaml", tmp_path)
    }
    assert told["latin.yaml"] == "is not UTF-8: save it as such"
    assert told["large.yaml"].startswith("is larger than")
    assert told["no.yaml"] == "there is no such file"
    assert "cannot be read" in told[tmp_path.name]
    (tmp_path / "bom.yaml").write_bytes(b"\xef\xbb\xbfa: 1\n")
    assert read(tmp_path / "bom.yaml")[0].data == {"a": 1}
