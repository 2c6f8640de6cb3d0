"""One demonstration for all browser tests, with enough earlier cases for figures to be shown.

Tests that use it are of the group `demonstration`: with `--dist loadgroup` one process runs them all.
"""

from collections.abc import Iterator

import pytest

from tests.browser import demo as demonstration

EARLIER = """
import django; django.setup()
from pathlib import Path
from django.conf import settings
from praya.blocks.identity import api as identity
from praya.definition.example import Example
from praya.definition.source import read
from praya.journey import load, play
from praya.kernel import clock
from tests.browser.people import hkid

territory = load.territory()
folder = Path(settings.PRAYA.pack) / "services" / "vaccination-booking" / "examples"
story = read(folder / "both-doses.yaml").data
for number in range(6):
    person = identity.enrol(email=f"earlier{number}@example.com", name=None, language="en", at=clock.now())
    answers = {**story["answers"], "hkid": hkid(700000 + number)}
    example = Example.model_validate({**story, "answers": answers, "steps": story["steps"][:1]})
    play.play(example, territory.services["vaccination-booking"], territory.pack, person=person)
"""


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[demonstration.Demo]:
    data = tmp_path_factory.mktemp("browser") / "var"
    running = demonstration.start(data)
    try:
        running.run(EARLIER)
        yield running
    finally:
        demonstration.stop(running)
