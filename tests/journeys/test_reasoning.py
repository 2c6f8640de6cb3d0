"""What a service works out: a means test over nested repeats, dated decision tables, derived answers, and their law."""

from pathlib import Path
from typing import Any

import pytest
from tests.journeys.test_examples import AT, enrolled, told

from praya.blocks.cases import api as cases
from praya.definition.load import load_service
from praya.definition.service import Service
from praya.journey import load, play

FOLDER = Path(__file__).parents[1] / "services" / "fuel-subsidy"
STORIES = sorted(FOLDER.glob("examples/*.yaml"))


@pytest.fixture
def service(db: None) -> Service:
    """The service, live for the length of a test."""
    found = load_service(FOLDER, load.pack())
    load.publish(found, at=AT, by="system")
    load.forget()
    return load.compiled(found.service, found.version)


@pytest.mark.parametrize("path", STORIES, ids=lambda path: path.stem)
def test_the_story_plays_as_it_says(path: Path, service: Service) -> None:
    assert play.play(told(path), service, load.pack(), person=enrolled()).transcript


def test_what_is_derived_is_kept_with_the_case(service: Service) -> None:
    story = told(FOLDER / "examples" / "half-by-the-new-law.yaml")
    played = play.play(story, service, load.pack(), person=enrolled())
    assert played.case is not None
    kept = cases.content(played.case.ref).answers
    derived = {name: kept[name] for name in ("total_income", "per_head", "adults", "subsidy")}
    assert derived == {"total_income": 20000, "per_head": 10000, "adults": 2, "subsidy": 150}
    (fee,) = cases.case(played.case.ref).fees
    # What was written once for every language is shown as it is.
    assert fee.reference == {"": "Schedule 2 (demonstration)"}


def test_the_published_schema_says_that_nobody_sends_it(service: Service) -> None:
    schema: dict[str, Any] = service.answers_schema()
    assert schema["properties"]["subsidy"] == {"title": "Subsidy", "type": "number", "readOnly": True}
    assert not set(schema["required"]) & {"total_income", "per_head", "adults", "subsidy"}
