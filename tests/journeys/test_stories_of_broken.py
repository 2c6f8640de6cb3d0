"""A story about an entry of a service that has errors says so, and not that it is about nothing."""

import pytest
from tests import small_services
from tests.journeys.test_handover import AT, HANDOVER

from praya.blocks.identity import api as identity
from praya.definition.example import Example
from praya.journey import load, play


@pytest.mark.django_db
def test_the_other_service_is_named_where_it_cannot_be_read() -> None:
    service = small_services.service("small-handover", "SH", HANDOVER)
    story = Example.model_validate({
        "example": "One", "starts": AT, "answers": {}, "entry": {"facts": {"stall": "Bowls"}, "from": "2026-01-01"},
    })  # fmt: skip
    person = identity.enrol(email="keeper@example.com", name=None, language="en", at=AT)
    with pytest.raises(play.Differs, match="'stalls' of 'small-stall', and that service is not there or has errors"):
        play.play(story, service, load.pack(), person=person)
