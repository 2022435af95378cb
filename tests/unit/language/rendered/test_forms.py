"""The page as HTML, as Markdown and as a picture: whatever a text holds, it stays a text, and it fits."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from tests.unit.language import drafts
from tests.unit.language.rendered.pages import phrases, small, workflow
from throughline.workflows.language.rendered import html, markdown
from throughline.workflows.language.rendered.picture import WIDTH, picture, wrapped
from throughline.workflows.language.rendered.times import Telling

EVIL = 'a | b\n<script>alert("x")</script> & *c* `d` [e](f)'
VOID = {"meta", "br"}


class Elements(HTMLParser):
    """Notes elements that are opened and not closed, or closed and not open."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.seen.append(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("name", [*drafts.names(), ""])
def test_the_html_is_whole_and_loads_nothing(name: str) -> None:
    text = html(workflow(drafts.words(name) if name else small(title=EVIL, source=EVIL)), phrases())
    elements = Elements()
    elements.feed(text)
    assert elements.open == []
    assert "script" not in elements.seen
    assert not re.search(r"src\s*=|url\(|href=\"[^#]", text)
    assert "prefers-color-scheme: dark" in text


def test_each_name_leads_to_what_it_means() -> None:
    text = html(workflow(small()), phrases())
    places, goals = re.findall(r'id="(name-\w+)"', text), re.findall(r'href="#(name-\w+)"', text)
    assert len(places) == len(set(places))
    assert {"name-call", "name-odd"} <= set(goals) <= set(places)


def test_a_cell_of_markdown_keeps_to_its_cell() -> None:
    row = {"reason": "died", "when": {"any": [{"exists": "call"}, {"none": "odd"}]}, "source": EVIL}
    text = markdown(workflow(small(ends=[row])), phrases())
    (line,) = [
        each
        for each in text.splitlines()
        if each.startswith("| The patient died") and "call" in each
    ]
    assert len(re.findall(r"(?<!\\)\|", line)) == 6
    assert "<br>• there is a record of “call” at any time<br>• there is no record" in line
    assert "<script" not in text.replace("\\<", "")
    assert "a \\| b \\<script\\>" in line


def test_lists_of_markdown_nest_by_their_marks() -> None:
    text = markdown(workflow(small()), phrases())
    assert (
        "  1. if all of these hold:\n"
        "     - there is a record of “odd” from the trigger on\n"
        "     - there is no record of “high” from the trigger on\n"
        "     - then: the case is closed as declined (The patient declined)." in text
    )


def test_a_runbook_that_begins_like_a_list_is_none() -> None:
    text = markdown(workflow(small(title="1. First")), phrases())
    assert text.startswith("# 1\\. First\n")


LONG = "a_stage_whose_name_nobody_could_read_on_a_telephone_without_turning_it_round_twice"


def test_the_picture_holds_its_text() -> None:
    stage = {"stage": LONG, "due": {"trigger": "2 business days"}, "owner": LONG}
    ends = [{"reason": LONG, "when": {"exists": "call"}, "until": LONG}]
    drawn = picture(Telling(workflow(small(stages=[stage], ends=ends)), phrases()))
    rectangle = re.compile(r'<rect class="\w+" x="(\d+)" y="(\d+)" width="(\d+)" height="(\d+)"')
    boxes = [tuple(map(int, found.groups())) for found in rectangle.finditer(drawn)]
    assert len(boxes) == 4
    for (_, top, _, height), (_, below, _, _) in pairwise(boxes):
        assert top + height < below
    texts = re.findall(r'<text class="\w+" x="(\d+)" y="(\d+)">([^<]+)<', drawn)
    assert len(texts) > 12
    for x, y, line in texts:
        (box,) = [each for each in boxes if each[1] < int(y) < each[1] + each[3]]
        assert box[0] < int(x)
        assert int(x) + 6.5 * len(unescape(line)) < box[0] + box[2] <= WIDTH
    assert "<title " in drawn
    assert LONG in drawn.partition("<desc ")[2]


@pytest.mark.parametrize("room", [1, 4, 11, 80])
def test_wrapping_loses_nothing(room: int) -> None:
    text = f"by the end of {LONG} and then"
    lines = wrapped(text, room)
    assert all(0 < len(line) <= room for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_the_picture_escapes_names() -> None:
    said = picture(Telling(workflow(small(title="<b>&")), phrases()))
    assert "&lt;b&gt;&amp;" in said
    assert "<b>" not in said
