"""`praya explain`: looking up a word in the reference."""

from pathlib import Path

import pytest

from praya.project.reference import lookup

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"


@pytest.mark.parametrize(
    ("asked", "name", "of"),
    [
        ("repeat", "repeat", ""),
        ("State.clock", "clock", "State"),
        ("unknown-word", "unknown-word", "praya check"),
        ("parameters", "parameters", "Service"),
        ("left empty", "optional", "Question"),
        ("Lottery", "ballot", "State"),
        ("waiting lists", "passes_on", "Ballot"),
        ("new year", "closed", "OpeningTimes"),
        ("means test", "decisions", "Service"),
        ("SlotTaken", "SlotTaken", "examples"),
        (
            "booking.first_date",
            "booking",
            "expressions, in eligibility, limits, fees, conditions, decisions; in flow, records, registers, notices",
        ),
        ("fees.deposit.amount", "fees", "expressions, in flow, records, registers, notices"),
    ],
)
def test_what_is_asked_for_is_found(asked: str, name: str, of: str) -> None:
    found = lookup.find(asked)
    assert (name, of) in [(one.name, one.of) for one in found]
    assert all(one.sentence for one in found)


def test_every_synonym_stands_for_something_that_has_another_name() -> None:
    names = {name for one in lookup.entries() for name in (one.name, f"{one.of}.{one.name}")}
    assert {name for meant in lookup.synonyms().values() for name in meant} <= names
    assert not lookup.synonyms().keys() & {name.casefold() for name in names}
    assert all(phrase == phrase.casefold() for phrase in lookup.synonyms())


def test_nothing_is_found_of_nothing() -> None:
    assert lookup.find("") == lookup.find("xyzzy-nowhere") == []


def test_every_place_is_there() -> None:
    for one in lookup.entries():
        page, _, anchor = one.place.partition("#")
        text = (REFERENCE / page).read_text("utf-8")
        headings = [line.lstrip("# ").lower() for line in text.splitlines() if line.startswith("##")]
        assert not anchor or anchor in headings, one
