"""The stories of every recipe of the cookbook plays as it says, in the territory that the recipes live in."""

from pathlib import Path
from typing import Any

import pytest
from tests import small_services
from tests.rules.test_pack_cookbook import of_others

from praya.definition.service import Service
from praya.journey import load
from praya.project.designing import rehearsal
from praya.project.designing.stories import read_stories

FOLDER = Path(__file__).parents[2] / "packs" / "cookbook"
NAMES = sorted(path.parent.name for path in FOLDER.glob("services/*/service.yaml"))


@pytest.fixture(scope="session")
def recipes() -> dict[str, Service]:
    return {service.service: service for service in load.read_services(FOLDER, load.pack_at(str(FOLDER)))}


@pytest.fixture
def lantern_bay(db: None, settings: Any) -> load.Territory:
    """An installation of the cookbook's pack where nothing is live yet."""
    settings.PRAYA = settings.PRAYA.model_copy(update={"pack": FOLDER})
    return small_services.published()


# Every word of the language has a smaller test of its own; of whole stories, those of the territory play every time.
@pytest.mark.size
@pytest.mark.parametrize("name", NAMES)
def test_the_stories_of_a_recipe_play_as_they_say(
    name: str, lantern_bay: load.Territory, recipes: dict[str, Service]
) -> None:
    service = recipes[name]
    stories, problems = read_stories(FOLDER / "services" / name / "service.yaml", service, lantern_bay.pack)
    assert problems == []
    small_services.published(*rehearsal.with_owners([service], lantern_bay.pack, stories))
    assert len(stories) >= 2
    played = [rehearsal.rehearse(story, service, lantern_bay.pack) for story in stories]
    assert {one.path.stem: one.difference for one in played if one.difference} == {}
    ends = [one.expect for story in stories for one in (story.example, *story.example.steps)]
    # What is about another service's case may come to a good end in the stories of that one.
    ends += [step.expect for other in NAMES if other != name for step in of_others(name, other)]
    assert {"granted", "completed"} & {end.result for end in ends}, "nobody gets what the service is for"
    assert any(end.refused or end.errors for end in ends), "nothing is ever refused at the form"


def test_the_cookbook_is_sound_without_a_warning() -> None:
    from praya.project.designing import checking, targets

    findings = checking.check(targets.one_pack([str(FOLDER)], installed=FOLDER))
    assert [str(problem) for problem in findings.all_problems] == []
