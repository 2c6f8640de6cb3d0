"""The invented people and the sample cases of a demonstration, from the pack's `sample/` folder."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings

from praya.blocks.identity import api as identity
from praya.definition.chapters.booking import Seat
from praya.definition.example import Example
from praya.definition.model import Model
from praya.definition.roles import holder
from praya.definition.service import Service
from praya.definition.source import read
from praya.journey import load as loading
from praya.journey import play
from praya.kernel.text import spoken
from praya.web import menus


def load_people(*, at: datetime) -> None:
    """Enrol the pack's invented people."""
    data = _read("people.yaml")
    for resident in data.get("residents", []):
        identity.enrol(email=resident["email"], name=_name(resident), language=resident["language"], at=at)
    for officer in data.get("officers", []):
        roles = frozenset(identity.Role(holder(role), role["role"]) for role in officer["roles"])
        identity.add_officer(name=_name(officer), email=officer["email"], roles=roles, at=at, by="system")


class Story(Model):
    """A story of the sample: all of it, or its first `steps`, begun `days_ago`, played several times."""

    story: str
    steps: int | None = None
    days_ago: int | None = None
    times: int = 1


def load_cases(*, at: datetime) -> int:
    """Play the pack's sample stories, each for another invented person; return the number of cases."""
    people = identity.residents()
    territory = loading.territory()
    count = 0
    for row in _read("cases.yaml") or []:
        story = Story.model_validate(row if isinstance(row, dict) else {"story": row})
        path = Path(settings.PRAYA.pack) / story.story
        example = Example.model_validate(read(path).data)
        moved = _moved(example, story, at)
        for _ in range(story.times):
            person = people[count % len(people)]
            service = territory.services[path.parent.parent.name]
            play.play(moved, service, territory.pack, person=person, compare=moved is example)
            count += 1
    return count


def _moved(example: Example, story: Story, at: datetime) -> Example:
    """The first steps of a story, moved to `days_ago`; the days that it books move with it."""
    if story.days_ago is None:
        return example
    starts = example.starts.replace(tzinfo=example.starts.tzinfo or loading.pack().calendar.zone)
    by = timedelta(days=(at - starts).days - story.days_ago)

    def later(book: tuple[Seat, ...]) -> tuple[Seat, ...]:
        return tuple(seat.model_copy(update={"day": seat.day + by}) for seat in book)

    steps = tuple(step.model_copy(update={"book": later(step.book)}) for step in example.steps[: story.steps])
    return example.model_copy(update={"starts": starts + by, "book": later(example.book), "steps": steps})


def load(*, at: datetime, services: list[Service] | None = None) -> None:
    """Services (those of the pack, if they have been read already), people and cases."""
    loading.publish_all(loading.read_pack() if services is None else services, at=at, by="system")
    load_people(at=at)
    load_cases(at=at)


def guide(*, base_url: str) -> str:
    """What `praya demo` prints: the addresses, and as whom one may sign in."""
    lines = [
        "  Residents' portal   " + "   ".join(f"{base_url}/{language}/" for language in spoken()),
        f"  Officers' desk      {base_url}/en/desk/",
        f"  Messages            {base_url}/en/demo/messages   (every e-mail and SMS that would have left)",
        *(f"  {link['text']:20}{base_url}{link['url']}" for link in menus.menu("demo", "en", None)),
        "",
        "  Sign in as one of the invented people: the sign-in pages list them.",
    ]
    return "\n".join(lines)


def _read(name: str) -> Any:
    path = Path(settings.PRAYA.pack) / "sample" / name
    return read(path).data if path.exists() else {}


def _name(person: dict[str, Any]) -> str:
    name = person["name"]
    return " ".join(part for part in (name.get("latin"), name.get("chinese")) if part)
