"""The words of the page: those of the practice, and the word itself where nobody says what it means."""

from __future__ import annotations

from tests.unit.language.rendered.pages import lines, phrases, small, workflow
from throughline.vocabulary import vocabulary
from throughline.workflows.language.known import Known
from throughline.workflows.language.rendered import Phrases, html, markdown, phrases_for

SETS = {
    "pressures": ("a" * 64, [("LOINC", "8480-6")]),
    "tests": ("b" * 64, [("LOINC", "1-8"), ("LOINC", "2-6")]),
}
SEASONS = {"winter_round": ((12, 1), (2, 29)), "fair": {"begins": "09-01", "ends": "04-30"}}


def test_without_phrases_each_word_stands_for_itself() -> None:
    bare = Phrases()
    text = "\n".join(lines(small(), bare))
    assert "Kind: care time." in text
    assert "Owner, who signs\nCare management" in text or "care management" in text
    assert "with the same encounter as the trigger" in text
    assert html(workflow(small()), bare)
    assert markdown(workflow(small()), bare)


def test_what_a_practice_has_is_told() -> None:
    known = phrases_for(Known(vocabulary(), value_sets=SETS, seasons=SEASONS))
    assert known.value_sets["pressures"] == f"1 code; SHA-256 {'a' * 64}"
    assert known.value_sets["tests"] == f"2 codes; SHA-256 {'b' * 64}"
    assert known.seasons == {
        "winter_round": "1 December to 29 February",
        "fair": "1 September to 30 April",
    }


def test_a_value_set_that_is_not_there_is_told() -> None:
    facts = {"high": {"kind": "observation", "codes": {"value_set": "blood_pressure"}}}
    words = small(facts={**small()["facts"], **facts})
    assert any(line.startswith("Not there yet:") for line in lines(words))
    assert not any(line.startswith("Not there yet:") for line in lines(words, Phrases()))


def test_a_season_says_its_days() -> None:
    words = small(opens={"each": "influenza_season"}, once_per="influenza_season")
    text = "\n".join(lines(words))
    assert "A case opens for each influenza season (1 September to 30 April)." in text
    assert phrases().seasons["influenza_season"] in text
